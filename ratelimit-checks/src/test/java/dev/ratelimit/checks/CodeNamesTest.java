package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The classes and methods that pages name, such as {@code `SlidingWindow.charge`}, are in the sources. The numbers of
 * races and of broken twins are those of {@code ratelimit-stress}.
 */
class CodeNamesTest {

    private static final Pattern NAME = Pattern.compile("`([A-Z][a-z]+(?:[A-Z]\\w*)?)(?:\\.(\\w+))?(?:\\([^`]*\\))?`");
    private static final Pattern FENCE = Pattern.compile("(?ms)^```.*?^```");
    private static final Pattern TYPE = Pattern.compile("\\b(?:class|interface|record|enum) ([A-Z]\\w+)");

    /** Pages that name the classes of others, or of earlier versions. */
    private static final Set<String> OF_OTHERS = Set.of("CHANGELOG.md", "comparison.md");

    /** Classes of the JDK, of Spring, Lettuce, Tomcat and Jetty; a header field; files of recorded traffic. */
    private static final Set<String> KNOWN = Set.of(
            "Authorization",
            "AzureLLMInferenceTrace_code",
            "AzureLLMInferenceTrace_conv",
            "ClientResources",
            "ClusterTopologyRefreshOptions",
            "CompletionStage",
            "ConcurrentHashMap",
            "DataSource",
            "Flux",
            "ForwardedRequestCustomizer",
            "MicrometerCommandLatencyRecorder",
            "Mono",
            "Observation",
            "RedisClient",
            "RedisClusterClient",
            "RemoteIpValve",
            "RequestNotPermitted",
            "ResponseStatusException",
            "Schedulers",
            "Semaphore",
            "ServerWebExchange",
            "String",
            "System");

    private final Map<String, String> sources = sources();

    CodeNamesTest() throws IOException {}

    private static Map<String, String> sources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> folders = Files.list(Pages.ROOT)) {
            for (Path folder : folders.filter(each -> each.toString().matches(".*/(ratelimit-.*|examples)"))
                    .toList()) {
                for (Path file : Pages.files(folder, "java")) {
                    String text = Files.readString(file);
                    TYPE.matcher(text).results().forEach(type -> sources.merge(type.group(1), text, String::concat));
                }
            }
        }
        return sources;
    }

    @Test
    void whatPagesNameIsInTheSources() throws IOException {
        List<String> missing = new ArrayList<>();
        int names = 0;
        for (Path page : Pages.all()) {
            if (!OF_OTHERS.contains(page.getFileName().toString())) {
                Matcher name =
                        NAME.matcher(FENCE.matcher(Files.readString(page)).replaceAll(""));
                while (name.find()) {
                    names++;
                    if (!KNOWN.contains(name.group(1)) && !isThere(name.group(1), name.group(2))) {
                        missing.add(Pages.ROOT.relativize(page) + ": " + name.group());
                    }
                }
            }
        }
        assertThat(names).isGreaterThan(300);
        assertThat(missing).isEmpty();
    }

    private boolean isThere(String type, String member) {
        String text = sources.get(type);
        return text != null
                && (member == null
                        || Pattern.compile("\\b" + member + "\\b").matcher(text).find());
    }

    @Test
    void theNumbersOfRacesAndTwinsAreThoseOfTheSources() throws IOException {
        String stress = "ratelimit-stress/src/";
        long races = 0;
        for (Path file : Pages.files(Pages.ROOT.resolve(stress + "main"), "java")) {
            races += count("(?m)^@JCStressTest$", Files.readString(file));
        }
        long twins = count(
                "new Twin\\(",
                Files.readString(Pages.ROOT.resolve(stress + "test/java/dev/ratelimit/core/Twins.java")));
        String guarantees = Files.readString(Pages.ROOT.resolve("docs/guarantees.md"));
        assertThat(guarantees).contains("| jcstress | " + races + " races ");
        assertThat(guarantees).contains("| broken twins | " + twins + " copies ");
    }

    private static long count(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().count();
    }
}
