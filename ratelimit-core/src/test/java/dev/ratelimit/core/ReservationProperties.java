package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.state.Action;
import net.jqwik.api.state.ActionChain;
import net.jqwik.api.state.Transformer;

/** Reservations as a state machine: 100,000 random commands, answered by the limiter and by the reference. */
class ReservationProperties {

    private static final List<String> ENDPOINTS = List.of("chat", "embed");

    /**
     * Two tiers on one account whose amounts differ, so that a change of tier leaves meters over; and one on another.
     */
    private static final List<Tier> TIERS = List.of(tier(20), tier(9), tier(35).withAccount("other"));

    private static Tier tier(long amount) {
        return Tier.named("tier of " + amount)
                .table(LimitTable.named("calls")
                        .eachOtherEndpoint(RateLimit.of(Unit.CALLS, amount / 2, Duration.ofMillis(40))))
                .table(LimitTable.named("tokens")
                        .each(RateLimit.of(Unit.TOKENS, amount * 2, Duration.ofMillis(90)), "chat")
                        .eachOtherEndpoint(new RateLimit(Unit.TOKENS, amount, Duration.ofNanos(700), Precision.EXACT)))
                .table(LimitTable.named("per day")
                        .otherEndpointsTogether(
                                "all", perDay(Unit.TOKENS, amount * 12).withOverrun(Overrun.UNTIL_REACHED)))
                .table(LimitTable.named("per month")
                        .each(Quota.of(Unit.NANO_USD, amount * 20, QuotaPeriod.month(ZoneOffset.UTC)), "chat"))
                .table(LimitTable.named("in all")
                        .each(Quota.lifetime(Unit.CHARACTERS, amount * 25).withOverrun(Overrun.UNTIL_REACHED), "embed"))
                .build();
    }

    private static Quota perDay(Unit unit, long amount) {
        return Quota.of(unit, amount, QuotaPeriod.day(ZoneId.of("America/New_York")));
    }

    @Property(tries = 120)
    void theLimiterAnswersAsTheReferenceDoes(@ForAll("commands") ActionChain<BothLimiters> commands) {
        BothLimiters last = commands.run();
        assertThat(commands.transformations()).hasSize(500);
        last.assertStatusesAgree();
    }

    @Provide
    Arbitrary<ActionChain<BothLimiters>> commands() {
        Arbitrary<Integer> any = Arbitraries.integers().between(0, 1_000_000);
        return ActionChain.startWith(BothLimiters::new)
                .withAction(6, command(reservations()))
                .withAction(
                        3,
                        command(Combinators.combine(any, usages())
                                .as((which, more) -> Transformer.mutate("use " + more, both -> both.use(which, more)))))
                .withAction(
                        6,
                        command(Combinators.combine(any, usages())
                                .as((which, actual) ->
                                        Transformer.mutate("settle " + actual, both -> both.settle(which, actual)))))
                .withAction(
                        2, command(any.map(which -> Transformer.mutate("settle", both -> both.settleForPieces(which)))))
                .withAction(1, command(Arbitraries.just(Transformer.mutate("clean up", BothLimiters::cleanUp))))
                .withAction(1, command(any.map(which -> Transformer.mutate("cancel", both -> both.cancel(which)))))
                .withAction(
                        4,
                        command(pauses().map(pause ->
                                Transformer.mutate("pause for " + pause, both -> both.time.advance(pause)))))
                .withMaxTransformations(500);
    }

    private static Action<BothLimiters> command(Arbitrary<Transformer<BothLimiters>> command) {
        return new Action.Independent<>() {
            @Override
            public Arbitrary<Transformer<BothLimiters>> transformer() {
                return command;
            }
        };
    }

    private static Arbitrary<Transformer<BothLimiters>> reservations() {
        return Combinators.combine(Arbitraries.of(TIERS), Arbitraries.of(ENDPOINTS), usages())
                .as((tier, endpoint, estimate) -> Transformer.mutate(
                        "reserve " + estimate + " of " + endpoint + " under " + tier.name(),
                        both -> both.reserve(Caller.of("acme", tier), endpoint, estimate)));
    }

    /**
     * Of some units and not of others, so that a settle leaves some alone, and names some that the estimate did not.
     */
    private static Arbitrary<Usage> usages() {
        Arbitrary<Usage> first = Arbitraries.of(
                Usage.of(Unit.TOKENS, 0), Usage.of(Unit.TOKENS, 7), Usage.of(Unit.CALLS, 0), Usage.of(Unit.CALLS, 2));
        Arbitrary<Unit> unit = Arbitraries.of(Unit.TOKENS, Unit.CHARACTERS, Unit.NANO_USD);
        return Combinators.combine(first, unit, Arbitraries.longs().between(0, 40))
                .as((usage, further, amount) -> amount % 4 == 0 ? usage : usage.and(further, amount));
    }

    private static Arbitrary<Duration> pauses() {
        return Arbitraries.frequencyOf(
                Tuple.of(6, Arbitraries.longs().between(0, 400).map(Duration::ofNanos)),
                Tuple.of(6, Arbitraries.longs().between(0, 30).map(Duration::ofMillis)),
                Tuple.of(1, Arbitraries.longs().between(0, 30).map(Duration::ofHours)));
    }

    /** The limiter and the reference, which are told the same, and the reservations that both have made. */
    static final class BothLimiters {

        final ManualTime time = new ManualTime(Instant.parse("2025-01-31T20:00:00Z"), Long.MAX_VALUE - 1_000_000);
        private final InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(TIERS.get(0))
                .timeSource(time)
                .build();
        private final RateLimiter reference = new ReferenceRateLimiter(organization -> TIERS.get(0), time);
        private final List<Reservation> made = new ArrayList<>();
        private final List<Reservation> expected = new ArrayList<>();

        void reserve(Caller caller, String endpoint, Usage estimate) {
            Reservation reservation = limiter.reserve(caller, endpoint, estimate);
            made.add(reservation);
            expected.add(reference.reserve(caller, endpoint, estimate));
            assertThat(reservation.decision()).isEqualTo(last(expected).decision());
            assertStatusesAgree(TIERS.get(0));
        }

        /** Of the last few, so that most are still open and some are not. */
        void use(int which, Usage more) {
            if (!made.isEmpty()) {
                int i = recent(which);
                assertThat(made.get(i).use(more)).isEqualTo(expected.get(i).use(more));
                assertStatusesAgree(TIERS.get(0));
            }
        }

        void settle(int which, Usage actual) {
            if (!made.isEmpty()) {
                int i = recent(which);
                assertThat(made.get(i).settle(actual)).isEqualTo(expected.get(i).settle(actual));
                assertStatusesAgree(TIERS.get(0));
            }
        }

        void settleForPieces(int which) {
            if (!made.isEmpty()) {
                int i = recent(which);
                assertThat(made.get(i).settle()).isEqualTo(expected.get(i).settle());
                assertStatusesAgree(TIERS.get(0));
            }
        }

        void cancel(int which) {
            if (!made.isEmpty()) {
                int i = recent(which);
                assertThat(made.get(i).cancel()).isEqualTo(expected.get(i).cancel());
                assertStatusesAgree(TIERS.get(0));
            }
        }

        void cleanUp() {
            limiter.cleanUp();
            assertStatusesAgree(TIERS.get(0));
        }

        void assertStatusesAgree() {
            TIERS.forEach(this::assertStatusesAgree);
        }

        private void assertStatusesAgree(Tier tier) {
            Caller caller = Caller.of("acme", tier);
            for (String endpoint : ENDPOINTS) {
                assertThat(limiter.status(caller, endpoint)).isEqualTo(reference.status(caller, endpoint));
            }
        }

        private int recent(int which) {
            return Math.max(0, made.size() - 1 - which % 12);
        }

        private static Reservation last(List<Reservation> reservations) {
            return reservations.get(reservations.size() - 1);
        }
    }
}
