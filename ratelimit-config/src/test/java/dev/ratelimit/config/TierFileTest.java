package dev.ratelimit.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TierFileTest {

    private static final Unit IMAGES = new Unit("images");

    private static final Tier TRIAL = Tier.named("trial")
            .account("trials")
            .message("Please upgrade.")
            .table(LimitTable.named("calls")
                    .each(RateLimit.perMinute(20), "chat", "embed")
                    .together("searches", RateLimit.perMinute(5), "search", "find")
                    .unlimited("health")
                    .eachOtherEndpoint(RateLimit.perMinute(100)))
            .table(LimitTable.named("images")
                    .each(RateLimit.of(IMAGES, 2, Duration.ofMinutes(1)), "draw")
                    .asShadow())
            .table(LimitTable.named("spending")
                    .otherEndpointsTogether(
                            "all",
                            Quota.perMonth(Unit.NANO_USD, 25_000_000_000L).withOverrun(Overrun.UNTIL_REACHED)))
            .build();

    private static final String YAML = """
            units: [images]
            endpoints: [chat, embed, search, find, health, draw]
            tiers:
              - name: trial
                account: trials
                message: Please upgrade.
                tables:
                  - name: calls
                    rows:
                      - {each: [chat, embed], limit: 20 calls per minute}
                      - {together: [search, find], named: searches, limit: 5 calls per minute}
                      - {unlimited: [health]}
                      - {others: each, limit: 100 calls per minute}
                  - name: images
                    shadow: true
                    rows:
                      - each: [draw]
                        limit: "2 images per minute"
                  - name: spending
                    rows:
                      - {others: together, named: all, limit: "$25 per calendar month, until reached"}
              - name: free
            """;

    private static final String JSON = """
            {
            \t"units": ["images"],
            \t"tiers": [{
            \t\t"name": "trial", "account": "trials", "message": "Please upgrade.",
            \t\t"tables": [
            \t\t\t{"name": "calls", "rows": [
            \t\t\t\t{"each": ["chat", "embed"], "limit": "20 calls per minute"},
            \t\t\t\t{"together": ["search", "find"], "named": "searches", "limit": "5 calls per minute"},
            \t\t\t\t{"unlimited": ["health"]},
            \t\t\t\t{"others": "each", "limit": "100 calls per minute"}]},
            \t\t\t{"name": "images", "shadow": true, "rows": [{"each": ["draw"], "limit": "2 images per minute"}]},
            \t\t\t{"name": "spending", "rows": [
            \t\t\t\t{"others": "together", "named": "all", "limit": "$25 per calendar month, until reached"}]}]
            \t}, {"name": "free"}]
            }
            """;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {YAML, JSON, "\uFEFF" + YAML})
    void tiersAreReadFromYamlAndJson(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("tiers.yaml"), text);

        TierFile read = TierFile.read(file);

        assertThat(read.tiers().values())
                .containsExactly(TRIAL, Tier.named("free").build());
        assertThat(read.tier("trial")).isEqualTo(TRIAL);
        assertThat(read).isEqualTo(TierFile.parse(YAML)).hasSameHashCodeAs(TierFile.parse(YAML));
    }

    @Test
    void allEscapesOfJsonAreRead() {
        String message = "\\u00e9 \\ud83d\\ude00 \\/ \\\\ \\\" \\b\\f\\n\\r\\t";
        String json = "{\"tiers\":[{\"name\":\"free\",\"message\":\"" + message + "\"}]}";

        assertThat(TierFile.parse(json).tier("free").message()).isEqualTo("\u00e9 \uD83D\uDE00 / \\ \" \b\f\n\r\t");
    }

    @Test
    void tabsSeparateTheTokensOfJsonAndStayInItsTexts() {
        String json = "\t{\n\t\"tiers\"\t:\t[\n\t\t{\"name\":\t\"free\",\t\"message\":\"a\tb\\\"\tc\\\\\"}\t]\t}\t\n";

        assertThat(TierFile.parse(json).tier("free").message()).isEqualTo("a\tb\"\tc\\");
        assertThat(TierFile.parse('\uFEFF' + json)).isEqualTo(TierFile.parse(json));
    }

    @ParameterizedTest
    @ValueSource(strings = {"'a\tb'", "'\" a\\/b'", "a\tb", "\"\\ufdd0\""})
    void aTextOfYamlThatBeginsLikeJsonStays(String message) {
        String text = "{tiers: [{name: free, message: " + message + "}]}";
        String block = "tiers:\n- name: free\n  message: " + message;

        assertThat(TierFile.parse(text)).isEqualTo(TierFile.parse(block));
        assertThat(TierFile.parse(text).tier("free").message())
                .hasSize(message.startsWith("\"") ? 1 : message.replace("'", "").length());
    }

    @Test
    void anEscapeOfJsonIsNoOtherCharacter() {
        String json = "{\"tiers\":[{\"name\":\"free\",\"message\":\"\\uFDD0\"}]}";

        assertThat(TierFile.parse(json).tier("free").message()).isEqualTo("\uFDD0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\UFFFFFFFF\"", "\\u", "\\x"})
    void anEscapeThatIsNoCharacterIsFound(String end) {
        assertThatExceptionOfType(TierFileException.class)
                .isThrownBy(() -> TierFile.parse("tiers: \"" + end))
                .withMessageContaining("no YAML: ");
    }

    @Test
    void aTextBehindAnEscapedSlashIsFoundWhereItStands() {
        assertThatExceptionOfType(TierFileException.class)
                .isThrownBy(() -> TierFile.parse("{\"tiers\":[{\"name\":\"a\\/b\",\"nam\":\"c\"}]}"))
                .withMessageContaining("text:1:26: unknown key \"nam\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0000", "\u007f", "\u0085", "\u2028", "\u2029", "\uD800", "\uFDD0"})
    void aCharacterThatSomeToolsReadAsAnotherOneMustBeEscaped(String character) {
        String escaped = String.format("\\u%04x", (int) character.charAt(0));
        String text = "tiers:\n- {name: free, message: \"a %s b\"}";

        assertThat(TierFile.parse(text.formatted(escaped)).tier("free").message())
                .isEqualTo("a " + character + " b");
        assertThatExceptionOfType(TierFileException.class)
                .isThrownBy(
                        () -> TierFile.parse('\uFEFF' + text.replace('\n', '\r').formatted(character)))
                .withMessageContaining("text:2:28: no YAML: this character must be written as \"" + escaped + '"');
    }

    @Test
    void aTierThatIsNotThereIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TierFile.parse(YAML).tier("gold"))
                .withMessage("tier must be one of trial, free: tier=gold");
    }

    @Test
    void whatIsWrittenIsReadBackEqual() {
        String text = TierFile.write(List.of(TRIAL, Tier.named("free").build()));

        assertThat(TierFile.parse(text)).isEqualTo(TierFile.parse(YAML));
        assertThat(text).isEqualTo("""
                        units: ["images"]
                        tiers:
                          - name: "trial"
                            account: "trials"
                            message: "Please upgrade."
                            tables:
                              - name: "calls"
                                rows:
                                  - {each: ["chat", "embed"], limit: "20 calls per minute"}
                                  - {together: ["search", "find"], named: "searches", limit: "5 calls per minute"}
                                  - {unlimited: ["health"]}
                                  - {others: each, limit: "100 calls per minute"}
                              - name: "images"
                                shadow: true
                                rows:
                                  - {each: ["draw"], limit: "2 images per minute"}
                              - name: "spending"
                                rows:
                                  - {others: together, named: "all", limit: "$25 per calendar month, until reached"}
                          - name: "free"
                        """);
    }

    @Test
    void aRowOfATierHasSeveralLimits() {
        Tier read = TierFile.parse("""
                        tiers:
                          - name: free
                            other-endpoints: refused
                            rows:
                              - {each: [pro], limits: [2 calls per minute, "125,000 tokens per minute"]}
                              - {each: [flash], limits: [10 calls per minute]}
                              - {together: [a, b], named: both, limit: 50 calls per calendar day}
                              - {unlimited: [ping]}
                        """).tier("free");

        assertThat(read)
                .isEqualTo(Tier.named("free")
                        .table(LimitTable.named("calls per minute")
                                .each(RateLimit.perMinute(2), "pro")
                                .each(RateLimit.perMinute(10), "flash")
                                .unlimited("ping"))
                        .table(LimitTable.named("tokens per minute")
                                .each(RateLimit.perMinute(Unit.TOKENS, 125_000), "pro")
                                .unlimited("ping"))
                        .table(LimitTable.named("calls per day")
                                .together("both", Quota.perDay(50), "a", "b")
                                .unlimited("ping"))
                        .refuseOtherEndpoints()
                        .build());
        assertThat(TierFile.parse(TierFile.write(List.of(read))).tier("free")).isEqualTo(read);
    }

    @Test
    void whatARowOfATierNamesIsNotAmongTheOthers() {
        Tier read = TierFile.parse("""
                        tiers:
                          - name: free
                            rows:
                              - {each: [pro], limit: 50 calls per calendar day}
                              - {others: each, limits: [10 calls per minute, 500 calls per calendar day]}
                        """).tier("free");

        assertThat(read.limitsFor("pro"))
                .extracting(applied -> applied.limit().toString())
                .containsExactly("50 calls per calendar day");
        assertThat(read.limitsFor("flash")).hasSize(2);
    }

    @Test
    void aRowMayNameEndpointsByPatterns() {
        Tier read = TierFile.parse("""
                        endpoints: [chat/fast, a:trial, ping, embed]
                        tiers:
                          - name: free
                            rows:
                              - {each: [chat/*, embed], limits: [2 calls per minute, 50 calls per calendar day]}
                              - {together: ["*:trial"], named: free models, limit: 5 calls per minute}
                              - {unlimited: [pi*]}
                              - {others: each, limit: 9 calls per calendar day}
                        """).tier("free");

        assertThat(read)
                .isEqualTo(Tier.named("free")
                        .table(LimitTable.named("calls per minute")
                                .each(RateLimit.perMinute(2), "chat/*", "embed")
                                .together("free models", RateLimit.perMinute(5), "*:trial")
                                .unlimited("pi*"))
                        .table(LimitTable.named("calls per day")
                                .each(Quota.perDay(50), "chat/*", "embed")
                                .eachOtherEndpoint(Quota.perDay(9))
                                .unlimited("*:trial", "pi*"))
                        .build());
        assertThat(TierFile.parse(TierFile.write(List.of(read))).tier("free")).isEqualTo(read);
    }

    @Test
    void aTierNamesTheTiersOfItsMembers() {
        Tier user = Tier.named("each user")
                .table(LimitTable.named("calls per user").each(RateLimit.perSecond(2), "chat/*"))
                .build();
        Tier key = Tier.named("each key").message("Use fewer calls.").build();
        Tier trial = Tier.named("trial")
                .account("trial")
                .table(LimitTable.named("calls").allTogether(RateLimit.perMinute(100)))
                .member("user", user)
                .member("key", key)
                .build();
        TierFile read = TierFile.parse("""
                        tiers:
                          - name: each user
                            tables:
                              - {name: calls per user, rows: [{each: [chat/*], limit: 2 calls per second}]}
                          - name: trial
                            account: trial
                            members: [{kind: user, tier: each user}, {kind: key, tier: each key}]
                            tables:
                              - {name: calls, rows: [{all: together, limit: 100 calls per minute}]}
                          - {name: each key, message: Use fewer calls.}
                        """);

        assertThat(read.tiers().values()).containsExactly(user, trial, key);
        assertThat(TierFile.write(read.tiers().values())).contains("""
                            members:
                              - {kind: "user", tier: "each user"}
                              - {kind: "key", tier: "each key"}
                        """);
        assertThat(TierFile.parse(TierFile.write(read.tiers().values()))).isEqualTo(read);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TierFile.write(List.of(trial, user)))
                .withMessageContaining("unknown tier \"each key\"; known are trial, each user");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TierFile.write(
                        List.of(trial, user, Tier.named("each key").build())))
                .withMessageStartingWith("tiers must be what a tier file can hold: ");
    }

    @Test
    void aTableMayBeForAllEndpoints() {
        Tier read = TierFile.parse("""
                        tiers:
                          - name: free
                            tables:
                              - {name: calls per minute, rows: [{all: each, limit: 10 calls per minute}]}
                              - {name: calls in flight, rows: [{all: together, limit: 5 calls in flight for 1 hour}]}
                        """).tier("free");

        assertThat(read)
                .isEqualTo(Tier.named("free")
                        .table(LimitTable.named("calls per minute").everyEndpoint(RateLimit.perMinute(10)))
                        .table(LimitTable.named("calls in flight")
                                .allTogether(ConcurrencyLimit.of(5, Duration.ofHours(1))))
                        .build());
        assertThat(TierFile.parse(TierFile.write(List.of(read))).tier("free")).isEqualTo(read);
    }

    @Test
    void whatAFileCannotHoldIsNotWritten() {
        Tier free = Tier.named("free").build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TierFile.write(List.of(free, free)))
                .withMessage("tiers must be of a name each: tiers=free");
        assertThatIllegalArgumentException().isThrownBy(() -> TierFile.write(List.of()));
        Tier large = Tier.named("x".repeat(1 << 20)).build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TierFile.write(List.of(large)))
                .withMessageStartingWith("tiers must be what a tier file can hold");
        Tier withoutRows = Tier.named("x").table(LimitTable.named("t")).build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TierFile.write(List.of(withoutRows)))
                .withMessageContaining("rows must be at least one");
    }

    @Test
    void aFileThatCannotBeReadIsNoBrokenFile() throws IOException {
        assertThatThrownBy(() -> TierFile.read(folder.resolve("none.yaml"))).isInstanceOf(NoSuchFileException.class);
        Path latin = Files.write(folder.resolve("latin.yaml"), "tiers: é".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> TierFile.read(latin))
                .isInstanceOf(TierFileException.class)
                .hasMessageEndingWith("latin.yaml:1:1: a tier file must be in UTF-8");
    }
}
