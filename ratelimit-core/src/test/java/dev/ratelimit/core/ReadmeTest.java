package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the README to the code: what it shows is compiled, and does what it says. */
class ReadmeTest {

    private static final Pattern SHOWN = Pattern.compile("(?s)```java\n(.*?)```");
    private static final Pattern COMPILED = Pattern.compile("(?s)// begin: [^\n]*\n(.*?)// end: ");

    @Test
    void everyJavaSampleOfTheReadmeIsCompiled() throws IOException {
        List<String> shown = withoutSpace(SHOWN, Path.of("../README.md"));
        List<String> compiled = new ArrayList<>();
        for (String module : List.of("core", "redis")) {
            String samples = "../ratelimit-%1$s/src/test/java/dev/ratelimit/%1$s/ReadmeSamples.java";
            compiled.addAll(withoutSpace(COMPILED, Path.of(samples.formatted(module))));
        }
        assertThat(shown).isNotEmpty().isEqualTo(compiled);
    }

    @Test
    void theFirstSampleRefusesThe21stCallOfAMinute() {
        ReadmeSamples sample = new ReadmeSamples(prompt -> List.of());
        for (int i = 0; i < 20; i++) {
            assertThat(sample.chat("acme", "hello").status()).isEqualTo(200);
        }
        assertThat(sample.chat("acme", "hello").status()).isEqualTo(429);
    }

    @Test
    void theSecondSampleStopsWhenTheQuotaRunsOutInTheMiddleAndChargesWhatWasWritten() {
        String piece = "x".repeat(200_000);
        ReadmeSamples sample = new ReadmeSamples(prompt -> List.of(piece, piece, piece, piece, piece));
        assertThat(sample.generate("acme", "hello").text()).hasSize(800_000);
        assertThat(sample.limitedAccess.status("acme", "generate"))
                .extracting(LimitStatus::used)
                .containsExactly(1L, 1L, 800_005L);
        assertThat(sample.generate("acme", "hello").status()).isEqualTo(429);
        assertThat(sample.generate("another", "hello").text()).hasSize(800_000);
    }

    @Test
    void theThirdSampleRefusesTheKeysThatItDidNotMakeAndThe21stCallOfAMinuteByTheKeysThatItDid() {
        ReadmeSamples sample = new ReadmeSamples(prompt -> List.of());
        String key = sample.newTrialKey("acme");
        String another = sample.newTrialKey("acme");
        for (int i = 0; i < 10; i++) {
            assertThat(sample.chatByKey(key, "hello").status()).isEqualTo(200);
            assertThat(sample.chatByKey(another, "hello").status()).isEqualTo(200);
        }
        assertThat(sample.chatByKey(key, "hello").status()).isEqualTo(429);
        assertThat(sample.chatByKey(another, "hello").status()).isEqualTo(429);
        assertThat(sample.chatByKey("trial_made_up", "hello").status()).isEqualTo(401);
    }

    private static List<String> withoutSpace(Pattern pattern, Path file) throws IOException {
        return pattern.matcher(Files.readString(file))
                .results()
                .map(MatchResult::group)
                .map(group -> pattern.matcher(group).replaceFirst("$1").replaceAll("\\s", ""))
                .toList();
    }
}
