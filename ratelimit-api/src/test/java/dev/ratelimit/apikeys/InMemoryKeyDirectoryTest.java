package dev.ratelimit.apikeys;

import static dev.ratelimit.apikeys.KeyKind.PRODUCTION;
import static dev.ratelimit.apikeys.KeyKind.PRODUCTION_UNDER_REVIEW;
import static dev.ratelimit.apikeys.KeyKind.TRIAL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.Caller;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Member;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.tiers.FaqEdition;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class InMemoryKeyDirectoryTest {

    private static final Instant START = Instant.parse("2025-01-01T00:00:00Z");
    private static final Tier TRIAL_TIER = FaqEdition.trial();
    private static final Tier PRODUCTION_TIER = FaqEdition.production();
    private static final Rejected UNKNOWN = Rejected.permanent(new KeyUnknown(), "");

    private Instant now = START;
    private final InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
            .trial(TRIAL_TIER)
            .production(PRODUCTION_TIER)
            .timeSource(new TimeSource() {
                @Override
                public long nanoTime() {
                    throw new AssertionError("revocations go by the wall clock");
                }

                @Override
                public Instant instant() {
                    return now;
                }
            })
            .build();

    private final KeyDigest one = KeyDigest.of("one");
    private final KeyDigest other = KeyDigest.of("other");

    @Test
    void aKeyStandsForItsOrganizationOnTheTierOfItsKind() {
        keys.register(one, "acme", TRIAL);
        keys.register(other, "umbrella", PRODUCTION);
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("acme", TRIAL_TIER));
        assertThat(keys.resolve("other")).isEqualTo(Caller.of("umbrella", PRODUCTION_TIER));
    }

    @Test
    void aKeyThatIsNotRegisteredIsUnknownAndSoIsNone() {
        keys.register(one, "acme", TRIAL);
        assertThat(keys.resolve("One")).isEqualTo(UNKNOWN);
        assertThat(keys.resolve("one ")).isEqualTo(UNKNOWN);
        assertThat(keys.resolve(one.hex())).isEqualTo(UNKNOWN);
        assertThat(keys.resolve(null)).isEqualTo(UNKNOWN);
        assertThat(keys.find(other)).isEqualTo(UNKNOWN);
    }

    @Test
    void anOrganizationHasAnyNumberOfKeysOfBothKinds() {
        for (int i = 0; i < 1_000; i++) {
            keys.register(KeyDigest.of("trial " + i), "acme", TRIAL);
            keys.register(KeyDigest.of("production " + i), "acme", PRODUCTION);
        }
        for (int i = 0; i < 1_000; i++) {
            assertThat(keys.resolve("trial " + i)).isEqualTo(Caller.of("acme", TRIAL_TIER));
            assertThat(keys.resolve("production " + i)).isEqualTo(Caller.of("acme", PRODUCTION_TIER));
        }
        assertThat(keys).hasToString("InMemoryKeyDirectory of 2,000 keys");
    }

    @Test
    void aProductionKeyUnderReviewIsOnTheTrialTierOnTheProductionAccountUntilItIsApproved() {
        keys.register(one, "acme", PRODUCTION_UNDER_REVIEW);
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("acme", TRIAL_TIER.withAccount("production")));
        keys.changeKind(one, PRODUCTION);
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("acme", PRODUCTION_TIER));
        keys.changeKind(one, PRODUCTION_UNDER_REVIEW);
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("acme", TRIAL_TIER.withAccount("production")));
    }

    @Test
    void aRevokedKeyIsRefusedUntilTheWallClockSaysThatItIsOver() {
        keys.register(one, "acme", PRODUCTION);
        Instant end = START.plusSeconds(3600);
        keys.revoke(one, end);
        KeyRevoked cause = new KeyRevoked(Optional.of(end));
        assertThat(keys.resolve("one"))
                .isEqualTo(Rejected.temporary(cause, "", Duration.ofHours(1).toNanos()));
        now = end.minusNanos(1);
        assertThat(keys.resolve("one")).isEqualTo(Rejected.temporary(cause, "", 1));
        now = end;
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("acme", PRODUCTION_TIER));
    }

    @Test
    void aKeyRevokedForGoodIsRefusedUntilItIsReinstated() {
        keys.register(one, "acme", PRODUCTION_UNDER_REVIEW);
        keys.revoke(one);
        now = Instant.MAX;
        assertThat(keys.resolve("one")).isEqualTo(Rejected.permanent(new KeyRevoked(Optional.empty()), ""));
        keys.changeKind(one, PRODUCTION);
        assertThat(keys.resolve("one")).isInstanceOf(Rejected.class);
        keys.reinstate(one);
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("acme", PRODUCTION_TIER));
    }

    @Test
    void theLastRevocationCounts() {
        keys.register(one, "acme", TRIAL);
        keys.revoke(one, START.plusSeconds(1));
        keys.revoke(one);
        now = START.plusSeconds(2);
        assertThat(keys.resolve("one")).isEqualTo(Rejected.permanent(new KeyRevoked(Optional.empty()), ""));
        keys.revoke(one, START.plusSeconds(2));
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("acme", TRIAL_TIER));
    }

    @Test
    void aChangeOfOneKeyIsNoneOfAnother() {
        keys.register(one, "acme", TRIAL);
        keys.register(other, "acme", TRIAL);
        keys.revoke(one);
        keys.changeKind(one, PRODUCTION);
        assertThat(keys.resolve("other")).isEqualTo(Caller.of("acme", TRIAL_TIER));
    }

    @Test
    void aRemovedKeyIsUnknownAndMayBeRegisteredForAnother() {
        keys.register(one, "acme", TRIAL);
        assertThat(keys.remove(one)).isTrue();
        assertThat(keys.remove(one)).isFalse();
        assertThat(keys.resolve("one")).isEqualTo(UNKNOWN);
        keys.register(one, "umbrella", TRIAL);
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("umbrella", TRIAL_TIER));
    }

    @Test
    void aRegisteredKeyCannotBeTakenOverNorReinstatedByRegisteringIt() {
        keys.register(one, "acme", TRIAL);
        keys.revoke(one);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> keys.register(one, "umbrella", PRODUCTION))
                .withMessage("digest must be of a key that is not registered: digest=" + one);
        keys.reinstate(one);
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("acme", TRIAL_TIER));
    }

    @Test
    void onlyARegisteredKeyIsChanged() {
        for (ThrowingCallable change : new ThrowingCallable[] {
            () -> keys.changeKind(one, PRODUCTION),
            () -> keys.revoke(one),
            () -> keys.revoke(one, START),
            () -> keys.reinstate(one)
        }) {
            assertThatIllegalArgumentException()
                    .isThrownBy(change)
                    .withMessage("digest must be of a registered key: digest=" + one);
        }
        assertThat(keys.resolve("one")).isEqualTo(UNKNOWN);
    }

    @Test
    @SuppressWarnings("NullAway") // every organization that is asked for is in the map
    void eachOrganizationHasTiersOfItsOwnWhichMayChangeFromCallToCall() {
        Map<String, Tier> production = new HashMap<>();
        production.put("acme", FaqEdition.productionWithSpendingLimit(BigDecimal.valueOf(5)));
        production.put("umbrella", FaqEdition.productionWithSpendingLimit(BigDecimal.valueOf(7)));
        Tier[] trial = {TRIAL_TIER};
        InMemoryKeyDirectory resolved = InMemoryKeyDirectory.builder()
                .trial(organization -> trial[0])
                .production(organization -> production.get(organization))
                .build();
        resolved.register(one, "acme", PRODUCTION);
        resolved.register(other, "umbrella", PRODUCTION_UNDER_REVIEW);
        assertThat(resolved.resolve("one"))
                .isEqualTo(Caller.of("acme", FaqEdition.productionWithSpendingLimit(BigDecimal.valueOf(5))));
        assertThat(resolved.resolve("other")).isEqualTo(Caller.of("umbrella", TRIAL_TIER.withAccount("production")));

        production.put("acme", FaqEdition.productionWithSpendingLimit(BigDecimal.valueOf(9)));
        production.put("umbrella", PRODUCTION_TIER.withAccount("umbrella's"));
        assertThat(resolved.resolve("one"))
                .isEqualTo(Caller.of("acme", FaqEdition.productionWithSpendingLimit(BigDecimal.valueOf(9))));
        assertThat(resolved.resolve("other")).isEqualTo(Caller.of("umbrella", TRIAL_TIER.withAccount("umbrella's")));

        trial[0] = TRIAL_TIER.withLimits(limit -> RateLimit.perMinute(1));
        assertThat(resolved.resolve("other")).isEqualTo(Caller.of("umbrella", trial[0].withAccount("umbrella's")));
    }

    @Test
    void theTierUnderReviewIsTheSameObjectFromCallToCall() {
        keys.register(one, "acme", PRODUCTION_UNDER_REVIEW);
        Caller first = (Caller) keys.resolve("one");
        assertThat(((Caller) keys.resolve("one")).tier()).isSameAs(first.tier());
    }

    @Test
    @SuppressWarnings("NullAway") // that a resolver gives no tier is what is tested
    void anOrganizationWithoutATierFailsTheCall() {
        InMemoryKeyDirectory withoutTiers = InMemoryKeyDirectory.builder()
                .trial(organization -> null)
                .production(PRODUCTION_TIER)
                .build();
        withoutTiers.register(one, "acme", TRIAL);
        assertThatIllegalStateException()
                .isThrownBy(() -> withoutTiers.resolve("one"))
                .withMessage("the tier resolver must give a tier: organization=acme");
    }

    @Test
    void bothKindsOfKeysNeedATier() {
        for (InMemoryKeyDirectory.Builder builder : new InMemoryKeyDirectory.Builder[] {
            InMemoryKeyDirectory.builder().trial(TRIAL_TIER),
            InMemoryKeyDirectory.builder().production(PRODUCTION_TIER)
        }) {
            assertThatIllegalStateException()
                    .isThrownBy(builder::build)
                    .withMessage("a tier of trial keys and one of production keys must be set");
        }
    }

    @Test
    void trialAndProductionKeysThatWouldAddUpAreRefused() {
        InMemoryKeyDirectory.Builder builder = InMemoryKeyDirectory.builder()
                .trial(TRIAL_TIER.withAccount("one"))
                .production(PRODUCTION_TIER.withAccount("one"));
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessage("the tiers of trial and of production keys must have accounts of their own: account=one");
        // What a resolver gives is not known before a call.
        assertThat(builder.trial(organization -> TRIAL_TIER.withAccount("one")).build())
                .isNotNull();
        assertThat(builder.trial(TRIAL_TIER.withAccount("another")).build()).isNotNull();
    }

    private static final Tier EACH_KEY = Tier.named("each key")
            .table(LimitTable.named("calls per key").allTogether(RateLimit.perMinute(5)))
            .build();

    @Test
    void whereATierLimitsKeysTheKeyIsAMemberByItsId() {
        InMemoryKeyDirectory limiting = InMemoryKeyDirectory.builder()
                .trial(TRIAL_TIER.withMember(Member.KEY, EACH_KEY))
                .production(PRODUCTION_TIER)
                .build();
        limiting.register(one, KeyRegistration.of("acme", TRIAL).id("key-1"));
        limiting.register(other, "acme", TRIAL);
        Caller acme = Caller.of("acme", TRIAL_TIER.withMember(Member.KEY, EACH_KEY));
        assertThat(limiting.resolve("one")).isEqualTo(acme.key("key-1"));
        assertThat(limiting.resolve("other")).isEqualTo(acme.key(other.hex().substring(0, 16)));
        limiting.changeKind(one, PRODUCTION);
        assertThat(limiting.resolve("one")).isEqualTo(Caller.of("acme", PRODUCTION_TIER));
    }

    @Test
    void aKeyIsRegisteredWithAnIdAndAProject() {
        KeyDigest digest = one;
        // sample: dev/ratelimit/apikeys/KeyRegistration.java
        keys.register(
                digest, KeyRegistration.of("acme", KeyKind.TRIAL).id("key-17").member("project", "p1"));
        // end of sample
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("acme", TRIAL_TIER).member("project", "p1"));
        keys.remove(digest);
        // sample: docs/guide/api-keys.md
        keys.register(
                digest, KeyRegistration.of("acme", KeyKind.TRIAL).id("key-17").member("project", "p1"));
        // end of sample
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("acme", TRIAL_TIER).member("project", "p1"));
    }

    @Test
    void aKeyMayBeOfMembers() {
        KeyRegistration registration = KeyRegistration.of("acme", PRODUCTION_UNDER_REVIEW)
                .member("project", "p1")
                .member("user", "u7");
        keys.register(one, registration);
        Caller caller = Caller.of("acme", PRODUCTION_TIER).member("user", "u7").member("project", "p1");
        keys.changeKind(one, PRODUCTION);
        assertThat(keys.resolve("one")).isEqualTo(caller);
        assertThat(registration).hasToString("PRODUCTION_UNDER_REVIEW key of acme");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> registration.member("user", "u8"))
                .withMessage("kind must be one that the key has no member of: kind=user");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> registration.member("key", "k"))
                .withMessage("kind must be another than that of API keys: kind=key");
        assertThatIllegalArgumentException().isThrownBy(() -> registration.id(" "));
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByName() {
        assertRefused("digest", () -> keys.find(null));
        assertRefused("digest", () -> keys.register(null, "acme", TRIAL));
        assertRefused("organization", () -> keys.register(one, null, TRIAL));
        assertRefused("kind", () -> keys.register(one, "acme", null));
        keys.register(one, "acme", TRIAL);
        assertRefused("kind", () -> keys.changeKind(one, null));
        assertRefused("digest", () -> keys.revoke(null));
        assertRefused("until", () -> keys.revoke(one, null));
        assertRefused("digest", () -> keys.reinstate(null));
        assertRefused("digest", () -> keys.remove(null));
        assertThat(keys.resolve("one")).isEqualTo(Caller.of("acme", TRIAL_TIER));
    }

    private static void assertRefused(String name, ThrowingCallable call) {
        assertThatNullPointerException().isThrownBy(call).withMessage(name);
    }

    @Test
    void theTiersOfAnOrganizationAreThoseOfAllItsKeys() {
        keys.register(one, "acme", TRIAL);
        keys.register(KeyDigest.of("two"), "acme", TRIAL);
        keys.register(KeyDigest.of("three"), "acme", PRODUCTION_UNDER_REVIEW);
        keys.register(other, "umbrella", PRODUCTION);
        keys.revoke(one);
        assertThat(keys.tiersOf("acme"))
                .containsExactlyInAnyOrder(TRIAL_TIER, TRIAL_TIER.withAccount(PRODUCTION_TIER.account()));
        assertThat(keys.tiersOf("umbrella")).containsExactly(PRODUCTION_TIER);
        assertThat(keys.tiersOf("nobody")).isEmpty();
        keys.remove(other);
        assertThat(keys.tiersOf("umbrella")).isEmpty();
    }
}
