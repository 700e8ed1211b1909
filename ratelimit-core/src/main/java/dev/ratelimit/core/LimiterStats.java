package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.DecisionCounter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * The size of a limiter's state, and the number of its decisions.
 *
 * @param organizations the organizations whose state is kept
 * @param members the members of organizations whose state is kept; what further ones of a kind share counts as one
 * @param sharedMembers the kinds of members, by organization and account, of which further ones share their meters
 * @param meters their meters, and those of their members: one for each limit that was asked
 * @param marks the moments, or grains of time, that their windows remember charges by
 * @param estimatedBytes the heap of them, where names have about 20 characters and the JVM compresses pointers; within
 *     a quarter of what is measured. It includes endpoints that no table names and that organizations share, until the
 *     garbage collector has run.
 * @param admitted the calls and reservations that were admitted since the limiter was built; empty unless {@linkplain
 *     InMemoryRateLimiterBuilder#countDecisions() decisions are counted}
 * @param rejected the rejections, also each one of a call that waits for its turn and those of more for a reservation;
 *     empty unless decisions are counted
 */
public record LimiterStats(
        long organizations,
        long members,
        long sharedMembers,
        long meters,
        long marks,
        long estimatedBytes,
        OptionalLong admitted,
        OptionalLong rejected) {

    /** Counts what a store keeps, and what a counter has counted. */
    static LimiterStats of(OrganizationStore store, DecisionCounter counter) {
        long organizations = 0;
        long meters = 0;
        long marks = 0;
        long bytes = store.tierCache.estimatedBytes();
        List<OrganizationState> states = new ArrayList<>();
        long shared = 0;
        for (OrganizationState organization : store.all()) {
            organizations++;
            states.add(organization);
            MemberStates known = organization.membersIfAny();
            for (OrganizationState member : known == null ? List.<OrganizationState>of() : known.all()) {
                states.add(member);
                shared += requireNonNull(member.member()).isOverflow() ? 1 : 0;
            }
        }
        for (OrganizationState organization : states) {
            long[] kept = new long[3];
            organization.forEach((key, meter) -> {
                kept[0]++;
                if (meter instanceof SlidingWindow window) {
                    kept[1] += window.countMarks();
                    kept[2] += window.estimatedBytes();
                } else if (meter instanceof InFlightCounter inFlight) {
                    kept[2] += inFlight.estimatedBytes();
                }
            });
            meters += kept[0];
            marks += kept[1];
            bytes += organization.estimatedBytes(kept[0]) + kept[2];
        }
        long members = states.size() - organizations;
        return new LimiterStats(
                organizations, members, shared, meters, marks, bytes, counter.admitted(), counter.rejected());
    }
}
