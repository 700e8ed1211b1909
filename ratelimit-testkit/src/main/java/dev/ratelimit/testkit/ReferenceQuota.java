package dev.ratelimit.testkit;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.kernel.FixedPeriod;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The charges of a quota of the reference, on pages: one for the current period, and two at most for periods that were
 * left before their end because the wall clock was set.
 *
 * <p>A page is kept until the monotonic clock has reached the end of its period, as reckoned while that was current. A
 * period that is entered again goes on with its page. Where time goes back, what was charged since on pages of later
 * periods is added to it; a page that is new then begins with what was used on the page that is left. A third page is
 * added to the second, which from then on is the page of both periods.
 *
 * <p>A fixed window goes by a time of day that runs on while the wall clock is set back, so it ends by the monotonic
 * clock at the latest.
 */
final class ReferenceQuota extends ReferenceLog {

    private static final Duration LONGEST_WAIT = Duration.ofNanos(Long.MAX_VALUE);
    private static final int MOST_KEPT = 2;

    /** A period, and when it ends by the monotonic clock. */
    private record Dated(QuotaPeriod.Interval period, long endNano) {

        boolean has(Instant time) {
            boolean begun = !time.isBefore(period.start());
            return begun && (time.isBefore(period.end()) || period.end().equals(Instant.MAX));
        }

        boolean isOver(Moment now) {
            return endNano - now.nanoTime() <= 0;
        }
    }

    private static final class Page {

        /** What it is the page of; the current period first. */
        private final List<Dated> periods = new ArrayList<>();

        private final List<Charge> charges = new ArrayList<>();

        /** When its current period began, or the one that was current last. */
        private Instant start = Instant.MIN;

        /** What was used on it when its period was entered. */
        private long usedBefore;

        /** What was charged since it was left, on pages of later periods. */
        private long since;

        long used() {
            return sum(charges);
        }

        @Nullable
        Dated periodAt(Instant time, Moment now) {
            return periods.stream()
                    .filter(period -> !period.isOver(now) && period.has(time))
                    .findFirst()
                    .orElse(null);
        }

        boolean beginsBefore(Instant time) {
            return periods.stream().anyMatch(period -> period.period.start().isBefore(time));
        }
    }

    private static final class Written extends Charge {

        private final Page page;

        Written(long units, Page page) {
            super(units);
            this.page = page;
        }
    }

    private final QuotaPeriod kind;
    private final List<Page> kept = new ArrayList<>();
    private @Nullable Page current;

    ReferenceQuota(QuotaPeriod kind) {
        this.kind = kind;
    }

    private Page page(Moment now) {
        Page page = current;
        if (page == null) {
            page = newPage(now);
        } else if (!page.periods.get(0).has(now.highest())) {
            page = turn(page, now);
        }
        QuotaPeriod.Interval period = page.periods.get(0).period;
        page.periods.set(0, dated(period, now));
        page.start = period.start();
        current = page;
        return page;
    }

    private Page newPage(Moment now) {
        Page page = new Page();
        page.periods.add(dated(kind.at(now.highest()), now));
        return page;
    }

    private static Dated dated(QuotaPeriod.Interval period, Moment now) {
        long untilEnd = untilEnd(period, now).map(Duration::toNanos).orElse(Long.MAX_VALUE);
        return new Dated(period, now.nanoTime() + Math.min(untilEnd, Long.MAX_VALUE / 2));
    }

    /** Turns from a page to that of the present time. */
    private Page turn(Page left, Moment now) {
        boolean back = now.highest().isBefore(left.start);
        long charged = Math.max(0, left.used() - left.usedBefore);
        left.since = 0;
        if (left.used() > 0) {
            kept.add(left);
        }
        kept.forEach(page -> page.periods.removeIf(period -> period.isOver(now)));
        kept.removeIf(page -> page.periods.isEmpty());
        Page entered = kept.stream()
                .filter(page -> page.periodAt(now.highest(), now) != null)
                .findFirst()
                .orElse(null);
        kept.remove(entered);

        boolean third = kept.size() > MOST_KEPT;
        for (Page page : kept) {
            boolean isTold = page != left && !(third && page == kept.get(1));
            page.since += isTold && page.beginsBefore(left.start) ? charged : 0;
        }
        if (third) {
            Page added = kept.remove(MOST_KEPT);
            kept.get(1).periods.addAll(added.periods);
            kept.get(1).charges.add(new Written(added.used(), kept.get(1)));
        }

        if (entered == null) {
            entered = newPage(now);
            if (back) {
                entered.charges.add(new Written(left.used(), entered));
            }
        } else {
            if (back && entered != left) {
                entered.charges.add(new Written(entered.since + charged, entered));
            }
            Dated period = entered.periodAt(now.highest(), now);
            entered.periods.remove(period);
            entered.periods.add(0, period);
        }
        entered.usedBefore = entered.used();
        return entered;
    }

    private Moment timeOf(Moment now) {
        return kind instanceof FixedPeriod ? now.runningOn() : now;
    }

    @Override
    Charge charge(long units, Moment now) {
        Page page = page(timeOf(now));
        Charge charge = new Written(units, page);
        page.charges.add(charge);
        return charge;
    }

    @Override
    List<Charge> charges(Moment now) {
        return page(timeOf(now)).charges;
    }

    @Override
    Optional<Duration> untilGone(Charge charge, Moment now) {
        Moment time = timeOf(now);
        return untilEnd(page(time).periods.get(0).period, time);
    }

    private static Optional<Duration> untilEnd(QuotaPeriod.Interval period, Moment now) {
        if (period.end().equals(Instant.MAX)) {
            return Optional.empty();
        }
        Duration untilEnd = Duration.between(now.timeOfDay(), period.end());
        return Optional.of(untilEnd.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : untilEnd);
    }

    /**
     * Charges the page that the earlier charge was written to, or the one that stands for it; none, if there is none
     * any more.
     */
    @Override
    void chargeMore(Charge earlier, long units, Moment now) {
        Written written = (Written) earlier;
        List<Page> pages = new ArrayList<>(kept);
        pages.add(0, current);
        pages.stream()
                .filter(page -> page == written.page)
                .findFirst()
                .or(() -> pages.stream()
                        .filter(page -> page.periodAt(written.page.start, now) != null)
                        .findFirst())
                .ifPresent(page -> page.charges.add(new Written(atMost(units, page.charges), page)));
    }
}
