package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.QuotaPeriod;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The periods that a {@link PeriodCounter} keeps because they were left before their end, when the wall clock jumped. A
 * value, except for the periods in it.
 *
 * @param kept the kept periods in the order in which they were left, two at most
 * @param alsoOf further spans that the current period stands for, since another period was added to it
 * @param usedBefore the units used in the current period when it was entered
 * @param newest the highest number that the counter has given to a period
 */
record KeptPeriods(List<Kept> kept, List<Span> alsoOf, long usedBefore, int newest) {

    static final KeptPeriods NONE = new KeptPeriods(List.of(), List.of(), 0, 0);

    KeptPeriods {
        kept = List.copyOf(kept);
        alsoOf = List.copyOf(alsoOf);
    }

    /**
     * A span of the calendar, with its end by the monotonic clock as reckoned while it was the current one.
     *
     * @param bounds the span
     * @param endAt a reading of the monotonic clock
     */
    record Span(QuotaPeriod.Interval bounds, long endAt) {

        boolean counts(long now) {
            return endAt - now > 0;
        }

        boolean contains(Instant time) {
            return Clocks.contains(bounds, time);
        }

        /** Returns the span as a snapshot has it. */
        SavedMeter.Span save(long now) {
            return new SavedMeter.Span(bounds, Math.max(0, Math.min(endAt - now, SavedMeter.Span.MOST)));
        }
    }

    /**
     * A period that was left.
     *
     * @param period its counts; closed
     * @param spans the spans that it stands for: several once another period was added to it
     * @param since the units charged in later periods since it was left
     */
    record Kept(Period period, List<Span> spans, long since) {

        Kept {
            spans = List.copyOf(spans);
        }

        boolean counts(long now) {
            return spans.stream().anyMatch(span -> span.counts(now));
        }

        /** Returns the span that a time lies in; null if there is none or it has ended. */
        @Nullable
        Span spanAt(Instant time, long now) {
            return spans.stream()
                    .filter(span -> span.counts(now) && span.contains(time))
                    .findFirst()
                    .orElse(null);
        }

        /** Returns this without the spans that have ended. */
        private Kept at(long now) {
            return new Kept(
                    period, spans.stream().filter(span -> span.counts(now)).toList(), since);
        }

        /** Notes what was charged in a period with the given start, if that is a later one. */
        private Kept noted(long charged, Instant start) {
            boolean isEarlier =
                    spans.stream().anyMatch(span -> span.bounds.start().isBefore(start));
            return isEarlier ? new Kept(period, spans, Math.min(since + charged, CompiledLimit.MOST_USED)) : this;
        }

        /** Adds another period. Then either refuses what the other would refuse. */
        private Kept with(Kept other) {
            period.add(other.period);
            List<Span> both = new ArrayList<>(spans);
            both.addAll(other.spans);
            if (both.size() > SavedMeter.MOST_SPANS) {
                both.add(hull(both.remove(SavedMeter.MOST_SPANS), both.remove(SavedMeter.MOST_SPANS - 1)));
            }
            return new Kept(period, both, since);
        }

        /** Returns the span from the earlier start to the later end. */
        private static Span hull(Span a, Span b) {
            Instant start = a.bounds().start().isBefore(b.bounds().start())
                    ? a.bounds().start()
                    : b.bounds().start();
            Instant end = a.bounds().end().isBefore(b.bounds().end())
                    ? b.bounds().end()
                    : a.bounds().end();
            long endAt = a.endAt() - b.endAt() > 0 ? a.endAt() : b.endAt();
            return new Span(new QuotaPeriod.Interval(start, end), endAt);
        }
    }

    /** Tells whether a kept period has not ended. */
    boolean anyCounts(long now) {
        return kept.stream().anyMatch(each -> each.counts(now));
    }

    /** Returns the kept period with a number; null if there is none. */
    @Nullable
    Period numbered(long number) {
        return kept.stream()
                .map(Kept::period)
                .filter(period -> period.number == number)
                .findFirst()
                .orElse(null);
    }

    /** Tells whether the current period also stands for the span with a start. */
    boolean currentIsAlso(Instant start, long now) {
        return alsoOf.stream().anyMatch(span -> span.counts(now) && span.contains(start));
    }

    /** Tells whether a period is one of the kept ones. */
    boolean isKept(Period period) {
        return kept.stream().anyMatch(each -> each.period == period);
    }

    /** Returns the kept period that stands for the span with a start; null if there is none. */
    @Nullable
    Period standingFor(Instant start, long now) {
        return kept.stream()
                .filter(each -> each.spanAt(start, now) != null)
                .map(Kept::period)
                .findFirst()
                .orElse(null);
    }

    /** Returns the kept periods that have not ended, as a snapshot has them. */
    List<SavedMeter.Kept> save(long now) {
        return kept.stream()
                .filter(each -> each.counts(now))
                .map(each -> new SavedMeter.Kept(
                        save(each.spans, now), each.period.savedUse(), each.period.granted, each.since))
                .toList();
    }

    /** Returns the spans that have not ended, as a snapshot has them. */
    static List<SavedMeter.Span> save(List<Span> spans, long now) {
        return spans.stream()
                .filter(span -> span.counts(now))
                .map(span -> span.save(now))
                .toList();
    }

    /** Returns the same periods with the same grants and nothing used. */
    KeptPeriods unused(long now) {
        List<Kept> granted = new ArrayList<>();
        for (Kept each : kept) {
            if (each.counts(now) && each.period.granted > 0) {
                Period unused = each.period.unused(now);
                unused.close();
                granted.add(new Kept(unused, each.spans, 0));
            }
        }
        return new KeptPeriods(granted, alsoOf, 0, newest);
    }

    /**
     * Leaves the current period and enters another. The current one is kept, unless nothing is used or granted in it.
     *
     * @param left the current period, which is closed
     * @param time the time that is entered
     * @param bounds the period that the time lies in
     * @return the period that is entered, with all that counts in it and with what is kept beside it: a kept period,
     *     still closed, or a new one
     */
    Period leave(Period left, Instant time, QuotaPeriod.Interval bounds, long now) {
        boolean back = time.isBefore(left.bounds.start());
        long used = left.used();
        long charged = Math.max(0, used - usedBefore);
        int number = Math.max(left.number, newest);

        List<Kept> keep = new ArrayList<>(kept);
        if (!left.isUntouched()) {
            keep.add(new Kept(left, left.spans(), 0));
        }
        keep.replaceAll(each -> each.at(now));
        keep.removeIf(each -> each.spans.isEmpty());
        Kept again = keep.stream()
                .filter(each -> each.spanAt(time, now) != null)
                .findFirst()
                .orElse(null);
        keep.remove(again);
        Kept both = keep.size() > SavedMeter.MOST_KEPT ? keep.remove(1).with(keep.remove(1)) : null;
        keep.replaceAll(each -> each.period == left ? each : each.noted(charged, left.bounds.start()));
        if (both != null) {
            keep.add(both);
        }

        if (again == null) {
            Period entered = new Period(number + 1, bounds, back ? used : 0, 0, now, now);
            entered.others = keep.isEmpty() ? NONE : new KeptPeriods(keep, List.of(), entered.used(), number + 1);
            return entered;
        }
        Period entered = again.period;
        if (back && entered != left) {
            entered.chargeMore(again.noted(charged, left.bounds.start()).since);
        }
        List<Span> others = new ArrayList<>(again.spans);
        Span span = requireNonNull(again.spanAt(time, now));
        others.remove(span);
        entered.bounds = span.bounds;
        entered.others = new KeptPeriods(keep, others, entered.used(), number);
        return entered;
    }
}
