package dev.ratelimit.core;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which of the endpoints that no table names an organization meters by themselves. There is a bound to them, since a caller can make up
 * as many as he likes; all further ones share one set of meters, by one name. What a name is metered by never changes: names are only
 * forgotten all together, with the organization, when it is idle. One that has used of a lifetime quota never is.
 */
final class EndpointNames {

    /** What further endpoints are called in rejections and statuses. One that is really called so shares their meters. */
    static final String FURTHER = "(further endpoints)";

    private final int most;
    private final Set<String> own = ConcurrentHashMap.newKeySet(1);
    private volatile boolean full;

    EndpointNames(int most) {
        this.most = most;
        this.full = most == 0;
    }

    /** Makes a set that has some names already, and takes no more if those are as many as it may have. */
    EndpointNames(int most, List<String> own) {
        this(most);
        this.own.addAll(own);
        this.full = own.size() >= most;
    }

    /** Returns the names that are metered by themselves. */
    List<String> own() {
        return List.copyOf(own);
    }

    /** Returns what an endpoint would be metered by, without taking it up. */
    String knownName(String endpoint) {
        return full && !own.contains(endpoint) ? FURTHER : endpoint;
    }

    String meteredName(String endpoint) {
        boolean complete = full; // read first: then all own names are there
        if (own.contains(endpoint)) {
            return endpoint;
        }
        return complete ? FURTHER : add(endpoint);
    }

    private synchronized String add(String endpoint) {
        if (!full) {
            own.add(endpoint);
            full = own.size() >= most;
        }
        return own.contains(endpoint) ? endpoint : FURTHER;
    }
}
