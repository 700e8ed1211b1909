package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Histories of random calls under random tiers, decided by the limiter and by the reference: 1,000,000 decisions. */
class RandomHistoriesProperties {

    private static final String[] ENDPOINTS = {"chat", "embed", "rerank", "classify", "tokenize"};
    private static final String[] ORGANIZATIONS = {"acme", "globex"};
    private static final Caller WATCHER = Caller.of(
            "watcher",
            Tier.named("watcher")
                    .table(LimitTable.named("months").eachOtherEndpoint(Quota.perMonth(1)))
                    .build());
    private static final long[] ORIGINS = {0, -1, Long.MAX_VALUE - 1_000_000_000L, Long.MIN_VALUE};

    @Property(tries = 600)
    void theLimiterAnswersAsTheReferenceDoes(@ForAll Random random) throws IOException {
        ManualTime time = new ManualTime(
                Instant.parse("2025-01-31T23:59:58Z").plusMillis(random.nextInt(3_000)),
                ORIGINS[random.nextInt(ORIGINS.length)]);
        List<Tier> tiers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            tiers.add(tier(random, i));
        }
        InMemoryRateLimiterBuilder builder = InMemoryRateLimiter.builder()
                .tiers(organization -> tiers.get(0))
                .timeSource(time);
        InMemoryRateLimiter limiter = builder.build();
        RateLimiter reference = new ReferenceRateLimiter(organization -> tiers.get(0), time);
        int[] secondsAhead = {0};
        for (int i = 0; i < 500; i++) {
            pass(random, time, secondsAhead, limiter, reference);
            if (random.nextInt(10) == 0) {
                limiter.cleanUp();
            }
            if (random.nextInt(100) == 0) {
                limiter = restarted(limiter, builder);
            }
            String organization = ORGANIZATIONS[random.nextInt(ORGANIZATIONS.length)];
            int which = random.nextInt(5) == 0 ? random.nextInt(3) : 0;
            if (random.nextInt(20) == 0) {
                tiers.set(which, withOtherAmounts(tiers.get(which), random));
            }
            Tier tier = tiers.get(which);
            Caller caller = Caller.of(organization, random.nextInt(4) == 0 ? builtAnew(tier) : tier);
            String endpoint = ENDPOINTS[random.nextInt(ENDPOINTS.length)];
            Usage usage = usage(random);
            if (random.nextInt(8) == 0) {
                assertThat(limiter.status(caller, endpoint)).isEqualTo(reference.status(caller, endpoint));
                assertThat(limiter.status(caller)).isEqualTo(reference.status(caller));
                assertThat(limiter.peek(caller, endpoint, usage)).isEqualTo(reference.peek(caller, endpoint, usage));
            }
            Decision decision = limiter.tryAcquire(caller, endpoint, usage);
            assertThat(decision).isEqualTo(reference.tryAcquire(caller, endpoint, usage));
            if (decision instanceof Rejected rejected && random.nextInt(10) == 0) {
                assertRetryAfterIsExact(limiter, reference, caller, endpoint, usage, rejected, time);
            }
        }
    }

    /** Returns a tier of the same shape: what one organization has of a form that others share. */
    private static Tier withOtherAmounts(Tier tier, Random random) {
        return tier.withLimits(limit -> limit.withAmount(Math.max(0, limit.amount() + random.nextInt(5) - 2)));
    }

    private static Tier builtAnew(Tier tier) {
        return tier.withLimits(limit -> limit);
    }

    private static InMemoryRateLimiter restarted(InMemoryRateLimiter limiter, InMemoryRateLimiterBuilder builder)
            throws IOException {
        ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
        limiter.snapshot(snapshot);
        return builder.restore(new ByteArrayInputStream(snapshot.toByteArray()));
    }

    private static void assertRetryAfterIsExact(
            RateLimiter limiter,
            RateLimiter reference,
            Caller caller,
            String endpoint,
            Usage usage,
            Rejected rejected,
            ManualTime time) {
        rejected.retryAfter().ifPresent(wait -> {
            time.advance(wait.minusNanos(1));
            assertThat(limiter.tryAcquire(caller, endpoint, usage)).isInstanceOf(Rejected.class);
            time.advance(Duration.ofNanos(1));
            assertThat(limiter.tryAcquire(caller, endpoint, usage))
                    .isInstanceOf(Admitted.class)
                    .isEqualTo(reference.tryAcquire(caller, endpoint, usage));
        });
    }

    /**
     * Lets time pass, and now and then sets the wall clock, within an hour in all: after both have seen how far it had
     * come, and so that both notice before the next call.
     */
    private static void pass(
            Random random, ManualTime time, int[] secondsAhead, RateLimiter limiter, RateLimiter reference) {
        switch (random.nextInt(40)) {
            case 0 -> {
                assertThat(limiter.status(WATCHER, "")).isEqualTo(reference.status(WATCHER, ""));
                int next = random.nextInt(3_601);
                time.stepWall(Duration.ofSeconds(next - secondsAhead[0]));
                secondsAhead[0] = next;
                time.advance(Duration.ofSeconds(1));
            }
            case 1 -> time.advance(Duration.ofHours(random.nextInt(40)));
            case 2, 3, 4 -> time.advance(Duration.ofMillis(random.nextInt(3_000)));
            default -> time.advanceNanos(random.nextInt(4) == 0 ? 0 : random.nextInt(50));
        }
    }

    private static Usage usage(Random random) {
        Usage usage = random.nextInt(6) == 0 ? Usage.of(Unit.CALLS, random.nextInt(4)) : Usage.call();
        return random.nextBoolean() ? usage.and(Unit.TOKENS, random.nextInt(30)) : usage;
    }

    private static Tier tier(Random random, int number) {
        Tier.Builder tier = Tier.named("tier " + number).account(random.nextInt(4) == 0 ? "other" : "default");
        tier.table(LimitTable.named("a").each(rate(random), "chat", "embed").eachOtherEndpoint(rate(random)));
        LimitTable together = LimitTable.named("b").together("both", limit(random), "embed", "rerank");
        tier.table(random.nextBoolean() ? together.otherEndpointsTogether("remaining", limit(random)) : together);
        LimitTable quotas = LimitTable.named("c").unlimited("chat");
        tier.table(random.nextBoolean() ? quotas.eachOtherEndpoint(quota(random)) : quotas);
        Tier all = tier.build();
        LimitTable any = all.tables().get(random.nextInt(3));
        return random.nextBoolean() ? all.withTable(any.asShadow()) : all;
    }

    private static Limit limit(Random random) {
        return random.nextBoolean() ? rate(random) : quota(random);
    }

    private static Limit rate(Random random) {
        Duration[] windows = {Duration.ofNanos(100), Duration.ofNanos(700), Duration.ofMillis(1), Duration.ofSeconds(2)
        };
        return RateLimit.of(unit(random), random.nextInt(40), windows[random.nextInt(windows.length)]);
    }

    private static Limit quota(Random random) {
        QuotaPeriod[] periods = {
            QuotaPeriod.day(ZoneId.of("America/New_York")),
            QuotaPeriod.month(ZoneOffset.UTC),
            QuotaPeriod.monthFrom(31, ZoneOffset.UTC),
            QuotaPeriod.lifetime()
        };
        Quota quota = Quota.of(unit(random), random.nextInt(300), periods[random.nextInt(periods.length)]);
        return random.nextBoolean() ? quota : quota.withOverrun(Overrun.UNTIL_REACHED);
    }

    private static Unit unit(Random random) {
        return random.nextBoolean() ? Unit.CALLS : Unit.TOKENS;
    }
}
