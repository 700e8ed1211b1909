package dev.ratelimit.core;

import dev.ratelimit.Scope;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The endpoints that no table names and that an organization meters by themselves, with their limits. Callers make
 * names up, so there is a bound to them, and a name longer than {@link Scope.Endpoint#MAX_BYTES} is metered by its
 * digest; all further endpoints share the overflow row. What a name is metered by never changes: names are only
 * forgotten all together, with the organization, when it is idle. An organization that has used of a lifetime quota
 * never is.
 *
 * <p>Safe for use by many threads. Lock-free but for the first call of a name, and the first under another tier.
 */
final class UnlistedEndpoints {

    /* As measured, on a JVM that compresses pointers. */
    private static final long BYTES = 100;
    private static final long BYTES_OF_NAME = 40;

    /** What a name is held by that was restored and not called yet. */
    private static final CompiledTier.Unlisted RESTORED =
            new CompiledTier.Unlisted("", new CompiledLimit[0], new CompiledLimit[0], null);

    private final int most;
    private final ConcurrentHashMap<String, CompiledTier.Unlisted> own = new ConcurrentHashMap<>(1);
    private volatile boolean full;

    UnlistedEndpoints(int most) {
        this.most = most;
        this.full = most == 0;
    }

    /** Makes a set that has some names already, and takes no more if those are as many as it may have. */
    UnlistedEndpoints(int most, List<String> names) {
        this(most);
        names.forEach(name -> own.put(meteredName(name), RESTORED));
        this.full = own.size() >= most;
    }

    private static String meteredName(String endpoint) {
        return new Scope.Endpoint(endpoint).name();
    }

    /** Returns the names that are metered by themselves. */
    List<String> names() {
        return List.copyOf(own.keySet());
    }

    /** Estimates the heap that this takes, beside what organizations share: see {@link TierCache#estimatedBytes}. */
    long estimatedBytes() {
        return BYTES + own.size() * BYTES_OF_NAME;
    }

    /** Returns the limits of an endpoint, in the order of charging. */
    CompiledLimit[] limits(CompiledTier compiled, String endpoint) {
        boolean complete = full; // read first: then all own names are there
        String name = meteredName(endpoint);
        CompiledTier.Unlisted known = own.get(name);
        if (known == null && (complete || name.equals(Scope.Endpoint.OVERFLOW.name()))) {
            return compiled.overflow;
        }
        CompiledLimit[] limits = known == null ? null : known.under(compiled);
        return limits != null ? limits : add(compiled, name);
    }

    /** Returns the limits of an endpoint as a call would meet them; that they are asked for takes up no name. */
    CompiledLimit[] peekLimits(CompiledTier compiled, String endpoint) {
        boolean complete = full; // read first, as above
        String name = meteredName(endpoint);
        CompiledTier.Unlisted known = own.get(name);
        if (known == null) {
            return complete ? compiled.overflow : compiled.limitsOf(name);
        }
        CompiledLimit[] limits = known.under(compiled);
        return limits != null ? limits : add(compiled, name);
    }

    /** Returns the name that an endpoint is or would be metered by, without taking it up. */
    String peekName(String endpoint) {
        boolean complete = full; // read first, as above
        String name = meteredName(endpoint);
        return complete && !own.containsKey(name) ? Scope.Endpoint.OVERFLOW.name() : name;
    }

    /**
     * Adds a name, or what a known one is under another compiled tier. Returns its limits, those of the overflow row if
     * there is no place for it.
     */
    private synchronized CompiledLimit[] add(CompiledTier compiled, String name) {
        CompiledTier.Unlisted known = own.get(name);
        if (known == null && full) {
            return compiled.overflow;
        }
        CompiledLimit[] limits = known == null ? null : known.under(compiled);
        if (limits != null) {
            return limits;
        }
        CompiledTier.Unlisted added = compiled.unlisted(name);
        own.put(added.name, known == null ? added : added.after(known));
        full = own.size() >= most;
        return added.limits;
    }
}
