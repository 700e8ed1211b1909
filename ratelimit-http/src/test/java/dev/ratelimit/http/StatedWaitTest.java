package dev.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class StatedWaitTest {

    private static final Instant NOW = Instant.parse("2026-11-29T10:00:00.5Z");
    private static final Duration CAP = Duration.ofHours(1);

    @Test
    void anErrorStatesItsWaitInSeconds() {
        assertThat(of(429, "Retry-After", "12")).contains(Duration.ofSeconds(12));
        assertThat(of(503, "retry-after", " 1.5 ")).contains(Duration.ofMillis(1_500));
        assertThat(of(529, "RETRY-AFTER", "0")).contains(Duration.ZERO);
        assertThat(of(200, "Retry-After", "12")).isEmpty();
    }

    @Test
    void anErrorStatesItsWaitAsADate() {
        assertThat(of(429, "Retry-After", "Sun, 29 Nov 2026 10:00:10 GMT")).contains(Duration.ofMillis(9_500));
        assertThat(of(429, "Retry-After", "Sun, 29 Nov 2026 09:00:10 GMT")).contains(Duration.ZERO);
        assertThat(of(429, "Retry-After", "Mon, 29 Nov 2026 09:00:10 GMT")).isEmpty(); // it is a Sunday
    }

    /** The clocks of the two sides differ. */
    @Test
    void aDateIsComparedWithTheDateOfTheAnswer() {
        assertThat(of(429, "Retry-After", "Sun, 29 Nov 2026 12:00:10 GMT", "Date", "Sun, 29 Nov 2026 12:00:00 GMT"))
                .contains(Duration.ofSeconds(10));
    }

    @Test
    void millisecondsGoBeforeSecondsAndBothBeforeResets() {
        assertThat(of(429, "retry-after-ms", "1250", "Retry-After", "2")).contains(Duration.ofMillis(1_250));
        assertThat(of(429, "retry-after-ms", "soon", "Retry-After", "2")).contains(Duration.ofSeconds(2));
        assertThat(of(429, "Retry-After", "2", "x-ratelimit-remaining", "0", "x-ratelimit-reset", "60"))
                .contains(Duration.ofSeconds(2));
    }

    @Test
    void aLimitOfWhichNothingRemainsStatesItsReset() {
        assertThat(of(200, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "30"))
                .contains(Duration.ofSeconds(30));
        assertThat(of(200, "X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "30"))
                .isEmpty();
        assertThat(of(200, "RateLimit-Remaining", "0", "RateLimit-Reset", "30")).contains(Duration.ofSeconds(30));
        assertThat(of(200, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1795946410"))
                .contains(Duration.ofMillis(9_500)); // 2026-11-29T10:00:10Z
        assertThat(of(200, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1795946410250"))
                .contains(Duration.ofMillis(9_750));
    }

    @Test
    void aRefusalThatDoesNotTellWhatRemainsStatesItsReset() {
        assertThat(of(429, "X-RateLimit-Reset", "30")).contains(Duration.ofSeconds(30));
        assertThat(of(200, "X-RateLimit-Reset", "30")).isEmpty();
    }

    @Test
    void theDialectsOfVendorsAreRead() {
        assertThat(of(200, "x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "6m0s"))
                .contains(Duration.ofMinutes(6));
        assertThat(of(200, "x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "1m8.64s"))
                .contains(Duration.ofMillis(68_640));
        assertThat(of(200, "x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "20ms"))
                .contains(Duration.ofMillis(20));
        assertThat(of(
                        200,
                        "anthropic-ratelimit-input-tokens-remaining",
                        "0",
                        "anthropic-ratelimit-input-tokens-reset",
                        "2026-11-29T10:00:10Z"))
                .contains(Duration.ofMillis(9_500));
    }

    @Test
    void theDraftIsRead() {
        assertThat(of(200, "RateLimit", "\"a\";r=0;t=12, \"b\";r=5;t=50, \"c\";t=20;r=0"))
                .contains(Duration.ofSeconds(20));
        assertThat(of(200, "RateLimit", "\"a;r=0;t=9, \\\"\";r=1;t=12")).isEmpty();
        assertThat(of(200, "RateLimit", "\"a\\\", b\";r=0;t=12")).contains(Duration.ofSeconds(12));
        assertThat(of(200, "RateLimit", "\"a\"; r=0 ;t=-7")).contains(Duration.ZERO);
        assertThat(of(200, "RateLimit", "\"a\";r=0")).isEmpty();
        assertThat(of(200, "RateLimit", "\"never closed;r=0;t=12")).isEmpty();
    }

    @Test
    void ofSeveralWaitsTheLongestCounts() {
        assertThat(StatedWait.of(429, Map.of("Retry-After", List.of("5", "nonsense", "7", "6")), NOW, CAP))
                .contains(Duration.ofSeconds(7));
        assertThat(of(200, "RateLimit", "\"a\";r=0;t=12", "x-ratelimit-remaining", "0", "x-ratelimit-reset", "40"))
                .contains(Duration.ofSeconds(40));
    }

    @Test
    void numbersOfAnySizeAreBounded() {
        assertThat(of(429, "Retry-After", "1" + "0".repeat(30))).contains(CAP);
        assertThat(of(429, "Retry-After", "-5")).contains(Duration.ZERO);
        assertThat(of(429, "Retry-After", "9".repeat(1 << 20))).isEmpty();
        assertThat(of(429, "Retry-After", "1e9")).isEmpty();
        assertThat(of(429, "Retry-After", "0.0000000001")).contains(Duration.ofNanos(1));
        assertThat(of(429, "Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")).contains(CAP);
        assertThat(of(200, "x-ratelimit-remaining", "0", "x-ratelimit-reset", "+999999999-12-31T23:59:59Z"))
                .contains(CAP);
    }

    @Test
    void whatIsLongIsReadInPart() {
        String list = "\"a\";r=0;t=12, ".repeat(1 << 16);

        assertThat(StatedWait.of(200, Map.of("RateLimit", Collections.nCopies(1 << 16, list)), NOW, CAP))
                .contains(Duration.ofSeconds(12));
    }

    @Test
    void namesAndValuesMayBeNull() {
        Map<String, List<String>> fields = new HashMap<>();
        fields.put(null, List.of("HTTP/1.1 429"));
        fields.put("Retry-After", Arrays.asList(null, "3"));
        fields.put("RateLimit", null);

        assertThat(StatedWait.of(429, fields, NOW, CAP)).contains(Duration.ofSeconds(3));
    }

    @Property(tries = 2_000)
    void anythingIsAWaitInRangeOrNone(
            @ForAll("values") String first, @ForAll("values") String second, @ForAll int status) {
        for (String field : List.of(
                "Retry-After",
                "retry-after-ms",
                "RateLimit",
                "Date",
                "x-ratelimit-remaining",
                "x-ratelimit-reset",
                "anthropic-ratelimit-tokens-reset")) {
            Map<String, List<String>> fields = new HashMap<>();
            fields.put("x-ratelimit-remaining", List.of("0"));
            fields.put("x-ratelimit-reset", List.of(first));
            fields.put(field, List.of(first, second));
            Optional<Duration> wait = StatedWait.of(status, fields, NOW, CAP);
            wait.ifPresent(stated -> assertThat(stated).isBetween(Duration.ZERO, CAP));
        }
    }

    @Provide
    Arbitrary<String> values() {
        Arbitrary<Character> awkward = Arbitraries.of(
                '0', '1', '9', '-', '.', 'e', ';', ',', '=', 'r', 't', 'm', 's', 'h', '"', '\\', ' ', ':', 'T', 'Z',
                '\0', '\ud800', 'é');
        return Arbitraries.oneOf(
                awkward.list().ofMaxSize(40).map(characters -> {
                    StringBuilder text = new StringBuilder();
                    characters.forEach(text::append);
                    return text.toString();
                }),
                Arbitraries.strings().ofMaxLength(30),
                Arbitraries.bigIntegers().map(Object::toString),
                Arbitraries.of("", "\"", "\\", "r=0;t=", "\"a\";r=0;t=1", "99999999999h", "NaN", "Infinity"));
    }

    private static Optional<Duration> of(int status, String... fields) {
        Map<String, List<String>> all = new HashMap<>();
        for (int i = 0; i < fields.length; i += 2) {
            all.put(fields[i], List.of(fields[i + 1]));
        }
        return StatedWait.of(status, all, NOW, CAP);
    }
}
