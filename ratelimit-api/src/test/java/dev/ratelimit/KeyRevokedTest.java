package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KeyRevokedTest {

    private static final Instant END = Instant.parse("2025-02-01T00:00:00Z");
    private static final KeyRevoked UNTIL = new KeyRevoked(Optional.of(END));
    private static final KeyRevoked FOR_GOOD = new KeyRevoked(Optional.empty());

    @Test
    void aRevocationForATimeIsRefusedUntilItsEndToTheNanosecond() {
        assertThat(UNTIL.refusalAt(END.minusSeconds(90)))
                .contains(Rejected.temporary(UNTIL, "", Duration.ofSeconds(90).toNanos()));
        assertThat(UNTIL.refusalAt(END.minusNanos(1))).contains(Rejected.temporary(UNTIL, "", 1));
        assertThat(UNTIL.refusalAt(END)).isEmpty();
        assertThat(UNTIL.refusalAt(END.plusSeconds(90))).isEmpty();
    }

    @Test
    void aRevocationForGoodIsRefusedAtAnyTimeAndNoWaitHelps() {
        for (Instant now : new Instant[] {Instant.MIN, END, Instant.MAX}) {
            assertThat(FOR_GOOD.refusalAt(now)).contains(Rejected.permanent(FOR_GOOD, ""));
        }
    }

    @Test
    void aWaitOfMoreThan292YearsIsCutToThat() {
        KeyRevoked forAges = new KeyRevoked(Optional.of(Instant.MAX));
        assertThat(forAges.refusalAt(Instant.MIN)).contains(Rejected.temporary(forAges, "", Long.MAX_VALUE));
        assertThat(UNTIL.refusalAt(Instant.MAX)).isEmpty();
    }

    @Test
    void theCausesOfKeysSayWhatIsWrongAndAskForAnotherKey() {
        assertThat(UNTIL.message()).isEqualTo("The API key is revoked until 2025-02-01T00:00:00Z");
        assertThat(FOR_GOOD.message()).isEqualTo("The API key is revoked");
        assertThat(new KeyUnknown().message()).isEqualTo("The API key is missing or unknown");
        for (Cause cause : new Cause[] {UNTIL, FOR_GOOD, new KeyUnknown()}) {
            assertThat(Rejected.permanent(cause, "").suggestedStatus()).isEqualTo(401);
        }
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByName() {
        assertThatNullPointerException().isThrownBy(() -> new KeyRevoked(null)).withMessage("until");
        assertThatNullPointerException()
                .isThrownBy(() -> FOR_GOOD.refusalAt(null))
                .withMessage("now");
    }
}
