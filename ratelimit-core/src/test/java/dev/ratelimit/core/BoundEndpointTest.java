package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.BoundLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.CapacityReached;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mutants")
class BoundEndpointTest {

    private final ManualTime time = new ManualTime();
    private Tier tier = tier(2);
    private final InMemoryRateLimiterBuilder builder =
            InMemoryRateLimiter.builder().tiers(organization -> tier).timeSource(time);

    private static Tier tier(long amount) {
        return Tier.named("tier of " + amount)
                .table(LimitTable.named("minutes")
                        .each(RateLimit.of(Unit.CALLS, amount, Duration.ofMinutes(1)), "chat")
                        .eachOtherEndpoint(RateLimit.perMinute(1)))
                .table(LimitTable.named("months").otherEndpointsTogether("all", Quota.perMonth(100)))
                .build();
    }

    @RepeatedTest(20)
    void itAnswersAsTheLimiterDoes(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        InMemoryRateLimiter limiter = builder.build();
        RateLimiter reference = new ReferenceRateLimiter(organization -> tier, time);
        Map<String, BoundLimiter> bound = new HashMap<>();
        for (int call = 0; call < 300; call++) {
            tier = random.nextInt(10) == 0 ? tier(1 + random.nextInt(4)) : tier;
            String endpoint = random.nextBoolean() ? "chat" : "embed";
            Usage usage = Usage.of(Unit.CALLS, random.nextInt(3));
            Decision decision = random.nextInt(4) == 0
                    ? limiter.tryAcquire("acme", endpoint, usage)
                    : bound.computeIfAbsent(endpoint, name -> limiter.bind("acme", name))
                            .tryAcquire(usage);
            assertThat(decision).isEqualTo(reference.tryAcquire("acme", endpoint, usage));
            time.advance(Duration.ofSeconds(random.nextInt(40)));
            if (random.nextInt(5) == 0) {
                limiter.cleanUp();
            }
        }
    }

    @RepeatedTest(20)
    void aCallerWithMembersIsAnsweredAsByTheLimiter(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        Tier withUsers = Tier.named("with users")
                .table(LimitTable.named("minutes").allTogether(RateLimit.perMinute(5)))
                .member("user", tier(3))
                .build();
        InMemoryRateLimiter limiter = builder.build();
        RateLimiter reference = new ReferenceRateLimiter(organization -> tier, time);
        Map<List<String>, BoundLimiter> bound = new HashMap<>();
        for (int call = 0; call < 300; call++) {
            String endpoint = random.nextBoolean() ? "chat" : "embed";
            Tier theirs = random.nextInt(5) == 0 ? withUsers.withAccount("other") : withUsers;
            Caller caller = Caller.of("acme", theirs).member("user", "u" + random.nextInt(4));
            caller = random.nextBoolean() ? caller.member("project", "p", tier(4)) : caller;
            Caller whose = caller;
            Usage usage = Usage.of(Unit.CALLS, random.nextInt(3));
            Decision decision = random.nextInt(4) == 0
                    ? limiter.tryAcquire(caller, endpoint, usage)
                    : bound.computeIfAbsent(List.of(caller.toString(), endpoint), name -> limiter.bind(whose, endpoint))
                            .tryAcquire(usage);
            assertThat(decision).isEqualTo(reference.tryAcquire(caller, endpoint, usage));
            time.advance(Duration.ofSeconds(random.nextInt(40)));
            if (random.nextInt(5) == 0) {
                limiter.cleanUp();
            }
        }
    }

    @Test
    void aMemberThatWasDroppedIsMadeAnew() {
        Caller user = Caller.of("acme", tier(10)).member("user", "u1", tier(2));
        InMemoryRateLimiter limiter = builder.build();
        BoundLimiter chat = limiter.bind(user, "chat");
        assertThat(chat.tryAcquire(Usage.of(Unit.CALLS, 2)).isAdmitted()).isTrue();
        limiter.admin().reset(user);
        assertThat(chat.tryAcquire().isAdmitted()).isTrue();
        limiter.admin().forget("acme");
        assertThat(limiter.stats().members()).isZero();
        assertThat(chat.tryAcquire(Usage.of(Unit.CALLS, 2)).isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(user, "chat").isAdmitted()).isFalse();
        assertThat(chat.tryAcquire().isAdmitted()).isFalse();
        assertThat(limiter.stats().members()).isEqualTo(1);
    }

    @Test
    void stateThatWasDroppedIsMadeAnew() {
        InMemoryRateLimiter limiter = builder.build();
        BoundLimiter chat = limiter.bind("acme", "chat");
        assertThat(chat.tryAcquire().isAdmitted()).isTrue();
        limiter.admin().forget("acme");
        assertThat(limiter.stats().organizations()).isZero();
        assertThat(chat.tryAcquire().isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(chat.tryAcquire().isAdmitted()).isFalse();
        assertThat(limiter.stats().organizations()).isEqualTo(1);
    }

    @Test
    void nothingIsKeptBeforeTheFirstCallOrBeyondTheCapacity() {
        InMemoryRateLimiter limiter =
                builder.maxOrganizations(1, CapacityPolicy.REFUSE).build();
        BoundLimiter acme = limiter.bind("acme", "chat");
        assertThat(limiter.stats().organizations()).isZero();
        assertThat(limiter.tryAcquire("globex", "chat").isAdmitted()).isTrue();
        assertThat(acme.tryAcquire()).isEqualTo(Rejected.permanent(new CapacityReached(1), ""));
        limiter.admin().forget("globex");
        assertThat(acme.tryAcquire().isAdmitted()).isTrue();
    }

    @Test
    void listenersAreTold() {
        List<String> heard = new ArrayList<>();
        BoundLimiter chat = builder.listener(new RateLimitListener() {
                    @Override
                    public void onAdmitted(Caller caller, String endpoint, Usage usage) {
                        heard.add("admitted " + caller.organization() + " " + endpoint + " " + usage);
                    }

                    @Override
                    public void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
                        heard.add("rejected " + caller.tier().name());
                    }
                })
                .build()
                .bind("acme", "chat");
        chat.tryAcquire(Usage.of(Unit.CALLS, 2));
        chat.tryAcquire();
        assertThat(heard).containsExactly("admitted acme chat 2 calls", "rejected tier of 2");
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByName() {
        InMemoryRateLimiter limiter = builder.build();
        assertThatNullPointerException()
                .isThrownBy(() -> limiter.bind((String) null, "chat"))
                .withMessage("organization");
        assertThatNullPointerException()
                .isThrownBy(() -> limiter.bind("acme", null))
                .withMessage("endpoint");
        assertThatNullPointerException()
                .isThrownBy(() -> limiter.bind("acme", "chat").tryAcquire(null))
                .withMessage("usage");
        tier = null;
        assertThatIllegalStateException()
                .isThrownBy(() -> limiter.bind("acme", "chat").tryAcquire())
                .withMessage("the tier resolver must give a tier: organization=acme");
    }
}
