package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds every sample that is shown, in javadoc and in Markdown, to code that is compiled and tested: to a region of a
 * test,
 *
 * <pre>
 *   // sample: dev/ratelimit/Unit.java
 *   static final Unit IMAGES = new Unit("images");
 *   // end of sample
 * </pre>
 *
 * <p>which names where the sample is shown, and has the same text but for white space.
 */
class SamplesTest {

    private static final Path ROOT = Path.of("..");
    private static final Path MAIN = Path.of("src/main/java");
    private static final Path TEST = Path.of("src/test/java");

    private static final Pattern IN_JAVADOC = Pattern.compile("(?s)<pre>\\{@code\n(.*?)\\}</pre>");
    private static final Pattern IN_MARKDOWN = Pattern.compile("(?ms)^```java\n(.*?)^```$");
    private static final Pattern COMPILED = Pattern.compile("(?s)// sample: (\\S+)\n(.*?)// end of sample");

    private static final Pattern FENCE = Pattern.compile("(?ms)^```\\w*\n.*?^```$");
    private static final Pattern STAR = Pattern.compile("(?m)^ *\\* ?");
    private static final Pattern SHELL = Pattern.compile("(?s)(java|mvn) .*");
    private static final Pattern INDENTED_JAVA = Pattern.compile("(?m)^(    |\t).*[;{]$");

    /**
     * A sample without its white space.
     *
     * @param place where it is shown: a file of the main sources, or one of the repository
     */
    record Sample(String place, String text) {

        static Sample of(String place, String text) {
            return new Sample(place, text.replaceAll("\\s", ""));
        }
    }

    @Test
    void everySampleIsCompiledAndTested() throws IOException {
        List<Sample> shown = new ArrayList<>(samplesOfJavadoc());
        shown.addAll(samplesOfMarkdown());

        assertThat(shown)
                .hasSizeGreaterThan(30)
                .extracting(Sample::place)
                .contains(
                        "README.md",
                        "docs/redis.md",
                        "dev/ratelimit/Reservation.java",
                        "dev/ratelimit/redis/RedisRateLimiter.java");
        assertThat(compiledSamples()).containsExactlyInAnyOrderElementsOf(shown);
    }

    /** An indented block has no language, so that its Java would not be found. */
    @Test
    void javaOfMarkdownStandsInAFence() throws IOException {
        for (Path file : markdown()) {
            String withoutFences = FENCE.matcher(Files.readString(file)).replaceAll("");
            assertThat(withoutFences).as(file.toString()).doesNotContainPattern(INDENTED_JAVA);
        }
    }

    private static List<Sample> samplesOfJavadoc() throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (Path source : sources(MAIN)) {
            String place = placeOf(source);
            String text = Files.readString(source);
            assertThat(text).as(place).doesNotContain("{@snippet"); // which the javadoc of JDK 17 does not know
            matches(IN_JAVADOC, text)
                    .map(sample -> STAR.matcher(sample.group(1)).replaceAll(""))
                    .filter(sample -> !SHELL.matcher(sample).matches())
                    .forEach(sample -> samples.add(Sample.of(place, sample)));
        }
        return samples;
    }

    private static List<Sample> samplesOfMarkdown() throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (Path file : markdown()) {
            String place = ROOT.relativize(file).toString();
            matches(IN_MARKDOWN, Files.readString(file))
                    .forEach(sample -> samples.add(Sample.of(place, sample.group(1))));
        }
        return samples;
    }

    private static List<Sample> compiledSamples() throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (Path source : sources(TEST)) {
            if (!source.endsWith("SamplesTest.java")) {
                matches(COMPILED, Files.readString(source))
                        .forEach(sample -> samples.add(Sample.of(sample.group(1), sample.group(2))));
            }
        }
        return samples;
    }

    private static Stream<MatchResult> matches(Pattern pattern, String text) {
        return pattern.matcher(text).results();
    }

    /** Returns the name of a source below the folder of its sources. */
    private static String placeOf(Path source) {
        return ROOT.relativize(source)
                .subpath(1 + MAIN.getNameCount(), ROOT.relativize(source).getNameCount())
                .toString();
    }

    private static List<Path> sources(Path folder) throws IOException {
        try (Stream<Path> modules = Files.list(ROOT)) {
            List<Path> sources = new ArrayList<>();
            for (Path module : modules.filter(each -> Files.isDirectory(each.resolve(folder)))
                    .toList()) {
                sources.addAll(filesBelow(module.resolve(folder), ".java"));
            }
            return sources;
        }
    }

    private static List<Path> markdown() throws IOException {
        List<Path> files = new ArrayList<>(filesBelow(ROOT.resolve("docs"), ".md"));
        try (Stream<Path> all = Files.list(ROOT)) {
            all.filter(file -> file.toString().endsWith(".md")).forEach(files::add);
        }
        return files;
    }

    private static List<Path> filesBelow(Path folder, String extension) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(extension)).toList();
        }
    }
}
