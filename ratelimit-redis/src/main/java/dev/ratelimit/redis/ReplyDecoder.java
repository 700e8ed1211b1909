package dev.ratelimit.redis;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** Makes decisions and statuses of what the script replied; {@link Script} describes the numbers. */
final class ReplyDecoder {

    private static final int LEASED = 2;
    private static final int TURNED = 3;

    /** The numbers of a limit in the reply to a call, without a report. */
    private static final int PLAIN = 3;

    /** The numbers of a status. */
    private static final int STATUS = 5;

    private ReplyDecoder() {}

    /** Decodes the reply to a call. */
    static Outcome outcome(
            Reply reply, ToLongFunction<EncodedLimit> units, Batch batch, boolean reports, boolean recorded) {
        if (reply.isBrief()) {
            return new Outcome(Decision.admitted(), reply.limitSet(), List.of());
        }
        boolean leased = reply.number(0) == LEASED;
        boolean turned = reply.number(0) == TURNED;
        long leaseMicros = leased ? batch.micros() : 0;
        List<EncodedLimit> limits = reply.limitSet().limits();
        int width = reply.width();
        Caller caller = reply.limitSet().caller();
        List<Rejected> shadowRejections = new ArrayList<>();
        List<EncodedLimit> charged = new ArrayList<>();
        List<Booking> bookings = new ArrayList<>();
        List<Level> levels = new ArrayList<>();
        int longest = -1;
        long longestWait = 0;
        long certainWait = 0;
        for (int i = 0; i < limits.size(); i++) {
            EncodedLimit encoded = limits.get(i);
            int at = 2 + width * i;
            long wait = nanosOf(reply.number(at));
            if (wait == 0) {
                charged.add(encoded);
                long asked = encoded.hasMeter() ? units.applyAsLong(encoded) : 0;
                Booking booking =
                        new Booking(reply.number(at + 1), reply.number(at + 2), leased ? batch.units() : asked);
                bookings.add(booking);
                if (encoded.periods != null) {
                    leaseMicros = Math.min(leaseMicros, booking.first() - reply.number(1));
                }
            } else if (encoded.limit.shadow()) {
                shadowRejections.add(
                        encoded.rejected(units.applyAsLong(encoded), caller, wait, encoded.isInFlight() ? 0 : wait));
            } else {
                certainWait = encoded.isInFlight() ? certainWait : Math.max(certainWait, wait);
                longest = wait > longestWait ? i : longest;
                longestWait = Math.max(longestWait, wait);
            }
            if (width > PLAIN && encoded.countsOverTime() && (wait == 0 || (recorded && !encoded.limit.shadow()))) {
                levels.add(new Level(
                        status(encoded, reply, at + PLAIN), leased ? batch.units() : units.applyAsLong(encoded)));
            }
        }
        if (longest >= 0 && !recorded) {
            levels.clear(); // nothing is charged
        }
        if (longest >= 0) {
            EncodedLimit encoded = limits.get(longest);
            Decision rejected = told(
                    encoded.rejected(units.applyAsLong(encoded), caller, longestWait, certainWait), reply, reports);
            LimitSet nothing = reply.limitSet().only(List.of());
            Outcome.Refusal refusal = new Outcome.Refusal(encoded, longestWait);
            return new Outcome(rejected, nothing, List.of(), levels, 0, refusal, turned);
        }
        Decision admitted = shadowRejections.isEmpty() ? Decision.admitted() : Admitted.of(shadowRejections);
        return new Outcome(
                told(admitted, reply, reports),
                reply.limitSet().only(charged),
                bookings,
                levels,
                leaseMicros,
                null,
                turned);
    }

    /** Returns a decision that tells how the limits stand, if that was asked. */
    private static Decision told(Decision decision, Reply reply, boolean reports) {
        return reports ? decision.withLimits(statuses(reply, 2 + PLAIN, reply.width())) : decision;
    }

    /** Returns a wait that the script states in microseconds, negative if no wait helps. */
    private static long nanosOf(long micros) {
        return micros < 0 ? Waits.NEVER : Micros.nanos(micros);
    }

    /** Decodes the reply to a status. */
    static List<LimitStatus> status(Reply reply) {
        return statuses(reply, 2, STATUS);
    }

    /** Decodes how the limits stand. The first begins at one number of the reply, each other some numbers later. */
    private static List<LimitStatus> statuses(Reply reply, int from, int numbers) {
        List<EncodedLimit> encodedLimits = reply.limitSet().limits();
        List<LimitStatus> statuses = new ArrayList<>(encodedLimits.size());
        for (int i = 0; i < encodedLimits.size(); i++) {
            statuses.add(status(encodedLimits.get(i), reply, from + numbers * i));
        }
        return List.copyOf(statuses);
    }

    /** Decodes the reply to what was carried over to limits: where the organization stands with those that changed. */
    static List<LimitStatus> carried(Reply reply, List<EncodedLimit> to) {
        List<LimitStatus> statuses = new ArrayList<>();
        for (int i = 0; i < to.size(); i++) {
            int at = 2 + (STATUS + 1) * i;
            if (reply.number(at + STATUS) > 0) {
                statuses.add(status(to.get(i), reply, at));
            }
        }
        return statuses;
    }

    /** Decodes the reply to a settlement: where the organization stands with the limits that it changed. */
    static List<Level> levels(Reply reply) {
        List<EncodedLimit> changed = reply.limitSet().limits();
        List<Level> levels = new ArrayList<>(changed.size());
        for (int i = 0; i < changed.size() && !reply.isBrief(); i++) {
            int at = 2 + (STATUS + 1) * i;
            if (changed.get(i).countsOverTime()) {
                levels.add(new Level(status(changed.get(i), reply, at), reply.number(at + STATUS)));
            }
        }
        return levels;
    }

    /**
     * Decodes a status: what is used, a pair of numbers, the waits until some of it and until nothing of it counts, and
     * what is granted.
     */
    private static LimitStatus status(EncodedLimit encoded, Reply reply, int at) {
        long used = reply.number(at) * Arguments.MAX_AMOUNT + reply.number(at + 1);
        return LimitStatus.of(
                encoded.limit, used, reply.number(at + 4), after(reply.number(at + 2)), after(reply.number(at + 3)));
    }

    private static Optional<Duration> after(long micros) {
        return micros < 0 ? Optional.empty() : Optional.of(Micros.duration(micros));
    }
}
