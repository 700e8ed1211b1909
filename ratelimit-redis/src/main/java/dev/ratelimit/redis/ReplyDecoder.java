package dev.ratelimit.redis;

import dev.ratelimit.Admitted;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes decisions and statuses of what the script replied; {@link Script} describes the numbers. */
final class ReplyDecoder {

    private static final int LEASED = 2;
    private static final long BASE = 1L << 53;

    private ReplyDecoder() {}

    /** Decodes the reply to a call. */
    static Outcome outcome(Reply reply, Usage usage, Batch batch, boolean reports) {
        if (reply.isBrief()) {
            return new Outcome(Decision.admitted(), reply.limitSet(), List.of());
        }
        boolean leased = reply.number(0) == LEASED;
        long leaseMicros = leased ? batch.micros() : 0;
        List<EncodedLimit> asked = reply.limitSet().limits();
        String notice = reply.limitSet().caller().tier().message();
        List<Rejected> shadowRejections = new ArrayList<>();
        List<EncodedLimit> charged = new ArrayList<>();
        List<Booking> bookings = new ArrayList<>();
        int longest = -1;
        long longestWait = 0;
        int numbers = reports ? 7 : 3;
        for (int i = 0; i < asked.size(); i++) {
            EncodedLimit encoded = asked.get(i);
            long wait = reply.number(2 + numbers * i);
            if (wait == 0) {
                charged.add(encoded);
                long units = leased ? batch.units() : usage.amountOf(encoded.unit());
                Booking booking = new Booking(reply.number(3 + numbers * i), reply.number(4 + numbers * i), units);
                bookings.add(booking);
                if (encoded.periods != null) {
                    leaseMicros = Math.min(leaseMicros, booking.first() - reply.number(1));
                }
            } else if (encoded.limit.shadow()) {
                shadowRejections.add(encoded.rejected(wait, notice));
            } else if (longest < 0 || outlasts(wait, longestWait)) {
                longest = i;
                longestWait = wait;
            }
        }
        if (longest >= 0) {
            EncodedLimit encoded = asked.get(longest);
            Decision rejected = told(encoded.rejected(longestWait, notice), reply, reports);
            LimitSet nothing = reply.limitSet().only(List.of());
            return new Outcome(rejected, nothing, List.of(), 0, new Outcome.Refusal(encoded, longestWait));
        }
        Decision admitted = shadowRejections.isEmpty() ? Decision.admitted() : Admitted.of(shadowRejections);
        return new Outcome(told(admitted, reply, reports), reply.limitSet().only(charged), bookings, leaseMicros);
    }

    /** Returns a decision that tells how the limits stand, if that was asked. */
    private static Decision told(Decision decision, Reply reply, boolean reports) {
        return reports ? decision.withLimits(statuses(reply, 5, 7)) : decision;
    }

    private static boolean outlasts(long wait, long other) {
        return other >= 0 && (wait < 0 || wait > other);
    }

    /** Decodes the reply to a status. */
    static List<LimitStatus> status(Reply reply) {
        return statuses(reply, 2, 4);
    }

    /** Decodes how the limits stand: the first from a number on, each other so many numbers behind. */
    private static List<LimitStatus> statuses(Reply reply, int from, int numbers) {
        List<EncodedLimit> encodedLimits = reply.limitSet().limits();
        List<LimitStatus> statuses = new ArrayList<>(encodedLimits.size());
        for (int i = 0; i < encodedLimits.size(); i++) {
            int at = from + numbers * i;
            long used = reply.number(at) * BASE + reply.number(at + 1);
            statuses.add(LimitStatus.of(
                    encodedLimits.get(i).limit, used, 0, after(reply.number(at + 2)), after(reply.number(at + 3))));
        }
        return List.copyOf(statuses);
    }

    private static Optional<Duration> after(long micros) {
        return micros < 0 ? Optional.empty() : Optional.of(Micros.duration(micros));
    }
}
