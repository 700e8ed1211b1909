package dev.ratelimit.core;

import org.jspecify.annotations.Nullable;

/**
 * The endpoints that an organization has called, by name: what stands before the map of its tier, and that of its
 * {@link UnlistedEndpoints}. A call finds its limits here by one look-up. A single endpoint takes no table.
 *
 * <p>What is here is a hint: an endpoint that is missing is looked up in the maps. Safe for use by many threads. To
 * find an endpoint takes no lock.
 */
sealed interface Called permits CalledEndpoint, CalledEndpoints {

    /** Returns an endpoint under a compiled tier; null if it is not here. */
    @Nullable
    CalledEndpoint find(CompiledTier tier, String endpoint);

    /** Tells whether an endpoint under a compiled tier could be added. */
    boolean hasPlace(CompiledTier tier, String endpoint);

    /** Returns these endpoints and one more, if there is a place for it. For one thread at a time. */
    Called with(CompiledTier tier, CalledEndpoint added);

    /** Estimates the heap of this, in bytes. */
    long estimatedBytes();
}
