package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.testkit.LimiterSettings;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.RateLimiterContract;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract, and what is this limiter's own. */
@Tag("mutants")
class InMemoryRateLimiterTest extends RateLimiterContract {

    private InMemoryRateLimiterBuilder builder = InMemoryRateLimiter.builder();

    @Override
    protected RateLimiter create(LimiterSettings settings) {
        builder = settings.applyTo(InMemoryRateLimiter.builder()).timeSource(settings.time());
        return builder.build();
    }

    @Override
    protected RateLimiter restart(RateLimiter limiter) {
        InMemoryRateLimiter ending = (InMemoryRateLimiter) limiter;
        ending.cleanUp();
        ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
        try {
            ending.snapshot(snapshot);
            return builder.restore(new ByteArrayInputStream(snapshot.toByteArray()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected boolean carryOver(RateLimiter limiter, Caller caller, Caller former) {
        ((InMemoryRateLimiter) limiter).admin().carryOver(caller, former);
        return true;
    }

    @Test
    void aLimiterWithoutDefaultTierDecidesCallersThatBringTheirTierAndSaysWhatACallByNameNeeds() {
        RateLimiter limiter = InMemoryRateLimiter.builder().build();
        Caller acme = Caller.of("acme", hourly("t", 1));
        assertThat(limiter.tryAcquire(acme, "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(acme, "chat").isAdmitted()).isFalse();
        assertThatThrownBy(() -> limiter.tryAcquire("acme", "chat"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a call by name needs a default tier: set tier(..) or tiers(..) when building, or call by a"
                        + " Caller: organization=acme");
    }

    @Test
    void aLimiterGoesByTheSystemsClocksUnlessToldOtherwise() {
        RateLimiter limiter = InMemoryRateLimiter.builder().tier(hourly("t", 1)).build();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @Test
    void whatIsUsedOutlastsMoreChangesOfTierThanViewsAreKept() {
        Tier[] tier = new Tier[1];
        RateLimiter limiter = create(organization -> tier[0], new ManualTime());
        for (int i = 0; i < 20; i++) {
            tier[0] = hourly("tier " + i % 7, 1_000 + i % 7);
            assertThat(limiter.tryAcquire("acme", i % 2 == 0 ? "chat" : "unlisted")
                            .isAdmitted())
                    .isTrue();
        }
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(10);
        assertThat(limiter.status("acme", "unlisted").get(0).used()).isEqualTo(10);
    }

    @Test
    void moreTiersThanPlansAreKeptAreDecidedAlike() {
        ManualTime time = new ManualTime();
        RateLimiter limiter = create(organization -> hourly("tier of " + organization, 1), time);
        for (int i = 0; i < 3_000; i++) {
            assertThat(limiter.tryAcquire("organization " + i, "chat").isAdmitted())
                    .isTrue();
        }
        for (int i = 0; i < 3_000; i++) {
            assertThat(limiter.tryAcquire("organization " + i, "chat").isAdmitted())
                    .isFalse();
        }
    }

    @Test
    void aWallClockSetForwardIsNoticedWithinASecondAndBeforeAnyRefusal() {
        Tier tier = Tier.named("t")
                .table(LimitTable.named("months").eachOtherEndpoint(Quota.perMonth(2)))
                .build();
        ManualTime time = new ManualTime(Instant.parse("2025-01-31T23:30:00Z"), 0);
        RateLimiter limiter = create(organization -> tier, time);
        limiter.tryAcquire("acme", "chat");
        time.stepWall(Duration.ofMinutes(40));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(1);
        time.advance(Duration.ofDays(27));
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(1);
        time.advance(Duration.ofHours(23).plusMinutes(30));
        time.stepWall(Duration.ofMinutes(40));
        time.advance(Duration.ofSeconds(1));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(1);
    }

    private static Tier hourly(String name, long calls) {
        return Tier.named(name)
                .table(LimitTable.named("calls per hour")
                        .each(RateLimit.perHour(calls), "chat")
                        .eachOtherEndpoint(RateLimit.perHour(calls)))
                .build();
    }
}
