package dev.ratelimit.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Hints where the states of organizations are, by name: what stands before the map of the store. The map has a node of
 * each organization, and a call would wait for its memory before it can ask for that of the state.
 *
 * <p>A state has four places, near each other in memory. One that finds none of them free is looked up in the map. So
 * names that collide slow nobody down. A wider table begins empty, and is filled by the next call of each organization.
 *
 * <p><b>Guarantees.</b> No state stays here that has ended. A call puts a state here, and then asks whether it has
 * ended. A state ends, and then is taken out. So one of the two sees the other.
 *
 * <p><b>Progress.</b> Lock-free.
 */
final class StateHints {

    /** The places of a state. A power of two, as the length of the array is. */
    private static final int PLACES = 4;

    private static final int MOST_PLACES = 1 << 30;

    private static final VarHandle PLACE = MethodHandles.arrayElementVarHandle(OrganizationState[].class);

    private volatile @Nullable OrganizationState[] places = new OrganizationState[PLACES];

    /** Returns the state of an organization, which may have ended just now; null if it is not here. */
    @Nullable
    OrganizationState find(String name) {
        @Nullable OrganizationState[] known = places;
        int home = home(name, known);
        OrganizationState state = at(known, home);
        return state == null || state.name.equals(name) ? state : findFurther(name, known, home);
    }

    private static @Nullable OrganizationState findFurther(String name, @Nullable OrganizationState[] known, int home) {
        for (int i = 1; i < PLACES; i++) {
            OrganizationState state = at(known, home ^ i);
            if (state != null && state.name.equals(name)) {
                return state;
            }
        }
        return null;
    }

    /** Returns the first place of a name, by the upper bits of a product: numbered names have hash codes in runs. */
    private static int home(String name, @Nullable OrganizationState[] known) {
        int bits = Integer.numberOfTrailingZeros(known.length);
        return (name.hashCode() * 0x9E37_79B9) >>> (Integer.SIZE - bits);
    }

    private static @Nullable OrganizationState at(@Nullable OrganizationState[] known, int place) {
        return (OrganizationState) PLACE.getAcquire(known, place);
    }

    /**
     * Puts a state here, if there is a place for it.
     *
     * @param organizations how many there are. There shall be two to four places for each
     */
    void add(OrganizationState state, long organizations) {
        @Nullable OrganizationState[] known = places;
        if (2 * organizations >= known.length && known.length < MOST_PLACES) {
            known = new OrganizationState[(int) Math.min(4 * Long.highestOneBit(organizations), MOST_PLACES)];
            places = known;
        }
        int home = home(state.name, known);
        for (int i = 0; i < PLACES; i++) {
            if (at(known, home ^ i) == null && PLACE.compareAndSet(known, home ^ i, null, state)) {
                if (state.hasEnded()) {
                    remove(state);
                }
                return;
            }
        }
    }

    /** Takes out a state that has ended. */
    void remove(OrganizationState ended) {
        @Nullable OrganizationState[] known = places;
        int home = home(ended.name, known);
        for (int i = 0; i < PLACES; i++) {
            PLACE.compareAndSet(known, home ^ i, ended, null); // two threads may have put it here at once
        }
    }
}
