package dev.ratelimit.core;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Where an organization stands with the limits of a call. For one decision, and one thread.
 *
 * <p>A meter says how it stands {@linkplain #stands before the CAS} of a charge, by what that CAS expects: so a charge
 * that succeeds stands as it says, and nothing that may throw comes after it.
 */
final class Report {

    private final CompiledLimit[] limits;
    private final @Nullable LimitStatus[] statuses;

    private long used;
    private long granted;
    private long next;
    private long reset;

    Report(CompiledLimit[] limits) {
        this.limits = limits;
        this.statuses = new LimitStatus[limits.length];
    }

    /**
     * Says how a meter stands if its next CAS succeeds.
     *
     * @param used units that count then
     * @param granted units that may be used beyond the amount
     * @param next nanoseconds until some of what is used counts no more, {@link CompiledLimit#NEVER} if always
     * @param reset nanoseconds until nothing of it counts any more
     */
    void stands(long used, long granted, long next, long reset) {
        this.used = used;
        this.granted = granted;
        this.next = next;
        this.reset = reset;
    }

    /** Takes down how the i-th limit stands, as its meter said last. */
    void charged(int i) {
        statuses[i] = limits[i].status(used, granted, next, reset);
    }

    /** Takes down how the i-th limit stands, which was not charged. */
    void notCharged(int i, LimitStatus status) {
        statuses[i] = status;
    }

    /** Returns a decision that tells what was taken down, in the order of the tables. */
    Decision in(Decision decision) {
        return decision.withLimits(IntStream.range(0, limits.length)
                .boxed()
                .sorted((i, j) -> Integer.compare(limits[i].order, limits[j].order))
                .map(i -> Objects.requireNonNull(statuses[i]))
                .toList());
    }
}
