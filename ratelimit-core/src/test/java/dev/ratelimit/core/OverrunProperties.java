package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** What windows hold when reservations are settled for less and for more, by a book that is kept beside. */
class OverrunProperties {

    private static final long AMOUNT = 100;
    private static final Duration WINDOW = Duration.ofNanos(1_000);

    @Property(tries = 200)
    void noWindowHoldsMoreAdmittedUnitsThanTheAmountAndNothingIsAdmittedWhileItIsOverrun(@ForAll Random random) {
        Book book = new Book();
        for (int i = 0; i < 500; i++) {
            if (random.nextBoolean() || book.open.isEmpty()) {
                book.reserve(random.nextInt(60));
            } else {
                book.settle(random.nextInt(book.open.size()), random.nextInt(4) == 0 ? 130 : random.nextInt(60));
            }
            book.assertAgreesWithTheStatus();
            book.time.advanceNanos(random.nextInt(5) == 0 ? random.nextInt(1_500) : random.nextInt(60));
        }
    }

    /** Units of a window that count from a time on: admitted, or added by a settle. */
    private static final class Entry {

        final long time;
        final boolean admitted;
        long units;

        Entry(long time, boolean admitted, long units) {
            this.time = time;
            this.admitted = admitted;
            this.units = units;
        }
    }

    private record Open(Reservation reservation, Entry entry) {}

    /** The limiter, and what it should say. */
    private static final class Book {

        final ManualTime time = new ManualTime(ManualTime.DEFAULT_START, Long.MAX_VALUE - 50_000);
        final List<Open> open = new ArrayList<>();
        private final List<Entry> entries = new ArrayList<>();
        private final RateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("tokens").eachOtherEndpoint(RateLimit.of(Unit.TOKENS, AMOUNT, WINDOW)))
                        .build())
                .timeSource(time)
                .build();

        void reserve(long units) {
            Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, units));
            boolean fits = used(true) + used(false) + units <= AMOUNT;
            assertThat(reservation.decision().isAdmitted()).isEqualTo(fits);
            if (fits) {
                Entry entry = new Entry(time.nanoTime(), true, units);
                entries.add(entry);
                open.add(new Open(reservation, entry));
            }
        }

        void settle(int which, long actual) {
            Open call = open.remove(which);
            assertThat(call.reservation.settle(Usage.of(Unit.TOKENS, actual))).isTrue();
            if (actual > call.entry.units) {
                entries.add(new Entry(time.nanoTime(), false, actual - call.entry.units));
            } else {
                call.entry.units = actual;
            }
        }

        void assertAgreesWithTheStatus() {
            entries.removeIf(entry -> time.nanoTime() - entry.time >= WINDOW.toNanos());
            assertThat(used(true)).isLessThanOrEqualTo(AMOUNT);
            long used = used(true) + used(false);
            assertThat(limiter.status("acme", "chat").get(0))
                    .returns(used, LimitStatus::used)
                    .returns(Math.max(0, used - AMOUNT), LimitStatus::overrun);
        }

        private long used(boolean admitted) {
            return entries.stream()
                    .filter(entry -> entry.admitted == admitted && time.nanoTime() - entry.time < WINDOW.toNanos())
                    .mapToLong(entry -> entry.units)
                    .sum();
        }
    }
}
