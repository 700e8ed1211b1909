package dev.ratelimit.bench;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * An exact limiter that sees the attempts of a real one afterwards, and may decide each at whatever time from its start
 * to its end suits it: as soon as there is room. Of calls that wait for room at the same time, those that end first go
 * first.
 *
 * <p>With one limit and calls of one unit, and as long as a call is there whenever there is room, no limiter that never
 * admits too much can have admitted more of these attempts: the n-th call cannot be admitted earlier than one window
 * after the one that came before it by the amount, and here none is admitted later than that. So what was admitted,
 * divided by what is admitted here, is at most the real utilization. Where calls are so few that one taken early is
 * missed later, this may fall short of the most by as many calls as are in flight for long, one a thread. With weights
 * and with several limits this is an exact limiter that takes calls as they come; the best choice of calls may hold
 * somewhat more.
 *
 * <p>It assumes that nothing is given back. It is generous to itself where a thread was descheduled within a call: it
 * may admit that call when a place becomes free, while the real limiter had nobody to admit. On a busy machine, where
 * the amount is not much more than the number of threads, that lowers the utilization of a right limiter too.
 */
final class Ideal {

    /** Calls that were admitted at one time. */
    private record Charge(long time, long units) {}

    /** Calls in flight that were not admitted so far. */
    private static final class PendingAcquire {

        final Attempt attempt;
        long calls;

        PendingAcquire(Attempt attempt) {
            this.attempt = attempt;
            calls = attempt.calls();
        }

        long end() {
            return attempt.end();
        }
    }

    private final List<Terms> limits;
    private final List<ArrayDeque<Charge>> charges = new ArrayList<>();
    private final long[] used;
    private final PriorityQueue<PendingAcquire> waiting =
            new PriorityQueue<>(Comparator.comparingLong(PendingAcquire::end));
    private long admitted;

    private Ideal(List<Terms> limits) {
        this.limits = limits;
        used = new long[limits.size()];
        limits.forEach(limit -> charges.add(new ArrayDeque<>()));
    }

    /** Returns the units that are admitted of the attempts on one key, in any order, under all of its limits. */
    static long admits(List<Terms> limits, List<Attempt> attempts) {
        Ideal ideal = new Ideal(limits);
        attempts.stream().sorted(Comparator.comparingLong(Attempt::start)).forEach(attempt -> {
            ideal.admitBefore(attempt.start());
            ideal.waiting.add(new PendingAcquire(attempt));
            ideal.admit(attempt.start());
        });
        ideal.admitBefore(Long.MAX_VALUE);
        return ideal.admitted;
    }

    /** Lets those who wait have what becomes free before a time. */
    private void admitBefore(long time) {
        while (!waiting.isEmpty()) {
            long free = nextExpiry();
            if (free >= time) {
                return;
            }
            admit(free);
        }
    }

    private long nextExpiry() {
        long next = Long.MAX_VALUE;
        for (int i = 0; i < used.length; i++) {
            Charge oldest = charges.get(i).peek();
            next = oldest == null
                    ? next
                    : Math.min(next, oldest.time + limits.get(i).window());
        }
        return next;
    }

    private void admit(long now) {
        for (int i = 0; i < used.length; i++) {
            ArrayDeque<Charge> live = charges.get(i);
            while (!live.isEmpty() && now - live.element().time >= limits.get(i).window()) {
                used[i] -= live.remove().units;
            }
        }
        while (!waiting.isEmpty() && waiting.element().end() < now) {
            waiting.remove();
        }
        PendingAcquire[] inFlight = waiting.toArray(new PendingAcquire[0]);
        Arrays.sort(inFlight, waiting.comparator());
        for (PendingAcquire call : inFlight) {
            admit(call, now);
        }
    }

    private void admit(PendingAcquire call, long now) {
        long each = call.attempt.units();
        long calls = call.calls;
        for (int i = 0; i < used.length; i++) {
            calls = Math.min(calls, (limits.get(i).amount() - used[i]) / each);
        }
        if (calls == 0) {
            return;
        }
        for (int i = 0; i < used.length; i++) {
            used[i] += calls * each;
            charges.get(i).add(new Charge(now, calls * each));
        }
        admitted += calls * each;
        call.calls -= calls;
        if (call.calls == 0) {
            waiting.remove(call);
        }
    }
}
