package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.QuotaPeriod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * A meter in a snapshot. Nothing in it depends on a monotonic clock. Constructors throw {@link IllegalArgumentException} for what no
 * meter can hold.
 */
sealed interface SavedMeter {

    Rule.Key key();

    /**
     * A {@link SlidingWindow}.
     *
     * @param key whose span is the window, more than 0 and at most 2<sup>60</sup> nanoseconds
     * @param charges what counts, oldest first; at most {@link Meter#MOST_USED} units in all
     */
    record Window(Rule.Key key, List<Charge> charges) implements SavedMeter {

        private static final long MAX_WINDOW = 1L << 60;

        public Window {
            Arguments.require(key.span() instanceof Duration, "span of a window", "a duration", key.span());
            Duration span = (Duration) key.span();
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
                Arguments.require(sum <= Meter.MOST_USED, "sum of units", "<= 2^61", sum);
                older = age;
            }
        }
    }

    /**
     * Units that leave a window together.
     *
     * @param ageNanos nanoseconds by the monotonic clock since the units were charged. It is negative, down to -2<sup>60</sup>, where the
     *     {@link Mark}'s stamp is later than {@link SnapshotHeader#taken()}: because it was rounded up to the end of a grain, or because
     *     the charge was made while the snapshot was being written.
     * @param units how many of them were not given back, between 0 and {@link Meter#MOST_USED}
     */
    record Charge(long ageNanos, long units) {

        public Charge {
            requireUnits(units, "units");
        }
    }

    /**
     * A {@link PeriodCounter}.
     *
     * @param key whose span is a {@link QuotaPeriod}
     * @param bounds of the present period by the rules that the time zone had then, but the end as it was when the period began to be
     *     counted; from {@link Instant#MIN} to {@link Instant#MAX} for a
     *     lifetime, and for no other period
     * @param used units, between 0 and {@link Meter#MOST_USED}
     * @param granted units that may be used beyond the amount, between 0 and {@link Meter#MOST_GRANTED}
     */
    record Period(Rule.Key key, QuotaPeriod.Interval bounds, long used, long granted) implements SavedMeter {

        private static final QuotaPeriod.Interval ALWAYS = new QuotaPeriod.Interval(Instant.MIN, Instant.MAX);

        public Period {
            Arguments.require(key.span() instanceof QuotaPeriod, "span of a period", "a quota period", key.span());
            requireNonNull(bounds, "bounds");
            boolean forEver = key.span().equals(QuotaPeriod.lifetime());
            Arguments.require(
                    bounds.equals(ALWAYS) == forEver, "bounds", "those of all time for a lifetime only", bounds);
            requireUnits(used, "used");
            Arguments.require(granted >= 0, "granted", ">= 0", granted);
            Arguments.require(granted <= Meter.MOST_GRANTED, "granted", "<= 2^53", granted);
        }
    }

    private static void requireUnits(long units, String name) {
        Arguments.require(units >= 0, name, ">= 0", units);
        Arguments.require(units <= Meter.MOST_USED, name, "<= 2^61", units);
    }
}
