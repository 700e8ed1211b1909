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
        "S, 1700000000.12345678999, 1700000000123456789",
        "MS, 1700000000123, 1700000000123000000",
        "MS, 1700000000123.000001, 1700000000123000001",
        "US, 1700000000123456.789, 1700000000123456789",
        "NS, 1700000000123456789, 1700000000123456789",
        "NS, 1700000000123456789.5, 1700000000123456789",
        "NS, 9223372036854775807, 9223372036854775807"
    })
    void numbersAreReadDownToTheNanosecond(NumericTime unit, String text, long nanos) {
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
        "S, 9223372036.854775808",
        "S, 9223372037",
        "S, 2023-11-16T18:17:03Z",
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

    @ParameterizedTest(name = "{1} {0} last {2} ns")
    @CsvSource({
        "S, 0, 0",
        "S, 1.5, 1500000000",
        "MS, 0.000001, 1",
        "S, 1.2000000476837158, 1200000047",
        "US, 250, 250000",
        "NS, 9223372036854775807, 9223372036854775807"
    })
    void durationsAreReadDownToTheNanosecond(NumericTime unit, String text, long nanos) {
        assertThat(unit.readDuration(text.toCharArray(), 0, text.length())).isEqualTo(nanos);
    }

    @ParameterizedTest(name = "{1} {0}")
    @CsvSource({"S, ''", "S, -1", "S, 1e3", "S, 2s", "S, 9223372037"})
    void whatIsNoDurationIsRefused(NumericTime unit, String text) {
        assertThatExceptionOfType(BadValueException.class)
                .isThrownBy(() -> unit.readDuration(text.toCharArray(), 0, text.length()))
                .withMessage("must be a number of seconds between 0 and 292 years");
    }

    private static long read(NumericTime unit, String text) {
        char[] chars = ("<" + text + ">").toCharArray();
        return unit.read(chars, 1, text.length());
    }
}
