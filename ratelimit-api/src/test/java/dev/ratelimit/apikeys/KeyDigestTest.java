package dev.ratelimit.apikeys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyDigestTest {

    /** The digests of "abc" and of the two bytes C3 A9, as sha256sum prints them. */
    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    private static final String E_ACUTE = "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c";

    @Test
    void aDigestIsTheSha256OfTheKeyInUtf8() {
        assertThat(KeyDigest.of("abc").hex()).isEqualTo(ABC);
        assertThat(KeyDigest.of("\u00e9").hex()).isEqualTo(E_ACUTE);
    }

    @Test
    void aDigestThatWasKeptIsTheDigestOfItsKey() {
        for (String hex : new String[] {ABC, ABC.toUpperCase(Locale.ROOT)}) {
            assertThat(KeyDigest.ofHex(hex)).isEqualTo(KeyDigest.of("abc")).hasSameHashCodeAs(KeyDigest.of("abc"));
        }
        assertThat(KeyDigest.of("abd")).isNotEqualTo(KeyDigest.of("abc"));
    }

    @Test
    void digestsThatDifferInAnyOneDigitAreDifferentAndDifferInTheirHashCodes() {
        Set<KeyDigest> digests = new HashSet<>();
        Set<Integer> hashCodes = new HashSet<>();
        for (int i = 0; i < 64; i++) {
            KeyDigest digest = KeyDigest.ofHex("0".repeat(i) + "1" + "0".repeat(63 - i));
            assertThat(digests.add(digest)).isTrue();
            hashCodes.add(digest.hashCode());
        }
        // By chance alone two share one in one of a million runs; three do not.
        assertThat(hashCodes).hasSizeGreaterThanOrEqualTo(63);
    }

    @Test
    void aHashCodeIsNoPartOfTheDigest() {
        int sameAsASliceOfTheDigest = 0;
        for (int i = 0; i < 16; i++) {
            KeyDigest digest = KeyDigest.of("key " + i);
            for (int from = 0; from < 64; from += 8) {
                int slice = Integer.parseUnsignedInt(digest.hex().substring(from, from + 8), 16);
                sameAsASliceOfTheDigest += digest.hashCode() == slice ? 1 : 0;
            }
        }
        assertThat(sameAsASliceOfTheDigest).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t\n"})
    void aBlankKeyHasNoDigest(String blank) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyDigest.of(blank))
                .withMessage("key must be not blank");
    }

    @Test
    void whatIsNoDigestIsRefusedAndNotShown() {
        for (String wrong : new String[] {"", "prod_secret", "0".repeat(63), "0".repeat(65), "0".repeat(63) + "g"}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> KeyDigest.ofHex(wrong))
                    .withMessage("hex must be 64 hexadecimal digits: hex=" + wrong.length() + " characters")
                    .withNoCause();
        }
    }

    @Test
    void theTextOfADigestIsItsFirstFourDigits() {
        assertThat(KeyDigest.of("abc")).hasToString("digest ba78...");
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByName() {
        assertThatNullPointerException().isThrownBy(() -> KeyDigest.of(null)).withMessage("key");
        assertThatNullPointerException().isThrownBy(() -> KeyDigest.ofHex(null)).withMessage("hex");
    }
}
