package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.ratelimit.Limit;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.WaitingLimiter;
import dev.ratelimit.config.TierFile;
import dev.ratelimit.config.WatchedTierFile;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.testkit.ManualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What pages of the guide show does what they say: samples, tier files, the texts of limits. */
class GuidePagesTest {

    private static final Path GUIDE = Pages.ROOT.resolve("docs/guide");
    private static final Pattern YAML = Pattern.compile("(?ms)^```yaml\n(tiers:.*?)^```$");
    private static final Pattern TEXT_OF_A_LIMIT = Pattern.compile("(?m)^\\| `([^`]+)` \\|");
    private static final Pattern GRAMMAR_OF_THE_PAGE = Pattern.compile("(?ms)^```\n(limit .*?)^```$");
    private static final Pattern GRAMMAR_OF_THE_JAVADOC = Pattern.compile("(?s)<pre>\n( +\\* +limit .*?)</pre>");

    @TempDir
    Path folder;

    private static String page(String name) throws IOException {
        return Files.readString(GUIDE.resolve(name));
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
    }

    private static int admitted(RateLimiter limiter, String organization, String endpoint, int calls) {
        int admitted = 0;
        for (int i = 0; i < calls; i++) {
            admitted += limiter.tryAcquire(organization, endpoint).isAdmitted() ? 1 : 0;
        }
        return admitted;
    }

    @Test
    void theTierFilesOfTheGuideAreTierFiles() throws IOException {
        List<TierFile> files = new ArrayList<>();
        for (String page : List.of("tiers-and-limits.md", "members.md")) {
            found(YAML, page(page)).forEach(yaml -> files.add(TierFile.parse(yaml)));
        }
        assertThat(files)
                .hasSize(3)
                .flatExtracting(file -> file.tiers().keySet())
                .containsExactly("trial", "gemini-free", "trial", "each user");
    }

    @Test
    void aLimiterGoesByAWatchedFile() throws IOException {
        Path file = folder.resolve("tiers.yaml");
        Files.writeString(file, found(YAML, page("tiers-and-limits.md")).get(0));
        // sample: docs/guide/tiers-and-limits.md
        WatchedTierFile tiers = TierFile.watch(file, Duration.ofSeconds(10)); // close it with the application
        RateLimiter limiter = InMemoryRateLimiter.builder()
                .tiers(organization -> tiers.tier(planOf(organization))) // names a tier of the file
                .build();
        // end of sample
        try (tiers) {
            assertThat(admitted(limiter, "acme", "embed", 6)).isEqualTo(5);
        }
    }

    private static String planOf(String organization) {
        return organization.equals("acme") ? "trial" : "production";
    }

    @Test
    void theTextsOfLimitsAreReadAndPrintedAsTheyStand() throws IOException {
        // sample: docs/guide/limits-as-text.md
        Limit limit = Limit.parse("100,000 tokens per 10 seconds, exact");
        Tier trial = Tier.named("trial")
                .limits("chat", limit, Limit.parse("20 calls per minute"))
                .build();
        // end of sample
        assertThat(trial.limitsFor("chat")).hasSize(2);

        List<String> texts = found(TEXT_OF_A_LIMIT, page("limits-as-text.md"));
        assertThat(texts)
                .hasSizeGreaterThan(10)
                .allSatisfy(text -> assertThat(Limit.parse(text)).hasToString(text));
    }

    @Test
    void aTextThatIsNoLimitIsRefusedAsItSays() throws IOException {
        String refusal = catchThrowable(() -> Limit.parse("20 calls a minute")).getMessage();
        assertThat(page("limits-as-text.md")).contains("`" + refusal.replace(": limit=20 calls a minute", "") + "`");
        assertThat(Limit.parse("20 callls per minute").unit()).isEqualTo(new Unit("callls"));
    }

    @Test
    void theGrammarIsThatOfTheJavadoc() throws IOException {
        Path source = Pages.ROOT.resolve("ratelimit-api/src/main/java/dev/ratelimit/Limit.java");
        String javadoc = found(GRAMMAR_OF_THE_JAVADOC, Files.readString(source)).get(0);
        String grammar = found(GRAMMAR_OF_THE_PAGE, page("limits-as-text.md")).get(0);

        assertThat(grammar.replaceAll("\\s+", " ").strip())
                .isEqualTo(javadoc.replaceAll("(?m)^ +\\*", "")
                        .replace("&#92;", "\\")
                        .replaceAll("\\s+", " ")
                        .strip());
    }

    @Test
    void aSnapshotGoesOverARestart() throws IOException {
        Path file = folder.resolve("limits.bin");
        InMemoryRateLimiter before = GuidePageSamples.start(file);
        assertThat(admitted(before, "acme", "chat", 15)).isEqualTo(15);
        GuidePageSamples.stop(before, file);
        assertThat(admitted(GuidePageSamples.start(file), "acme", "chat", 15)).isEqualTo(5);
    }

    @Test
    void supportGrantsMoreOfASpentMonth() {
        ManualTime time = new ManualTime();
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(GuidePageSamples.TRIAL)
                .timeSource(time)
                .build();
        assertThat(admitted(limiter, "acme", "chat", 20)).isEqualTo(20);
        time.advance(Duration.ofMinutes(1));
        assertThat(admitted(limiter, "acme", "chat", 20)).isEqualTo(10);
        GuidePageSamples.grantMore(limiter, "acme");
        assertThat(admitted(limiter, "acme", "chat", 20)).isEqualTo(10);
    }

    @Test
    void aShadowTellsWhatItWouldRefuse() {
        ManualTime time = new ManualTime();
        RateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(GuidePageSamples.TRIED.withLimits(limit -> limit.withAmount(limit.amount() > 30 ? 10 : 30)))
                .timeSource(time)
                .build();
        for (int call = 1; call <= 30; call++) {
            assertThat(GuidePageSamples.wouldBeRefused(limiter, "acme")).hasSize(call <= 10 ? 0 : 1);
        }
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @Test
    void listenersHearOfRejections() {
        LongAdder rejections = new LongAdder();
        RateLimiter limiter = GuidePageSamples.limiterThatTells(rejections);
        assertThat(admitted(limiter, "acme", "chat", 23)).isEqualTo(20);
        assertThat(rejections.sum()).isEqualTo(3);
    }

    @Test
    void aCallWaitsWithoutAThread() {
        ManualTime time = new ManualTime();
        Tier tier = Tier.named("tier").limits("chat", RateLimit.perMinute(1)).build();
        WaitingLimiter patient = InMemoryRateLimiter.builder()
                .tier(tier)
                .timeSource(time)
                .build()
                .waiting(Duration.ofMinutes(5));
        ScheduledExecutorService scheduler = time.scheduler();
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (String prompt : List.of("first", "second")) {
            // sample: docs/guide/waiting.md
            CompletableFuture<String> later = patient.acquireAsync("acme", "chat", Usage.call(), scheduler)
                    .thenApply(decision -> decision.isAdmitted() ? answer(prompt) : "Try again tomorrow");
            // end of sample
            answers.add(later);
        }
        assertThat(answers.get(0)).isCompletedWithValue("You said first");
        assertThat(answers.get(1)).isNotDone();
        time.advance(Duration.ofMinutes(2));
        assertThat(answers.get(1)).isCompletedWithValue("You said second");
    }

    private static String answer(String prompt) {
        return "You said " + prompt;
    }
}
