package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What a call is decided by.
 *
 * @param caller who calls
 * @param places where its parties are listed: the organization, then the members that have a tier
 * @param limits the limits that are asked
 */
record LimitSet(Caller caller, List<Place> places, List<EncodedLimit> limits) {

    /** What the script answers of a party: nothing, or which bound it is beyond. */
    private static final long FURTHER_ENDPOINT = 1;

    static final long FURTHER_MEMBER = 2;

    private static final int LIMITS_OF_A_RUN = 100;

    /** A set without an endpoint and without limits, of the organization only. */
    static LimitSet nothing(Caller caller) {
        return new LimitSet(caller, List.of(Place.of(null, caller.tier().account())), List.of());
    }

    /** Returns the endpoint as the list of the organization has it. */
    String name() {
        return places.get(0).name();
    }

    /** Tells whether the limits of members are among them. */
    boolean hasMembers() {
        return places.size() > 1;
    }

    /** Returns the number of the party that has a limit. */
    int partyOf(EncodedLimit encoded) {
        for (int i = 0; i < places.size(); i++) {
            if (Objects.equals(places.get(i).member(), encoded.key.member())) {
                return i;
            }
        }
        throw new IllegalStateException("a limit must be of a party: limit=" + encoded.limit);
    }

    /** Returns the limits with the meters that they have if all is beyond the bounds. */
    LimitSet overflow() {
        return beyond(places.stream().map(place -> FURTHER_ENDPOINT).toList());
    }

    /** Returns the limits with the meters that they have beyond the bounds that the script names, for each party. */
    LimitSet beyond(List<Long> bounds) {
        List<Place> further = new ArrayList<>(places);
        for (int i = 0; i < places.size(); i++) {
            long bound = bounds.get(i);
            further.set(
                    i,
                    bound == FURTHER_ENDPOINT
                            ? places.get(i).ofFurtherEndpoints()
                            : bound == FURTHER_MEMBER ? places.get(i).ofFurtherMembers() : places.get(i));
        }
        List<EncodedLimit> shared = new ArrayList<>();
        for (EncodedLimit encoded : limits) {
            long bound = bounds.get(partyOf(encoded));
            shared.add(
                    bound == FURTHER_ENDPOINT
                            ? encoded.overflow()
                            : bound == FURTHER_MEMBER ? encoded.ofFurtherMembers() : encoded);
        }
        return new LimitSet(caller, List.copyOf(further), List.copyOf(shared));
    }

    /** Returns some of the limits, with the meters that they have. */
    LimitSet only(List<EncodedLimit> some) {
        return new LimitSet(caller, places.stream().map(Place::unbounded).toList(), some);
    }

    /** Returns some of the limits, of which it is still open which meters they have. */
    LimitSet slice(int from, int to) {
        return new LimitSet(caller, places, limits.subList(from, to));
    }

    /** Returns the limits a hundred at a time, so that no run of the script holds the server for long. */
    List<LimitSet> runs() {
        List<LimitSet> runs = new ArrayList<>();
        for (int from = 0; from < limits.size(); from += LIMITS_OF_A_RUN) {
            runs.add(slice(from, Math.min(from + LIMITS_OF_A_RUN, limits.size())));
        }
        return runs;
    }
}
