package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Random histories of members, beside the reference. */
abstract class MemberHistoryScenarios extends MemberNotation {

    private static final int STEPS = 200;

    MemberHistoryScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private static Tier randomTier(Random random, String table) {
        return Tier.named("random")
                .table(LimitTable.named(table)
                        .each(RateLimit.of(Unit.CALLS, random.nextInt(8), Duration.ofMillis(20)), "chat")
                        .together("talk", Quota.perDay(random.nextInt(40)), "embed", "re*")
                        .eachOtherEndpoint(TokenBucket.of(Unit.CALLS, 3, Duration.ofMillis(21))))
                .table(LimitTable.named("tokens")
                        .eachOtherEndpoint(RateLimit.of(Unit.TOKENS, random.nextInt(12), Duration.ofMinutes(1))))
                .table(
                        random.nextBoolean()
                                ? LimitTable.named("in flight")
                                        .allTogether(ConcurrencyLimit.of(4, Duration.ofMillis(50)))
                                : LimitTable.named("quota")
                                        .allTogether(Quota.lifetime(Unit.TOKENS, random.nextInt(100)))
                                        .asShadow())
                .build();
    }

    private static Caller randomCaller(Random random, List<Tier> organizations, List<Tier> members) {
        Caller caller = Caller.of(random.nextBoolean() ? "acme" : "umbrella", oneOf(random, organizations));
        for (String kind : List.of("user", "project")) {
            String name = kind + random.nextInt(3);
            switch (random.nextInt(3)) {
                case 0 -> caller = caller.member(kind, name);
                case 1 -> caller = caller.member(kind, name, oneOf(random, members));
                default -> {}
            }
        }
        return caller;
    }

    private static <T> T oneOf(Random random, List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    /** Idle members are dropped meanwhile, which must not show. */
    @RepeatedTest(20)
    void inAnyHistoryTheAnswersAreTheReferences(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        List<Tier> members = List.of(randomTier(random, "of members"), randomTier(random, "of members"));
        List<Tier> organizations = List.of(
                randomTier(random, "calls").withMember("user", members.get(0)),
                randomTier(random, "calls").withAccount("other").withMember("project", members.get(1)));
        RateLimiter reference = new ReferenceRateLimiter(organization -> organizations.get(0), time);
        List<Reservation[]> open = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            Caller caller = randomCaller(random, organizations, members);
            String endpoint = oneOf(random, List.of("chat", "embed", "rerank", "classify"));
            Usage usage = calls(random.nextInt(3)).and(Unit.TOKENS, random.nextInt(4));
            String call = "step %d: %s, %s, %s at %s".formatted(step, caller, endpoint, usage, time);
            assertThat(limiter.peek(caller, endpoint, usage))
                    .as(call)
                    .isEqualTo(reference.peek(caller, endpoint, usage));
            boolean reports = random.nextBoolean();
            RateLimiter asked = reports ? limiter.reporting() : limiter;
            RateLimiter judge = reports ? reference.reporting() : reference;
            switch (random.nextInt(4)) {
                case 0 ->
                    assertThat(asked.record(caller, endpoint, usage))
                            .as(call)
                            .isEqualTo(judge.record(caller, endpoint, usage));
                case 1 -> {
                    Reservation[] both = {asked.reserve(caller, endpoint, usage), judge.reserve(caller, endpoint, usage)
                    };
                    assertThat(both[0].decision()).as(call).isEqualTo(both[1].decision());
                    open.add(both);
                }
                default ->
                    assertThat(asked.tryAcquire(caller, endpoint, usage))
                            .as(call)
                            .isEqualTo(judge.tryAcquire(caller, endpoint, usage));
            }
            if (!open.isEmpty() && random.nextInt(3) == 0) {
                Reservation[] both = open.remove(random.nextInt(open.size()));
                Usage used = calls(random.nextInt(4)).and(Unit.TOKENS, random.nextInt(6));
                boolean cancels = random.nextInt(3) == 0;
                assertThat(cancels ? both[0].cancel() : both[0].settle(used))
                        .as(call)
                        .isEqualTo(cancels ? both[1].cancel() : both[1].settle(used));
            }
            standsAs(reference, caller, endpoint, call);
            after(pause(random));
            if (random.nextInt(20) == 0 && open.isEmpty()) {
                limiter = contract.restart(limiter);
            }
        }
    }

    private Duration pause(Random random) {
        return switch (random.nextInt(10)) {
            case 0 -> Duration.ofMillis(random.nextInt(100));
            case 1 -> Duration.ofMillis(random.nextInt(40_000));
            case 2 -> Duration.ofHours(random.nextInt(30));
            default -> tick.multipliedBy(random.nextInt(20));
        };
    }

    /** Each member's first call is admitted and stays, so that all backends see at the same call who has a place. */
    @RepeatedTest(20)
    void inAnyHistoryTheSameMembersShare(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        int bound = random.nextInt(4);
        Tier each = Tier.named("each")
                .table(LimitTable.named("hours").allTogether(RateLimit.perHour(3 + random.nextInt(9))))
                .table(LimitTable.named("in all").allTogether(Quota.lifetime(Unit.TOKENS, 3 + random.nextInt(40))))
                .build();
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("all").allTogether(RateLimit.perHour(1_000)))
                .member("user", each)
                .member("project", each)
                .build();
        boundedBy(100, bound);
        RateLimiter reference = new ReferenceRateLimiter(organization -> tier, time, 100, bound);
        Set<Caller> met = new HashSet<>();
        for (int step = 0; step < STEPS; step++) {
            Caller caller = Caller.of(random.nextBoolean() ? "acme" : "umbrella", tier);
            // One new member at a time: of two that refuse, one could have its place without the other.
            caller = random.nextBoolean()
                    ? caller.member("user", "u" + random.nextInt(4))
                    : caller.member("project", "p" + random.nextInt(4));
            Usage usage = calls(1 + random.nextInt(3)).and(Unit.TOKENS, 1 + random.nextInt(2));
            String call = "step %d: bound %d, %s, %s".formatted(step, bound, caller, usage);
            Reservation actual = limiter.reserve(caller, "chat", usage);
            Reservation expected = reference.reserve(caller, "chat", usage);
            assertThat(actual.decision()).as(call).isEqualTo(expected.decision());
            boolean isFirst = met.add(caller);
            if (!isFirst && random.nextInt(4) == 0) {
                assertThat(actual.cancel()).as(call).isEqualTo(expected.cancel());
            } else if (random.nextInt(3) == 0) {
                Usage used = calls(1 + random.nextInt(4)).and(Unit.TOKENS, 1 + random.nextInt(3));
                assertThat(actual.settle(used)).as(call).isEqualTo(expected.settle(used));
            }
            answersAs(reference, caller, "chat", usage, call);
            after(tick.multipliedBy(random.nextInt(50)));
        }
    }
}
