package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.MeterKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A meter in a snapshot. Nothing in it depends on a monotonic clock. Constructors throw {@link
 * IllegalArgumentException} for what no meter can hold.
 */
sealed interface SavedMeter {

    /** The most periods that are kept. A third one is added to the second. */
    int MOST_KEPT = 2;

    /** The most spans of a period that are told apart. Two further ones become one, with what lies between them. */
    int MOST_SPANS = 8;

    MeterKey key();

    /**
     * A {@link SlidingWindow} in a snapshot.
     *
     * @param key whose span is the window, more than 0 and at most 2<sup>60</sup> nanoseconds
     * @param charges the charges that count, oldest first; at most {@link CompiledLimit#MOST_USED} units in all
     */
    record Window(MeterKey key, List<Charge> charges) implements SavedMeter {

        private static final long MAX_WINDOW = 1L << 60;

        public Window {
            Arguments.require(key.span() instanceof MeterKey.Window, "span of a window", "a window", key.span());
            Duration span = ((MeterKey.Window) key.span()).length();
            boolean inRange = span.compareTo(Duration.ZERO) > 0 && span.compareTo(Duration.ofNanos(MAX_WINDOW)) <= 0;
            Arguments.require(inRange, "window", "> 0 and <= 2^60 ns", span);
            charges = List.copyOf(charges);
            long older = span.toNanos() - 1;
            long sum = 0;
            for (Charge charge : charges) {
                long age = charge.ageNanos;
                Arguments.require(age >= -MAX_WINDOW, "age", ">= -2^60 ns", age);
                Arguments.require(age <= older, "age", "less than the window and not above the one before", age);
                sum += charge.units;
                Arguments.require(sum <= CompiledLimit.MOST_USED, "sum of units", "<= 2^61", sum);
                older = age;
            }
        }
    }

    /**
     * Units that leave a window together.
     *
     * @param ageNanos the nanoseconds by the monotonic clock since the units were charged. It is negative, down to
     *     -2<sup>60</sup>, where the {@link MarkRef}'s stamp is later than {@link SnapshotHeader#taken()}. Then the
     *     stamp was rounded up to the end of a grain, or the charge was made while the snapshot was being written.
     * @param units the units that were not given back, between 0 and {@link CompiledLimit#MOST_USED}
     */
    record Charge(long ageNanos, long units) {

        public Charge {
            requireUnits(units, "units");
        }
    }

    /**
     * A {@link BucketCounter} in a snapshot.
     *
     * @param key whose span is that of a bucket
     * @param flow the rate at which units flow back
     * @param ageNanos the nanoseconds by the monotonic clock since the bucket was last full, at most {@link #MOST_AGE}.
     *     It is negative, down to -2<sup>60</sup>, where that was later than {@link SnapshotHeader#taken()}
     * @param charged the units that were charged since, at least 0 and less than 2<sup>62</sup>; at most {@link
     *     CompiledLimit#MOST_USED} of them have not flowed back
     */
    record Bucket(MeterKey key, Flow flow, long ageNanos, long charged) implements SavedMeter {

        static final long MOST_AGE = 1L << 62;

        private static final long LEAST_AGE = -(1L << 60);

        public Bucket {
            Arguments.require(key.span() instanceof MeterKey.Bucket, "span of a bucket", "a bucket", key.span());
            Arguments.require(ageNanos >= LEAST_AGE, "age", ">= -2^60 ns", ageNanos);
            Arguments.require(ageNanos <= MOST_AGE, "age", "<= 2^62 ns", ageNanos);
            Arguments.require(charged >= 0 && charged < 1L << 62, "units", ">= 0 and < 2^62", charged);
            requireUnits(Math.max(0, charged - flow.flowed(Math.max(0, ageNanos))), "units that have not flowed back");
        }
    }

    /**
     * An {@link InFlightCounter} in a snapshot.
     *
     * @param key whose span is that of what is in flight
     * @param flights what is in flight, in the order of the ends; at most {@link CompiledLimit#MOST_USED} units in all
     */
    record InFlight(MeterKey key, List<Flight> flights) implements SavedMeter {

        public InFlight {
            Arguments.require(key.span() instanceof MeterKey.InFlight, "span in flight", "in flight", key.span());
            flights = List.copyOf(flights);
            long sum = 0;
            long sooner = 0;
            for (Flight flight : flights) {
                long untilEnd = flight.untilEnd;
                Arguments.require(untilEnd >= sooner, "time until the end", "not below the one before", untilEnd);
                sum += flight.units;
                Arguments.require(sum <= CompiledLimit.MOST_USED, "sum of units", "<= 2^61", sum);
                sooner = untilEnd;
            }
        }
    }

    /**
     * Units that come back together, when their reservation does not end before.
     *
     * @param untilEnd the nanoseconds by the monotonic clock until then, more than 0 and at most 2<sup>61</sup>
     * @param units the units, between 0 and {@link CompiledLimit#MOST_USED}
     */
    record Flight(long untilEnd, long units) {

        private static final long MOST = 1L << 61;

        public Flight {
            Arguments.require(untilEnd > 0 && untilEnd <= MOST, "time until the end", "> 0 and <= 2^61 ns", untilEnd);
            requireUnits(units, "units");
        }
    }

    /**
     * A {@link PeriodCounter} in a snapshot. {@link KeptPeriods} says what it has of periods that were left before
     * their end. A lifetime has none.
     *
     * @param key whose span is a {@link QuotaPeriod}
     * @param span the current period, by the rules that the time zone had then. Its end is the one that it had when the
     *     period began to be counted. A lifetime, and no other period, goes from {@link Instant#MIN} to {@link
     *     Instant#MAX}
     * @param used the units used, between 0 and {@link CompiledLimit#MOST_USED}
     * @param granted the units granted beyond the amount, between 0 and {@link CompiledLimit#MOST_GRANTED}
     * @param usedBefore the units used when the period was entered, between 0 and {@link CompiledLimit#MOST_USED}
     * @param alsoOf other spans that the period stands for
     * @param kept the periods that were left, in that order, two at most
     */
    record Period(MeterKey key, Span span, long used, long granted, long usedBefore, List<Span> alsoOf, List<Kept> kept)
            implements SavedMeter {

        private static final QuotaPeriod.Interval ALWAYS = new QuotaPeriod.Interval(Instant.MIN, Instant.MAX);

        public Period {
            Arguments.require(key.span() instanceof MeterKey.Period, "span of a period", "a quota period", key.span());
            boolean forEver = periods(key).equals(QuotaPeriod.lifetime());
            Arguments.require(
                    span.bounds.equals(ALWAYS) == forEver, "bounds", "those of all time for a lifetime only", span);
            requireUsed(used, granted);
            requireUnits(usedBefore, "used before");
            alsoOf = List.copyOf(alsoOf);
            kept = List.copyOf(kept);
            Arguments.require(alsoOf.size() <= MOST_SPANS, "number of spans", "<= 8", alsoOf.size());
            Arguments.require(kept.size() <= MOST_KEPT, "number of kept periods", "<= 2", kept.size());
            boolean others = usedBefore > 0 || !alsoOf.isEmpty() || !kept.isEmpty();
            Arguments.require(!forEver || !others, "what a lifetime has of other periods", "nothing", kept);
        }

        /** Makes the counter of a period with all its time to come, where no period was ever left. */
        Period(MeterKey key, QuotaPeriod.Interval bounds, long used, long granted) {
            this(key, Span.whole(bounds), used, granted, 0, List.of(), List.of());
        }

        QuotaPeriod.Interval bounds() {
            return span.bounds;
        }

        /** Returns the periods that a counter goes by. */
        static QuotaPeriod periods(MeterKey key) {
            return ((MeterKey.Period) key.span()).period();
        }

        /**
         * Returns this with as much time to come as there can be, so that no snapshot locks an organization for longer.
         * The current period ends where the rules of its time zone could have ended it. Nothing lasts longer than two
         * periods.
         */
        Period possible(Instant now) {
            QuotaPeriod periods = periods(key);
            if (periods.equals(QuotaPeriod.lifetime())) {
                return this;
            }
            QuotaPeriod.Interval present = periods.at(now);
            Duration two = Duration.between(present.start(), present.end()).multipliedBy(2);
            long most = TimeUnit.NANOSECONDS.convert(two); // saturates
            return new Period(
                    key,
                    span.endingBy(periods).within(most),
                    used,
                    granted,
                    usedBefore,
                    alsoOf.stream().map(also -> also.within(most)).toList(),
                    kept.stream().map(each -> each.within(most)).toList());
        }

        /** Tells whether it has anything of other periods. */
        boolean hasOthers() {
            return usedBefore > 0 || !alsoOf.isEmpty() || !kept.isEmpty();
        }
    }

    /**
     * A period that was left before its end.
     *
     * @param spans the spans that it stands for, 1 to 8
     * @param used the units used, between 0 and {@link CompiledLimit#MOST_USED}
     * @param granted the units granted beyond the amount, between 0 and {@link CompiledLimit#MOST_GRANTED}
     * @param since the units charged in later periods since, between 0 and {@link CompiledLimit#MOST_USED}
     */
    record Kept(List<Span> spans, long used, long granted, long since) {

        public Kept {
            spans = List.copyOf(spans);
            boolean inRange = !spans.isEmpty() && spans.size() <= MOST_SPANS;
            Arguments.require(inRange, "number of spans", ">= 1 and <= 8", spans.size());
            requireUsed(used, granted);
            requireUnits(since, "since");
        }

        private Kept within(long most) {
            return new Kept(spans.stream().map(span -> span.within(most)).toList(), used, granted, since);
        }
    }

    /**
     * A span of the calendar.
     *
     * @param bounds the span
     * @param untilEnd the nanoseconds by the monotonic clock until its end, as reckoned while it was the current one;
     *     between 0 and 2<sup>62</sup>
     */
    record Span(QuotaPeriod.Interval bounds, long untilEnd) {

        static final long MOST = 1L << 62;

        /** The most by which two rules of a time zone differ, as offsets lie between -18 and +18 hours. */
        private static final Duration MOST_BETWEEN_RULES = Duration.ofHours(36);

        public Span {
            requireNonNull(bounds, "bounds");
            Arguments.require(untilEnd >= 0, "time until the end", ">= 0 ns", untilEnd);
            Arguments.require(untilEnd <= MOST, "time until the end", "<= 2^62 ns", untilEnd);
        }

        private Span within(long most) {
            return new Span(bounds, Math.min(untilEnd, most));
        }

        private Span endingBy(QuotaPeriod periods) {
            Instant byRules = periods.at(bounds.start()).end();
            Duration later = Duration.between(byRules, bounds.end());
            return later.compareTo(MOST_BETWEEN_RULES) <= 0
                    ? this
                    : new Span(new QuotaPeriod.Interval(bounds.start(), byRules.plus(MOST_BETWEEN_RULES)), untilEnd);
        }

        /** Returns a span with all its time to come. */
        static Span whole(QuotaPeriod.Interval bounds) {
            return until(bounds, bounds.start());
        }

        /** Returns a span with the time to come that it has at a time, or all of it before its start. */
        static Span until(QuotaPeriod.Interval bounds, Instant now) {
            Instant from = now.isBefore(bounds.start()) ? bounds.start() : now;
            long nanos = TimeUnit.NANOSECONDS.convert(Duration.between(from, bounds.end()));
            return new Span(bounds, Math.max(0, Math.min(nanos, MOST)));
        }
    }

    private static void requireUsed(long used, long granted) {
        requireUnits(used, "used");
        Arguments.requireAmount(granted, "granted");
    }

    private static void requireUnits(long units, String name) {
        Arguments.require(units >= 0, name, ">= 0", units);
        Arguments.require(units <= CompiledLimit.MOST_USED, name, "<= 2^61", units);
    }
}
