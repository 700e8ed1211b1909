package dev.ratelimit.core;

import static dev.ratelimit.apikeys.KeyKind.PRODUCTION;
import static dev.ratelimit.apikeys.KeyKind.PRODUCTION_UNDER_REVIEW;
import static dev.ratelimit.apikeys.KeyKind.TRIAL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Cause;
import dev.ratelimit.Decision;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.InMemoryKeyDirectory;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyKind;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.tiers.FaqEdition;
import dev.ratelimit.tiers.GoingLiveEdition;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the documents say of keys, by calling the limiter with them. */
class KeyFlowsTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final ManualTime time = new ManualTime(Instant.parse("2025-01-01T00:00:00Z"), 0);
    private Tier trial = GoingLiveEdition.trial();
    private Tier production = GoingLiveEdition.production();
    private final InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
            .trial(organization -> trial)
            .production(organization -> production)
            .timeSource(time)
            .build();
    private final RateLimiter limiter =
            InMemoryRateLimiter.builder().tier(trial).timeSource(time).build();

    private KeyDigest register(String key, KeyKind kind) {
        KeyDigest digest = KeyDigest.of(key);
        keys.register(digest, "acme", kind);
        return digest;
    }

    @Test
    void trialKeysAddUpAndSoDoProductionKeysEachOnTheirOwn() {
        register("trial 1", TRIAL);
        register("trial 2", TRIAL);
        register("production 1", PRODUCTION);
        register("production 2", PRODUCTION);
        admits("trial 1", 6);
        admits("trial 2", 4);
        refuses("trial 1", "calls per minute", MINUTE);
        refuses("trial 2", "calls per minute", MINUTE);
        admits("production 1", 6_000);
        admits("production 2", 4_000);
        assertThat(ask("production 1")).isInstanceOf(Rejected.class);
        assertThat(ask("production 2")).isInstanceOf(Rejected.class);
        assertThat(used("trial 2")).isEqualTo(10);
        assertThat(used("production 2")).isEqualTo(10_000);
    }

    @Test
    void anotherOrganizationsKeysAreNotTouched() {
        register("key", TRIAL);
        keys.register(KeyDigest.of("umbrella's"), "umbrella", TRIAL);
        admits("key", 10);
        refuses("key", "calls per minute", MINUTE);
        admits("umbrella's", 10);
    }

    @Test
    void fromTrialToProductionAndBackEachAccountKeepsWhatItUsed() {
        KeyDigest digest = register("key", TRIAL);
        admits("key", 10);
        Rejected throttled = refuses("key", "calls per minute", MINUTE);
        assertThat(throttled.message()).startsWith("Trial keys are throttled.");
        keys.changeKind(digest, PRODUCTION);
        assertThat(used("key")).isZero();
        admits("key", 500);
        keys.changeKind(digest, TRIAL);
        refuses("key", "calls per minute", MINUTE);
        assertThat(used("key")).isEqualTo(10);
        keys.changeKind(digest, PRODUCTION);
        assertThat(used("key")).isEqualTo(500);
    }

    @Test
    void aSensitiveUseHasTrialLimitsOnTheProductionAccountUntilItIsApproved() {
        register("trial key", TRIAL);
        admits("trial key", 10);
        KeyDigest digest = register("production key", PRODUCTION_UNDER_REVIEW);
        admits("production key", 10);
        refuses("production key", "calls per minute", MINUTE);
        time.advance(MINUTE.dividedBy(2));
        refuses("production key", "calls per minute", MINUTE.dividedBy(2));
        keys.changeKind(digest, PRODUCTION);
        assertThat(used("production key")).isEqualTo(10);
        admits("production key", 9_990);
        assertThat(ask("production key")).isInstanceOf(Rejected.class);
        refuses("trial key", "calls per minute", MINUTE.dividedBy(2));
    }

    @Test
    void aKeyUnderReviewIsRefusedForWhatTheOtherProductionKeysUsed() {
        register("approved", PRODUCTION);
        KeyDigest digest = register("under review", PRODUCTION_UNDER_REVIEW);
        admits("approved", 10);
        Rejected refused = (Rejected) ask("under review");
        // What was charged under a limit of more than 1,024 is held up to a grain longer.
        assertThat(refused.retryAfter().orElseThrow()).isBetween(MINUTE, MINUTE.plusMillis(60));
        admits("approved", 1);
        keys.changeKind(digest, PRODUCTION);
        admits("under review", 1);
        assertThat(used("approved")).isEqualTo(12);
    }

    @Test
    void aRevokedKeyIsToldUntilWhenAndChargesNothing() throws InterruptedException {
        KeyDigest digest = register("key", PRODUCTION);
        register("other key", PRODUCTION);
        admits("key", 3);
        Instant end = time.instant().plus(Duration.ofHours(1));
        keys.revoke(digest, end);
        Rejected revoked = (Rejected) ask("key");
        assertThat(revoked.cause()).isEqualTo(new KeyRevoked(Optional.of(end)));
        assertThat(revoked.retryAfter()).contains(Duration.ofHours(1));
        assertThat(revoked.message()).isEqualTo("The API key is revoked until 2025-01-01T01:00:00Z");
        assertThat(limiter.reserve(keys.resolve("key"), "chat", Usage.call()).decision())
                .isEqualTo(revoked);
        assertThat(limiter.waiting(Duration.ofDays(1)).acquire(keys.resolve("key"), "chat", Usage.call()))
                .isEqualTo(revoked);
        assertThat(used("other key")).isEqualTo(3);
        admits("other key", 1);

        time.advance(revoked.retryAfter().orElseThrow().minusNanos(1));
        assertThat(ask("key")).isInstanceOf(Rejected.class);
        time.advanceNanos(1);
        admits("key", 1);
    }

    @Test
    void aCallThatWasAdmittedBeforeTheRevocationIsSettledAfterIt() {
        production = FaqEdition.productionWithSpendingLimit(new BigDecimal("0.0000001"));
        KeyDigest digest = register("key", PRODUCTION);
        register("other key", PRODUCTION);
        Reservation inFlight = limiter.reserve(keys.resolve("key"), "chat", Usage.call());
        keys.revoke(digest);
        assertThat(ask("key")).isEqualTo(Rejected.permanent(new KeyRevoked(Optional.empty()), ""));
        assertThat(inFlight.settle(Usage.of(Unit.NANO_USD, 100))).isTrue();
        assertThat(respond(ask("other key"))).startsWith("402");
    }

    @Test
    void loweredLimitsRefuseUntilEnoughIsGoneAndRaisedOnesKeepWhatIsUsed() {
        register("key", PRODUCTION);
        production = perMinute(100);
        admits("key", 60);
        production = perMinute(50);
        refuses("key", "calls per minute", MINUTE);
        production = perMinute(100);
        admits("key", 40);
        refuses("key", "calls per minute", MINUTE);
        production = perMinute(200);
        admits("key", 100);
        refuses("key", "calls per minute", MINUTE);
    }

    private static Tier perMinute(long calls) {
        return GoingLiveEdition.production()
                .withTable(LimitTable.named("calls per minute").eachOtherEndpoint(RateLimit.perMinute(calls)));
    }

    @Test
    void aCallerTellsByTheCauseWhatToDoAboutARefusal() {
        production = FaqEdition.productionWithSpendingLimit(BigDecimal.ONE);
        register("trial key", TRIAL);
        register("production key", PRODUCTION);
        KeyDigest revoked = register("revoked key", PRODUCTION);
        keys.revoke(revoked);
        admits("trial key", 10);
        limiter.reserve(keys.resolve("production key"), "chat", Usage.call())
                .settle(Usage.of(Unit.NANO_USD, 1_000_000_000));
        assertThat(respond(ask("trial key"))).isEqualTo("429 slow down");
        assertThat(respond(ask("production key"))).isEqualTo("402 raise your spending limit");
        assertThat(respond(ask("revoked key"))).isEqualTo("401 ask us about your key");
        assertThat(respond(ask("prodction key"))).isEqualTo("401 check your key");
        assertThat(respond(ask(""))).isEqualTo("401 check your key");
        keys.reinstate(revoked);
        assertThat(respond(ask("revoked key"))).isEqualTo("402 raise your spending limit");
    }

    private static String respond(Decision decision) {
        return decision instanceof Rejected no ? no.suggestedStatus() + " " + advice(no.cause()) : "200";
    }

    private static String advice(Cause cause) {
        if (cause instanceof LimitReached reached) {
            Unit unit = reached.applied().limit().unit();
            return unit.equals(Unit.NANO_USD) ? "raise your spending limit" : "slow down";
        }
        if (cause instanceof KeyRevoked) {
            return "ask us about your key";
        }
        return cause instanceof KeyUnknown ? "check your key" : "";
    }

    private Decision ask(String key) {
        return limiter.tryAcquire(keys.resolve(key), "chat");
    }

    private void admits(String key, int calls) {
        for (int i = 0; i < calls; i++) {
            assertThat(ask(key)).isEqualTo(Decision.admitted());
        }
    }

    private Rejected refuses(String key, String table, Duration retryAfter) {
        Rejected refused = (Rejected) ask(key);
        assertThat(((LimitReached) refused.cause()).applied().table()).isEqualTo(table);
        assertThat(refused.retryAfter()).contains(retryAfter);
        return refused;
    }

    private long used(String key) {
        return limiter.status((Caller) keys.resolve(key), "chat").get(0).used();
    }
}
