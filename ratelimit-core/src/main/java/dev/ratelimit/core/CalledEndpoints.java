package dev.ratelimit.core;

import org.jspecify.annotations.Nullable;

/**
 * A table of the endpoints that an organization has called, by name.
 *
 * <p>An endpoint has four places, near each other in memory. One that finds none of them free is looked up in the
 * maps. So this table need not be complete, and names that collide slow nobody down.
 *
 * <p>Safe for use by many threads. To find an endpoint takes no lock. A place that is written by one thread may be seen
 * late by others, and an endpoint never half made: its fields are final.
 */
final class CalledEndpoints implements Called {

    /** The places of an endpoint. A power of two, as the length of the array is. */
    private static final int PLACES = 4;

    /* As measured, on a JVM that compresses pointers. */
    private static final long BYTES = 40;
    private static final long BYTES_OF_PLACE = 4;

    private volatile @Nullable CalledEndpoint[] places = new CalledEndpoint[PLACES];

    /** The number of endpoints in the array. */
    private int size;

    CalledEndpoints(CalledEndpoint first) {
        places[CalledEndpoint.hash(first.endpoint) & PLACES - 1] = first;
        size = 1;
    }

    @Override
    @Nullable
    public CalledEndpoint find(CompiledTier tier, String endpoint) {
        @Nullable CalledEndpoint[] known = places;
        int home = CalledEndpoint.hash(endpoint) & known.length - 1;
        CalledEndpoint called = known[home];
        return called == null || called.is(tier, endpoint) ? called : findFurther(tier, endpoint, known, home);
    }

    private static @Nullable CalledEndpoint findFurther(
            CompiledTier tier, String endpoint, @Nullable CalledEndpoint[] known, int home) {
        for (int i = 1; i < PLACES; i++) {
            CalledEndpoint called = known[home ^ i];
            if (called == null || called.is(tier, endpoint)) {
                return called;
            }
        }
        return null;
    }

    @Override
    public boolean hasPlace(CompiledTier tier, String endpoint) {
        @Nullable CalledEndpoint[] known = places;
        return place(tier, CalledEndpoint.hash(endpoint), known) >= 0;
    }

    @Override
    public synchronized CalledEndpoints with(CompiledTier tier, CalledEndpoint added) {
        if (find(tier, added.endpoint) == null) { // or else another thread was faster
            if (8 * (size + 1) > 3 * places.length) {
                makeRoom(tier);
            }
            put(tier, added, places);
        }
        return this;
    }

    /** Drops the endpoints under other tiers, and makes a wider table if those of this one need it. */
    private void makeRoom(CompiledTier tier) {
        @Nullable CalledEndpoint[] known = places;
        int kept = 0;
        for (CalledEndpoint called : known) {
            kept += called != null && called.isUnder(tier) ? 1 : 0;
        }
        int length = 4 * kept < known.length ? known.length : 2 * known.length;
        @Nullable CalledEndpoint[] wider = new CalledEndpoint[length];
        size = 0;
        for (CalledEndpoint called : known) {
            if (called != null && called.isUnder(tier)) {
                put(tier, called, wider);
            }
        }
        places = wider;
    }

    private void put(CompiledTier tier, CalledEndpoint added, @Nullable CalledEndpoint[] array) {
        int place = place(tier, CalledEndpoint.hash(added.endpoint), array);
        if (place >= 0) {
            size += array[place] == null ? 1 : 0;
            array[place] = added;
        }
    }

    /** Returns a free place, or else one with an endpoint under another tier; negative if there is none. */
    private static int place(CompiledTier tier, int hash, @Nullable CalledEndpoint[] array) {
        int home = hash & array.length - 1;
        int other = -1;
        for (int i = 0; i < PLACES; i++) {
            CalledEndpoint called = array[home ^ i];
            if (called == null) {
                return home ^ i;
            }
            other = called.isUnder(tier) ? other : home ^ i;
        }
        return other;
    }

    @Override
    public synchronized long estimatedBytes() {
        return BYTES + size * CalledEndpoint.BYTES + places.length * BYTES_OF_PLACE;
    }
}
