package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextTimeTest {

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "2023-11-16T18:17:03Z, 2023-11-16T18:17:03Z",
        "2023-11-16T18:17:03.97996Z, 2023-11-16T18:17:03.979960Z",
        "2023-11-16 18:17:03.9799600, 2023-11-16T18:17:03.979960Z",
        "2023-11-16 18:17:03, 2023-11-16T18:17:03Z",
        "2023-11-16T18:17:03, 2023-11-16T18:17:03Z",
        "2023-11-16T18:17:03.123456789+01:00, 2023-11-16T17:17:03.123456789Z",
        "2023-11-16 18:17:03-0530, 2023-11-16T23:47:03Z",
        "2023-11-16 18:17:03+02, 2023-11-16T16:17:03Z",
        "1970-01-01T00:00:00Z, 1970-01-01T00:00:00Z",
        "2262-04-11T23:47:16.854775807Z, 2262-04-11T23:47:16.854775807Z"
    })
    void isoTimesAreReadWithTOrABlankAndInUtcWithoutAnOffset(String text, Instant time) {
        assertThat(Instant.EPOCH.plusNanos(read(text))).isEqualTo(time);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "yesterday",
                "2023-11-16",
                "2023-11-1618:17:03",
                "2023-13-16T18:17:03Z",
                "2023-02-29T18:17:03Z",
                "2023-11-16T24:00:01Z",
                "2023-11-16T18:17:03Zulu",
                "1969-12-31T23:59:59Z",
                "2262-04-11T23:47:16.854775808Z",
                "9999-12-31T00:00:00Z"
            })
    void whatIsNoTimeOrOutOfRangeIsRefused(String text) {
        assertThatExceptionOfType(BadValueException.class)
                .isThrownBy(() -> read(text))
                .withMessageStartingWith("must be an ISO instant")
                .withMessageEndingWith("between 1970 and 2262");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1700000000", "1700000000.5"})
    void aNumberIsRefusedWithAHintAtItsUnit(String text) {
        assertThatExceptionOfType(BadValueException.class)
                .isThrownBy(() -> read(text))
                .withMessageEndingWith("for numbers state --time-unit");
    }

    private static long read(String text) {
        char[] chars = ("<" + text + ">").toCharArray();
        return new TextTime().read(chars, 1, text.length());
    }
}
