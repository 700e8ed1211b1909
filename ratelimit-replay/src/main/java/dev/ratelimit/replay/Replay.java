package dev.ratelimit.replay;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Member;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;

/**
 * Decides rows that come in the order of time, each at its own time. A call whose usage is known only when it ends is
 * reserved, and settled at its end: before a row is decided that is made at that time or later.
 */
final class Replay {

    private static final Usage NOTHING = Usage.of(Unit.CALLS, 0);

    private final TraceTime time = new TraceTime();
    private final RateLimiter limiter;
    private final List<DecisionListener> listeners;

    private final Queue<OpenCall> open =
            new PriorityQueue<>(Comparator.comparingLong(OpenCall::end).thenComparingLong(OpenCall::number));
    private long reserved;

    Replay(Tier tier, List<DecisionListener> listeners) {
        // Each endpoint and each member alone, however many there are: how much memory that takes is for the trace to
        // decide.
        this.limiter = InMemoryRateLimiter.builder()
                .tier(tier)
                .maxUnlistedEndpoints(Integer.MAX_VALUE)
                .maxMembers(Integer.MAX_VALUE)
                .timeSource(time)
                .build();
        this.listeners = listeners;
    }

    void decide(Row row) {
        settleUntil(row.time());
        time.set(row.time());
        Decision decision = row.outcome().isEmpty()
                ? limiter.tryAcquire(caller(row), row.endpoint(), row.usage())
                : reserve(row, row.outcome().get());
        for (DecisionListener listener : listeners) {
            listener.decided(row, decision);
        }
    }

    private Caller caller(Row row) {
        Caller caller = limiter.caller(row.organization());
        for (Member member : row.members()) {
            caller = member.kind().equals(Member.KEY)
                    ? caller.key(member.name())
                    : caller.member(member.kind(), member.name());
        }
        return caller;
    }

    /** Lets the calls end that have not when the trace does. */
    void finish() {
        settleUntil(Long.MAX_VALUE);
    }

    private Decision reserve(Row row, Row.Outcome outcome) {
        Reservation reservation = limiter.reserve(caller(row), row.endpoint(), row.usage());
        Decision decision = reservation.decision();
        if (decision.isAdmitted()) {
            open.add(new OpenCall(row, outcome, reservation, reserved++));
        }
        return decision;
    }

    private void settleUntil(long now) {
        while (!open.isEmpty() && open.element().end() <= now) {
            settle(open.remove());
        }
    }

    private void settle(OpenCall call) {
        time.set(call.end());
        call.reservation().settle(call.outcome().used());
        Caller caller = caller(call.row());
        String endpoint = call.row().endpoint();
        // Who asks for nothing is refused only where something is overrun or spent, and finds out sooner: a status goes
        // through a whole window.
        if (!limiter.peek(caller, endpoint, NOTHING).isAdmitted()) {
            limiter.status(caller, endpoint).stream()
                    .filter(status -> status.overrun() > 0)
                    .forEach(status -> listeners.forEach(listener -> listener.overran(status)));
        }
    }

    /** A call that was admitted and has not ended; of those that end at one time, the first made is settled first. */
    private record OpenCall(Row row, Row.Outcome outcome, Reservation reservation, long number) {
        long end() {
            return outcome.end();
        }
    }
}
