package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/**
 * Callers that do not wait as they are told: they repeat a call at once, or make another one. A backend may remember
 * what it refused.
 */
abstract class RepetitionScenarios extends Scenarios {

    private static final int STEPS = 400;

    RepetitionScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private static RateLimit calls(long amount, Duration window) {
        return RateLimit.of(Unit.CALLS, amount, window);
    }

    @Test
    void aLongerRefusalIsToldThoughAShorterOneWasToldBefore() {
        Limit minute = calls(1, Duration.ofMinutes(1));
        Limit tokens = RateLimit.of(Unit.TOKENS, 50, Duration.ofMinutes(1));
        limits(minute, tokens);
        admits(1).rejects(1, Duration.ofMinutes(1)).by(minute);
        rejectsForGood(Usage.call().and(Unit.TOKENS, 57)).by(tokens);
        rejects(1, Duration.ofMinutes(1)).by(minute);
    }

    @Test
    void aLargerCallIsToldItsOwnWait() {
        limits(calls(10, Duration.ofSeconds(6)));
        at(0).admits(1);
        at(3_000)
                .admits(9)
                .rejects(1, 3_000)
                .rejects(5, 6_000)
                .rejects(1, 3_000)
                .rejects(2, 6_000);
        at(3_500).rejects(5, 5_500).rejects(1, 2_500);
        at(6_000).admits(1).rejects(5, 3_000);
    }

    @Test
    void aWaitIsCountedDown() {
        limits(calls(2, Duration.ofMillis(900)));
        at(0).admits(2);
        for (int millis = 0; millis < 900; millis += 50) {
            at(millis).rejects(1, 900 - millis).rejects(2, 900 - millis);
        }
        at(900).admits(2).rejects(1, 900);
    }

    @Test
    void whatAnotherEndpointChargesToASharedLimitIsNoticed() {
        Limit group = calls(10, Duration.ofSeconds(10));
        under(Tier.named("tier")
                .table(LimitTable.named("seconds").each(calls(1, Duration.ofSeconds(5)), "chat"))
                .table(LimitTable.named("groups").together("group", group, "chat", "embed"))
                .build());
        at(0).calling("chat").admits(1).rejects(1, 5_000);
        at(100).calling("embed").admits(9);
        calling("chat").rejects(1, 9_900).by(group);
    }

    @Test
    void anotherTierIsToldItsOwnRefusal() {
        limits(calls(2, Duration.ofSeconds(10))).at(0).admits(1);
        at(50).admits(1).rejects(1, 9_950);
        limits(calls(1, Duration.ofSeconds(10))).rejects(1, 10_000);
        limits(calls(3, Duration.ofSeconds(10))).admits(1).rejects(1, 9_950);
        limits(calls(2, Duration.ofSeconds(10))).rejects(1, 10_000);
    }

    @Test
    void whatIsGivenBackIsNoticedAtOnce() {
        limits(calls(3, Duration.ofHours(1))).reserves(calls(3)).rejects(1, Duration.ofHours(1));
        settles(calls(1)).admits(2).rejects(1, Duration.ofHours(1));
        after(tick).rejects(1, Duration.ofHours(1).minus(tick));
    }

    /**
     * Few questions, asked again and again within moments, while others of the organization are charged, settled and
     * cancelled.
     */
    @RepeatedTest(8)
    void everyAnswerIsTheReferences(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        List<Tier> tiers = List.of(tier(random), tier(random));
        RateLimiter reference = new ReferenceRateLimiter(organization -> tierOf(), time);
        List<Reservation[]> open = new ArrayList<>();
        Question question = question(random, tiers);
        for (int step = 0; step < STEPS; step++) {
            question = random.nextInt(3) > 0 ? question : question(random, tiers);
            String call = "step %d: %s at %s".formatted(step, question, time);
            Decision decision;
            if (random.nextInt(3) > 0) {
                decision = question.asked(limiter);
                assertThat(decision).as(call).isEqualTo(question.asked(reference));
            } else {
                Reservation[] twins = {question.reserved(limiter), question.reserved(reference)};
                decision = twins[0].decision();
                assertThat(decision).as(call).isEqualTo(twins[1].decision());
                open.add(twins);
            }
            if (!open.isEmpty() && random.nextInt(4) == 0) {
                Reservation[] twins = open.get(random.nextInt(open.size()));
                Usage units = calls(random.nextInt(4)).and(Unit.TOKENS, random.nextInt(4));
                switch (random.nextInt(3)) {
                    case 0 -> assertThat(twins[0].add(units)).as(call).isEqualTo(twins[1].add(units));
                    case 1 -> assertThat(twins[0].settle(units)).as(call).isEqualTo(twins[1].settle(units));
                    default -> assertThat(twins[0].cancel()).as(call).isEqualTo(twins[1].cancel());
                }
            }
            assertThat(question.status(limiter)).as(call).isEqualTo(question.status(reference));
            pass(random, decision);
        }
    }

    private void pass(Random random, Decision decision) {
        switch (random.nextInt(12)) {
            case 0 -> after(Duration.ofMillis(random.nextInt(300)));
            case 1 -> after(Duration.ofMillis(random.nextInt(3_000)));
            case 2 -> after(tick.multipliedBy(random.nextInt(3)));
            case 3 -> waitFor(decision, Duration.ZERO);
            case 4 -> waitFor(decision, tick);
            default -> {}
        }
    }

    private void waitFor(Decision decision, Duration less) {
        if (decision instanceof Rejected rejected && rejected.retryAfter().isPresent()) {
            after(rejected.retryAfter().get().minus(less));
        }
    }

    private record Question(Caller caller, String endpoint, Usage usage) {

        Decision asked(RateLimiter limiter) {
            return limiter.tryAcquire(caller, endpoint, usage);
        }

        Reservation reserved(RateLimiter limiter) {
            return limiter.reserve(caller, endpoint, usage);
        }

        Object status(RateLimiter limiter) {
            return limiter.status(caller, endpoint);
        }
    }

    private static Question question(Random random, List<Tier> tiers) {
        Caller caller = Caller.of(oneOf(random, "acme", "umbrella", "initech"), tiers.get(random.nextInt(2)));
        Usage usage = calls(1 + random.nextInt(4));
        String endpoint = oneOf(random, "chat", "embed", "rerank", "classify");
        return new Question(caller, endpoint, random.nextBoolean() ? usage : usage.and(Unit.TOKENS, random.nextInt(9)));
    }

    private static Tier tier(Random random) {
        return Tier.named("tier")
                .table(LimitTable.named("calls")
                        .each(calls(1 + random.nextInt(6), Duration.ofMillis(800)), "chat")
                        .eachOtherEndpoint(calls(2 + random.nextInt(6), Duration.ofSeconds(5))))
                .table(LimitTable.named("tokens")
                        .eachOtherEndpoint(RateLimit.of(Unit.TOKENS, random.nextInt(12), Duration.ofSeconds(2))))
                .table(LimitTable.named("groups")
                        .together("talk", calls(4 + random.nextInt(9), Duration.ofSeconds(10)), "chat", "embed")
                        .otherEndpointsTogether("others", Quota.perMonth(40 + random.nextInt(400))))
                .build();
    }

    private static String oneOf(Random random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
