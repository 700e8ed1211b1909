package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumericTimeTest {

    @ParameterizedTest(name = "{1} {0} is {2} ns")
    @CsvSource({
        "S, 0, 0",
        "S, 1700000000, 1700000000000000000",
        "S, 1700000000.123456789, 1700000000123456789",
        "S, 1700000000.5, 1700000000500000000",
        "S, 9223372036.854775807, 9223372036854775807",
        "MS, 1700000000123, 1700000000123000000",
        "MS, 1700000000123.000001, 1700000000123000001",
        "US, 1700000000123456.789, 1700000000123456789",
        "NS, 1700000000123456789, 1700000000123456789",
        "NS, 9223372036854775807, 9223372036854775807"
    })
    void numbersAreReadToTheNanosecond(NumericTime unit, String text, long nanos) {
        assertThat(read(unit, text)).isEqualTo(nanos);
    }

    @ParameterizedTest(name = "{1} {0}")
    @CsvSource({
        "S, ''",
        "S, .5",
        "S, .",
        "S, 1.",
        "S, 1.2.3",
        "S, -1",
        "S, +1",
        "S, 1e9",
        "S, 1.0000000001",
        "S, 9223372036.854775808",
        "S, 9223372037",
        "S, 2023-11-16T18:17:03Z",
        "MS, 1.0000001",
        "NS, 1.5",
        "NS, 9223372036854775808",
        "NS, 9999999999999999999",
        "NS, 18446744073709551616",
        "NS, ' 1'"
    })
    void whatIsNoTimeOfTheUnitIsRefused(NumericTime unit, String text) {
        assertThatExceptionOfType(BadValueException.class)
                .isThrownBy(() -> read(unit, text))
                .withMessageStartingWith("must be a number of ");
    }

    private static long read(NumericTime unit, String text) {
        char[] chars = ("<" + text + ">").toCharArray();
        return unit.read(chars, 1, text.length());
    }
}
