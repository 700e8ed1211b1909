package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README is short, and its modules, versions and figures are those of the build and of the page on performance. */
class ReadmeTest {

    private static final int MOST_LINES = 150;

    private static final Pattern MODULE = Pattern.compile("<module>(ratelimit-.+?)</module>");
    private static final Pattern ROW_OF_A_MODULE = Pattern.compile("(?m)^\\| `(ratelimit-[a-z-]+)` \\|");
    private static final Pattern PEER = Pattern.compile("(?m)^\\| (\\w+(?: \\w+)*) (\\d+\\.[\\d.]+)[,| ]");
    private static final String RATIO = "([\\d.]+) ";
    private static final String PEER_OF = "\\((\\w+)\\)";
    private static final Pattern ADMISSION = Pattern.compile("With 1,024 organizations an admission takes " + RATIO
            + "of the time of the fastest of four peers on JDK 25 " + PEER_OF + ", " + RATIO + "on JDK 17 " + PEER_OF
            + "\\. With 100,000 it takes " + RATIO + "on JDK 25 " + PEER_OF + ", " + RATIO + "on JDK 17 " + PEER_OF);
    private static final Pattern MEASURED =
            Pattern.compile("(?m)^\\| admitted, (?:1,024|100,000) organizations \\| the fastest peer \\| [\\d.]+ "
                    + "\\| \\**([\\d.]+)\\**, (\\w+) \\| \\**([\\d.]+)\\**, (\\w+) \\|$");

    private static final Pattern YAML = Pattern.compile("(?ms)^```yaml\n.*?^```$");

    private final String readme = file("README.md");

    ReadmeTest() throws IOException {}

    private static String file(String name) throws IOException {
        return Files.readString(Pages.ROOT.resolve(name));
    }

    private static List<MatchResult> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().toList();
    }

    @Test
    void itIsShort() {
        assertThat(readme.lines().count()).isLessThanOrEqualTo(MOST_LINES);
    }

    @Test
    void itHasEachModule() throws IOException {
        List<String> modules = found(MODULE, file("pom.xml")).stream()
                .map(module -> module.group(1))
                .filter(module -> !module.contains("/"))
                .distinct()
                .toList();
        assertThat(found(ROW_OF_A_MODULE, readme).stream().map(row -> row.group(1)))
                .containsExactlyInAnyOrderElementsOf(modules);
    }

    @Test
    void theVersionsOfOthersAreThoseThatTheBuildMeasures() throws IOException {
        String pom = file("pom.xml");
        List<MatchResult> peers = found(PEER, readme);
        assertThat(peers)
                .hasSize(7)
                .allSatisfy(peer -> assertThat(pom)
                        .containsPattern("<%s[a-z-]*\\.version>%s(-jre)?</"
                                .formatted(
                                        peer.group(1).toLowerCase(Locale.ROOT).replace(' ', '-'),
                                        Pattern.quote(peer.group(2)))));
    }

    @Test
    void theRatiosOfAnAdmissionAreTheMeasuredOnes() throws IOException {
        List<String> measured = found(MEASURED, file("docs/performance.md")).stream()
                .flatMap(ReadmeTest::groups)
                .toList();
        assertThat(found(ADMISSION, readme.replaceAll("\\s+", " ")).stream().flatMap(ReadmeTest::groups))
                .hasSize(8)
                .containsExactlyElementsOf(measured);
    }

    private static Stream<String> groups(MatchResult match) {
        return IntStream.rangeClosed(1, match.groupCount()).mapToObj(match::group);
    }

    /** A test of the guide starts an application with it. */
    @Test
    void theConfigurationIsTheFirstOneOfTheGuide() throws IOException {
        assertThat(found(YAML, readme).stream().map(MatchResult::group))
                .containsExactly(
                        found(YAML, file("docs/guide/spring-boot.md")).get(0).group());
    }
}
