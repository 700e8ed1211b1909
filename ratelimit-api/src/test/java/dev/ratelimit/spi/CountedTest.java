package dev.ratelimit.spi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CountedTest {

    @Test
    void onlyOneIsInTheSingular() {
        assertThat(Counted.of(0, "calls")).isEqualTo("0 calls");
        assertThat(Counted.of(1, "calls")).isEqualTo("1 call");
        assertThat(Counted.of(2, "calls")).isEqualTo("2 calls");
        assertThat(Counted.of(1_001, "calls")).isEqualTo("1,001 calls");
        assertThat(Counted.of(-1, "calls")).isEqualTo("-1 calls");
    }

    @ParameterizedTest
    @CsvSource({
        "characters, character",
        "input tokens, input token",
        "GPU-seconds, GPU-second",
        "jobs, job",
        "images, image",
        "databases, database",
        "sizes, size",
        "queries, query",
        "ties, tie",
        "classes, class",
        "hashes, hash",
        "batches, batch",
        "boxes, box",
        "buzzes, buzz",
        "caches, cache",
        "cookies, cookie",
        "movies, movie"
    })
    void theLastWordLosesTheEndingOfThePlural(String plural, String singular) {
        assertThat(Counted.of(1, plural)).isEqualTo("1 " + singular);
    }

    @ParameterizedTest
    @CsvSource({"ms", "access", "series", "species", "nano-usd", "credits (premium)", "people", "IMAGES"})
    void whatIsNoRegularPluralStays(String noun) {
        assertThat(Counted.of(1, noun)).isEqualTo("1 " + noun);
    }

    @Test
    void theTextIsPrintableAndBounded() {
        assertThat(Counted.of(1, "to\nkens")).isEqualTo("1 to\uFFFDken");
        assertThat(Counted.of(1, "s".repeat(1 << 20))).hasSize("1 ".length() + Printable.MAX_NAME);
    }
}
