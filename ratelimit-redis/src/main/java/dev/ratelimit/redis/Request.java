package dev.ratelimit.redis;

import dev.ratelimit.QuotaPeriod;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The keys and arguments of one run of the script, as {@link Script} describes them. */
final class Request {

    /** What is asked of the script. */
    enum Operation {
        /** Decides and charges. */
        CHARGE,
        /** Decides, and charges a batch if it fits, else the call by itself. */
        LEASE,
        /** Decides only. */
        LOOK,
        /** Tells what is used. */
        STATUS,
        /** Gives back, and charges more. */
        SETTLE,
        /** Lists the endpoints that have used something by themselves. */
        NAMES;

        private final String argument = name().toLowerCase(Locale.ROOT);
    }

    private final String base;
    private final Instant guess;
    private final List<String> keys = new ArrayList<>();
    private final List<String> args = new ArrayList<>();

    /**
     * Begins a request.
     *
     * @param base what the keys of the organization begin with
     * @param receipt the name of the charge, under which its answer is kept for a short time
     * @param receiptMillis how long
     * @param guess the instant around which periods are sent
     */
    Request(
            Operation operation,
            String base,
            String receipt,
            long receiptMillis,
            ServerTime time,
            Instant guess,
            Target target) {
        this.base = base;
        this.guess = guess;
        keys.add(base + "n");
        keys.add(base + "r:" + receipt);
        args.add(operation.argument);
        args.add(time.windowClock());
        args.add(time.quotaClock());
        add(time.latest());
        add(receiptMillis);
        args.add(target.name());
        add(target.mostNames());
        add(target.rules().size());
    }

    String[] keys() {
        return keys.toArray(String[]::new);
    }

    String[] args() {
        return args.toArray(String[]::new);
    }

    Request add(long number) {
        args.add(Long.toString(number));
        return this;
    }

    Request add(boolean flag) {
        args.add(flag ? "1" : "0");
        return this;
    }

    /** Adds a meter; the periods of a quota only if the script may have to find the current one. */
    Request addMeter(Rule rule, boolean withPeriods) {
        QuotaPeriod period = rule.period;
        args.add(period == null ? "w" : "q");
        add(rule.isOfOneEndpoint());
        keys.add(base + "m:" + rule.meter);
        if (period == null) {
            keys.add(base + "b:" + rule.meter);
            return add(rule.windowMicros).add(rule.exactMarks);
        }
        if (!withPeriods) {
            return add(0);
        }
        QuotaPeriod.Interval current = period.at(guess);
        if (current.end().equals(Instant.MAX)) {
            return add(2).add(-Micros.ENDLESS).add(Micros.ENDLESS);
        }
        // The one before and the one after: a guess is good to some milliseconds, and mostly nowhere near a bound.
        Instant before = period.at(current.start().minusNanos(1)).start();
        Instant after = period.at(current.end()).end();
        return add(4).add(Micros.of(before))
                .add(Micros.of(current.start()))
                .add(Micros.of(current.end()))
                .add(Micros.of(after));
    }
}
