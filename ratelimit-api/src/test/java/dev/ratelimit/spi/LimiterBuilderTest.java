package dev.ratelimit.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.Caller;
import dev.ratelimit.Tier;
import dev.ratelimit.tiers.GoingLiveEdition;
import java.util.List;
import org.junit.jupiter.api.Test;

class LimiterBuilderTest {

    private static final Tier TRIAL = GoingLiveEdition.trial();

    private final Builder builder = new Builder();

    private static final class Builder extends LimiterBuilder<Builder> {

        @Override
        protected Builder self() {
            return this;
        }
    }

    private static final class Silent implements RateLimitListener {}

    @Test
    void withoutAnyChoiceThereIsNoTierAndNoListenerAnd1000UnlistedEndpoints() {
        assertThatIllegalStateException().isThrownBy(() -> builder.tiers().callerOf("acme"));
        assertThat(builder.listeners()).isEmpty();
        assertThat(builder.maxUnlistedEndpoints()).isEqualTo(1_000);
        assertThat(builder.countsDecisions()).isFalse();
    }

    @Test
    void aTierIsThatOfEveryOrganization() {
        builder.tier(TRIAL);
        assertThat(builder.tiers().callerOf("acme")).isEqualTo(Caller.of("acme", TRIAL));
    }

    @Test
    void theLastChoiceOfTiersCounts() {
        Tier production = GoingLiveEdition.production();
        builder.tier(TRIAL).tiers(organization -> production);
        assertThat(builder.tiers().callerOf("acme").tier()).isEqualTo(production);
    }

    @Test
    void listenersKeepTheirOrderAndAreThoseOfTheTimeOfTheQuestion() {
        RateLimitListener first = new Silent();
        RateLimitListener second = new Silent();
        List<RateLimitListener> before =
                builder.listener(first).listener(second).listeners();
        builder.listener(first);
        assertThat(before).containsExactly(first, second);
        assertThat(builder.listeners()).containsExactly(first, second, first);
    }

    @Test
    void decisionsAreCountedIfThatIsAskedFor() {
        assertThat(builder.countDecisions().countsDecisions()).isTrue();
    }

    @Test
    void theBoundOfUnlistedEndpointsMayBeZeroButNotLess() {
        assertThat(builder.maxUnlistedEndpoints(0).maxUnlistedEndpoints()).isZero();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.maxUnlistedEndpoints(-1))
                .withMessage("max must be >= 0: max=-1");
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByItsName() {
        assertThatNullPointerException().isThrownBy(() -> builder.tier(null)).withMessage("tier");
        assertThatNullPointerException().isThrownBy(() -> builder.tiers(null)).withMessage("tiers");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.listener(null))
                .withMessage("listener");
    }
}
