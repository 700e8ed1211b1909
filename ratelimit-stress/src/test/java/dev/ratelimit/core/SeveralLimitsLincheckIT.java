package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/**
 * A limiter of three endpoints: one token an hour for the first two, one a day for the last two, and two for good for
 * all.
 */
class SeveralLimitsLincheckIT {

    @Test
    void noMoreIsAdmittedThanOneCallAfterTheOtherCouldHave() {
        Linearizability.check(Shipped.class, Sequential.class, NeverMoreVerifier.class);
    }

    @Param(name = "endpoint", gen = IntGen.class, conf = "0:2")
    public static class Shipped {

        private static final Usage ONE = Usage.of(Unit.TOKENS, 1);

        private static final Tier TIER = Tier.named("tier")
                .table(LimitTable.named("hour")
                        .together("hour", RateLimit.of(Unit.TOKENS, 1, Duration.ofHours(1)), "0", "1"))
                .table(LimitTable.named("day")
                        .together("day", RateLimit.of(Unit.TOKENS, 1, Duration.ofDays(1)), "1", "2"))
                .table(LimitTable.named("for good").together("for good", Quota.lifetime(Unit.TOKENS, 2), "0", "1", "2"))
                .build();

        private final Book book = new Book();
        private final OrganizationState organization = book.organization();
        private final ArrayDeque<Reservation> reservations = new ArrayDeque<>();

        /* With their meters made before, what is gone through is how decisions interleave. */
        public Shipped() {
            peek(0);
            peek(1);
            peek(2);
        }

        @Operation
        public boolean acquire(@Param(name = "endpoint") int endpoint) {
            return requireNonNull(book.all.decider.tryAcquire(organization, TIER, String.valueOf(endpoint), ONE))
                    .isAdmitted();
        }

        @Operation
        public boolean peek(@Param(name = "endpoint") int endpoint) {
            CompiledLimit[] limits = organization.peekLimits(TIER, String.valueOf(endpoint));
            return book.all.decider.peek(organization, limits, ONE, null).isAdmitted();
        }

        @Operation(nonParallelGroup = "reservations")
        public boolean reserve(@Param(name = "endpoint") int endpoint) {
            Reservation reservation = requireNonNull(
                    InMemoryReservation.reserve(book.all, organization, TIER, String.valueOf(endpoint), ONE, null));
            return reservation.decision().isAdmitted() && reservations.add(reservation);
        }

        @Operation(nonParallelGroup = "reservations")
        public void cancel() {
            if (!reservations.isEmpty()) {
                reservations.remove().cancel();
            }
        }
    }

    /** A count for each of the three limits. */
    public static class Sequential {

        private final ArrayDeque<Integer> reserved = new ArrayDeque<>();
        private int hour;
        private int day;
        private int forGood;

        public boolean acquire(int endpoint) {
            boolean fits = peek(endpoint);
            if (fits) {
                add(endpoint, 1);
            }
            return fits;
        }

        public boolean peek(int endpoint) {
            return (endpoint == 2 || hour < 1) && (endpoint == 0 || day < 1) && forGood < 2;
        }

        public boolean reserve(int endpoint) {
            return acquire(endpoint) && reserved.add(endpoint);
        }

        public void cancel() {
            if (!reserved.isEmpty()) {
                add(reserved.remove(), -1);
            }
        }

        private void add(int endpoint, int tokens) {
            hour += endpoint == 2 ? 0 : tokens;
            day += endpoint == 0 ? 0 : tokens;
            forGood += tokens;
        }
    }
}
