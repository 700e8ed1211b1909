package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page of guarantees counts what was run as it is: the races, and the broken twins that they must catch. */
class GuaranteesPageTest {

    private static final Path STRESS = Pages.ROOT.resolve("ratelimit-stress/src");

    private final String page = Files.readString(Pages.ROOT.resolve("docs/guarantees.md"));

    GuaranteesPageTest() throws IOException {}

    @Test
    void thereAreAsManyRacesAsItSays() throws IOException {
        long races = 0;
        for (Path source : Pages.files(STRESS.resolve("main"), "java")) {
            races += count("(?m)^@JCStressTest", Files.readString(source));
        }
        assertThat(page).contains("| jcstress | " + races + " races of two threads");
    }

    @Test
    void thereAreAsManyTwinsAsItSays() throws IOException {
        String twins = Files.readString(STRESS.resolve("test/java/dev/ratelimit/core/Twins.java"));
        assertThat(page).contains("| broken twins | " + count("new Twin\\(", twins) + " copies of shipped classes");
    }

    private static long count(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().count();
    }
}
