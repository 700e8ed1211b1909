package dev.ratelimit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class ScopeTest {

    private static final RateLimit TEN = RateLimit.perMinute(10);

    @Test
    void aNameOf256BytesStandsForItself() {
        for (String unit : List.of("a", "é", "€", "😀")) {
            String name = unit.repeat(256 / unit.getBytes(UTF_8).length);
            assertThat(new Scope.Endpoint(name).name()).isEqualTo(name);
        }
    }

    @Test
    void ofALongerNameTheBeginningAndADigestStay() {
        String name = new Scope.Endpoint("a".repeat(257)).name();

        assertThat(name).matches("a{189}…[0-9a-f]{64}");
        assertThat(new Scope.Endpoint(name).name()).isEqualTo(name);
    }

    @Test
    void longNamesThatDifferAtTheEndOrInLoneSurrogatesAreTwo() {
        String beginning = "a".repeat(10_000);

        assertThat(List.of(
                        new Scope.Endpoint(beginning + "b"),
                        new Scope.Endpoint(beginning + "c"),
                        new Scope.Endpoint(beginning + "\ud800"),
                        new Scope.Endpoint(beginning + "\ud801"),
                        new Scope.Endpoint(beginning + "?")))
                .doesNotHaveDuplicates();
    }

    @Property
    void noNameIsLongerThan256Bytes(@ForAll @StringLength(max = 1_000) String name) {
        assertThat(new Scope.Endpoint(name).name().getBytes(UTF_8)).hasSizeLessThanOrEqualTo(256);
    }

    @Test
    void anEndpointOfALongNameHasItsLimitsWhetherATableNamesItOrNot() {
        String listed = "l".repeat(300);
        String unlisted = "u".repeat(300);
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("minutes").each(TEN, listed).eachOtherEndpoint(RateLimit.perMinute(5)))
                .build();

        assertThat(tier.limitsFor(listed)).containsExactly(AppliedLimit.of("minutes", new Scope.Endpoint(listed), TEN));
        assertThat(tier.limitsFor(unlisted))
                .containsExactly(AppliedLimit.of("minutes", new Scope.Endpoint(unlisted), RateLimit.perMinute(5)));
    }
}
