package dev.ratelimit.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.ratelimit.kernel.Arguments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrintableTest {

    @ParameterizedTest
    @ValueSource(
            ints = {
                0,
                '\t',
                '\n',
                '\r',
                0x1B,
                0x7F,
                0x85,
                0x9B, // control characters of both blocks
                0xAD,
                0x61C,
                0x200B,
                0x200D,
                0x200E,
                0x202A,
                0x202E,
                0x2066,
                0x2069,
                0xFEFF,
                0xE0041, // format characters
                0x2028,
                0x2029,
                0xD800,
                0xDC00,
                0xDFFF // separators of lines, surrogates that stand alone
            })
    void whatSteersATerminalBreaksALineOrHidesStandsAsASubstitute(int character) {
        assertThat(Printable.name("a" + Character.toString(character) + "b")).isEqualTo("a\uFFFDb");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "chat", " ~", "Müller, Söhne & Co", "日本語", "עברית", "\uD83D\uDE00", "\uE000", "\uFFFF"})
    void otherTextIsReturnedAsItIs(String text) {
        assertThat(Printable.name(text)).isSameAs(text);
    }

    @Test
    void aLongTextEndsWithAnEllipsis() {
        assertThat(Printable.of("abcd", 4)).isEqualTo("abcd");
        assertThat(Printable.of("abcde", 4)).isEqualTo("abc…");
        assertThat(Printable.of("a\nbcde", 4)).isEqualTo("a\uFFFDb…");
        assertThat(Printable.of("ab", 1)).isEqualTo("…");
        assertThat(Printable.name("x".repeat(257))).isEqualTo("x".repeat(255) + "…");
        assertThat(Printable.text("x".repeat(1 << 20))).isEqualTo("x".repeat(4_095) + "…");
    }

    @Test
    void aTextIsNotCutWithinACharacter() {
        assertThat(Printable.of("ab\uD83D\uDE00cd", 4)).isEqualTo("ab…");
        assertThat(Printable.of("ab\uD83D\uDE00cd", 5)).isEqualTo("ab\uD83D\uDE00…");
        assertThat(Printable.of("\uD83D\uDE00", 1)).isEqualTo("…");
        assertThat(Printable.of("abc\uD83D", 3)).isEqualTo("ab…");
    }

    @Test
    void anErrorOfAnArgumentShowsRuleAndValueInBounds() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Arguments.require(false, "unit", "one of [a]", "b\r\n"))
                .withMessage("unit must be one of [a]: unit=b\uFFFD\uFFFD");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Arguments.require(false, "unit", "r".repeat(2_000), "v".repeat(2_000)))
                .withMessage("unit must be " + "r".repeat(1_023) + "…: unit=" + "v".repeat(255) + "…");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Arguments.requireName("\u2028", "table"))
                .withMessage("table must be not blank: table=\"\uFFFD\"");
    }
}
