package dev.ratelimit.core;

import dev.ratelimit.Scope;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of an organization that no table names exactly, with their limits. Those that share all their limits
 * are not among them.
 *
 * <p>Callers make names up, so their number is bounded. An endpoint beyond the bound shares the meters of its overflow.
 * The meters of a name longer than {@link Scope.Endpoint#MAX_BYTES} have its digest for a name.
 *
 * <p><b>Guarantees.</b> A name has the same meters for the life of the organization. Names are forgotten only all
 * together, when the organization is idle. An organization that has used a lifetime quota is never idle.
 *
 * <p><b>Progress.</b> Lock-free, except for the first call of a name, and for its first call under another tier.
 */
final class UnlistedEndpoints {

    /* As measured, on a JVM that compresses pointers. */
    private static final long BYTES = 100;
    private static final long BYTES_OF_NAME = 40;

    /** Stands for the limits of a name that was restored and not called yet. */
    private static final CompiledTier.Unlisted RESTORED =
            new CompiledTier.Unlisted("", new Object(), new CompiledLimit[0], null);

    private final int most;
    private final ConcurrentHashMap<String, CompiledTier.Unlisted> own = new ConcurrentHashMap<>(1);
    private volatile boolean full;

    UnlistedEndpoints(int most) {
        this.most = most;
        this.full = most == 0;
    }

    /** Makes a set with some names. It takes no further ones if there are as many as it may have. */
    UnlistedEndpoints(int most, List<String> names) {
        this(most);
        names.forEach(name -> own.put(meteredName(name), RESTORED));
        this.full = own.size() >= most;
    }

    private static String meteredName(String endpoint) {
        return new Scope.Endpoint(endpoint).name();
    }

    /** Returns the names that have meters of their own. */
    List<String> names() {
        return List.copyOf(own.keySet());
    }

    /**
     * Estimates the heap of this set, in bytes, without what organizations share: see {@link TierCache#estimatedBytes}.
     */
    long estimatedBytes() {
        return BYTES + own.size() * BYTES_OF_NAME;
    }

    /** Tells whether an endpoint has meters of its own under its name. */
    boolean has(String endpoint) {
        return own.containsKey(endpoint);
    }

    /** Returns the limits of an endpoint that was called under a compiled tier; null if it was not. */
    CompiledLimit @Nullable [] find(CompiledTier compiled, String endpoint) {
        CompiledTier.Unlisted known = own.get(endpoint);
        return known == null ? null : known.under(compiled);
    }

    /** Returns the limits of an endpoint, in the order of charging. */
    CompiledLimit[] limits(CompiledTier compiled, CompiledTier.Overflow overflow, String endpoint) {
        boolean complete = full; // read first: then all own names are there
        Scope.Endpoint metered = new Scope.Endpoint(endpoint);
        CompiledTier.Unlisted known = own.get(metered.name());
        if (known == null && (complete || metered.isOverflow())) {
            return overflow.limits;
        }
        CompiledLimit[] limits = known == null ? null : known.under(compiled);
        return limits != null ? limits : add(compiled, overflow, metered.name());
    }

    /** Returns the limits of an endpoint as a call would meet them. This question takes no place. */
    CompiledLimit[] peekLimits(CompiledTier compiled, CompiledTier.Overflow overflow, String endpoint) {
        boolean complete = full; // read first, as above
        Scope.Endpoint metered = new Scope.Endpoint(endpoint);
        CompiledTier.Unlisted known = own.get(metered.name());
        if (known == null) {
            return complete || metered.isOverflow() ? overflow.limits : CompiledTier.limitsOf(metered.name(), overflow);
        }
        CompiledLimit[] limits = known.under(compiled);
        return limits != null ? limits : add(compiled, overflow, metered.name());
    }

    /**
     * Adds a name, or the limits of a known name under another compiled tier. Returns its limits, which are those of
     * its overflow if there is no place for the name.
     */
    private synchronized CompiledLimit[] add(CompiledTier compiled, CompiledTier.Overflow overflow, String name) {
        CompiledTier.Unlisted known = own.get(name);
        if (known == null && full) {
            return overflow.limits;
        }
        CompiledLimit[] limits = known == null ? null : known.under(compiled);
        if (limits != null) {
            return limits;
        }
        CompiledTier.Unlisted added = compiled.unlisted(name, overflow);
        own.put(added.name, known == null ? added : added.after(known));
        full = own.size() >= most;
        return added.limits;
    }
}
