package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.spring.boot.RateLimitPropertyException.Finding;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Each bad property fails the start, by its name and by the rule. */
@ExtendWith(OutputCaptureExtension.class)
class PropertiesTest {

    private static final String DIGEST = "sha256:" + "0".repeat(64);

    @TempDir
    private Path folder;

    static List<Finding> findings(ApplicationContextRunner runner) {
        List<Finding> findings = new ArrayList<>();
        runner.run(context -> {
            Throwable failure = context.getStartupFailure();
            while (failure != null) {
                if (failure instanceof RateLimitPropertyException wrong) {
                    findings.addAll(wrong.findings());
                }
                failure = failure.getCause();
            }
            assertThat(findings).as("what fails the start").isNotEmpty();
        });
        return findings;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tiers[0].tables[0].rows[0].limit=5 cats per minute | tiers[0].tables[0].rows[0].limit | unknown unit",
                "tiers[0].tables[0].rows[0].all=some | tiers[0].tables[0].rows[0].all | must be \"each\" or",
                "tiers[0].tables[0].rows[0].each[0]=chat | tiers[0].tables[0].rows[0] | must have one of",
                "tiers[1].account=b | tiers[1] | must have a key \"name\"",
                "tiers[0].members[0].kind=user | tiers[0].members[0] | must have a key \"tier\"",
                "endpoints=a,b | endpoints | must be a list, such as [a, b]",
                "tiers-location=file:/absent.yaml | tiers-location | must be a file that can be read",
                "tiers-location=tiers.yaml | tiers-location | must begin with classpath: or file:",
                "reload-every=10s | reload-every | begin with file:",
                "default-tier=gold | default-tier | must be the name of a tier, one of trial",
                "anonymous.by=ip | anonymous.tier | must be the name of a tier, one of trial",
                "organization-header=X-Org | organization-header | ratelimit.trusted-gateway=true",
                "trusted-gateway=true | trusted-gateway | ratelimit.organization-header",
                "members[0].kind=2 | members[0].kind | kind must be a letter",
                "members[0].kind=key | members[0].kind | another than that of API keys",
                "members[0].header=X-User | members[0].kind | kind must be a letter",
                "headers=ietf,rfc | headers | name must be one of ietf",
                "headers=x-ratelimit,x-ratelimit-epoch | headers | one form of X-RateLimit-Reset",
                "status.quota=200 | status.quota | must be from 400 to 599",
                "cancel-on=7xx | cancel-on | must be statuses such as 503 or 5xx",
                "unmatched=refuse | unmatched | ratelimit.paths",
                "paths[0].path=/v1 | paths[0].endpoint | must be the name of an endpoint",
                "paths[0].endpoint=v1 | paths[0].path | must be a path",
                "api-keys.header=X Key | api-keys.header | name must be the name of an HTTP field",
                "api-keys.failed-keys=often | api-keys.failed-keys | often",
                "api-keys.keys[0].digest=abc | api-keys.keys[0].digest | must be sha256: and 64 hexadecimal digits",
                "api-keys.keys[0].key=abc | api-keys.keys[0].key | must be among ratelimit.api-keys.demo-keys",
                "api-keys.keys[0].tier=gold | api-keys.keys[0].tier | must be the name of a tier, one of trial",
                "api-keys.keys[0].tier=trial | api-keys.keys[0].organization | must be the name of an organization",
                "api-keys.demo-keys[0].tier=trial | api-keys.demo-keys[0].key | must be the key",
                "api-keys.keys-location=file:/absent.yaml | api-keys.keys-location | must be a file that can be read",
                "bounds.organizations=0 | bounds.organizations | must be >= 1",
                "bounds.unlisted-endpoints=-1 | bounds.unlisted-endpoints | must be >= 0",
                "bounds.members=-1 | bounds.members | must be >= 0",
                "snapshot.file=/absent/limits.bin | snapshot.file | must be a file in a folder that exists",
                "backend=redis | backend | add spring-boot-starter-data-redis",
                "redis.fallback-share=1.5 | redis.fallback-share | must be more than 0 and at most 1",
            })
    void aBadPropertyIsFoundByItsNameAndByTheRule(String stated, String property, String rule) {
        assertThat(findings(Runners.withTrial().withPropertyValues("ratelimit." + stated)))
                .anySatisfy(finding -> {
                    assertThat(finding.property()).isEqualTo("ratelimit." + property);
                    assertThat(finding.rule()).contains(rule);
                });
    }

    @Test
    void propertiesThatContradictEachOtherAreFound() {
        assertThat(findings(Runners.empty()
                        .withPropertyValues(
                                "ratelimit.tiers-location=classpath:tiers.yaml", "ratelimit.reload-every=10s")))
                .extracting(Finding::property)
                .containsExactly("ratelimit.reload-every");
        assertThat(findings(Runners.withTrial()
                        .withPropertyValues("ratelimit.redis.outage=fail-open", "ratelimit.redis.fallback-share=0.5")))
                .extracting(Finding::property)
                .containsExactly("ratelimit.redis.fallback-share");
        assertThat(findings(Runners.withTrial()
                        .withPropertyValues("ratelimit.backend=redis", "ratelimit.snapshot.file=" + folder + "/a.bin")))
                .extracting(Finding::property)
                .containsExactly("ratelimit.snapshot.file");
        assertThat(findings(Runners.withTrial()
                        .withPropertyValues("ratelimit.snapshot.every=0s", "ratelimit.snapshot.file=" + folder + "/a")))
                .extracting(Finding::property)
                .containsExactly("ratelimit.snapshot.every");
        assertThat(findings(Runners.empty().withPropertyValues("ratelimit.default-tier=trial")))
                .containsExactly(new Finding(
                        "ratelimit.default-tier", "needs tiers: set ratelimit.tiers-location or ratelimit.tiers"));
    }

    @Test
    void aKeyThatIsStatedTwiceIsFound() {
        ApplicationContextRunner one = Runners.withTrial()
                .withPropertyValues(
                        "ratelimit.api-keys.keys[0].digest=" + DIGEST,
                        "ratelimit.api-keys.keys[0].organization=acme",
                        "ratelimit.api-keys.keys[0].tier=trial");
        assertThat(findings(one.withPropertyValues(
                        "ratelimit.api-keys.keys[1].digest="
                                + DIGEST.toUpperCase(Locale.ROOT).replace("SHA", "sha"),
                        "ratelimit.api-keys.keys[1].organization=other",
                        "ratelimit.api-keys.keys[1].tier=trial")))
                .containsExactly(new Finding("ratelimit.api-keys.keys[1]", "must be a key that is not stated before"));
        assertThat(findings(one.withPropertyValues("ratelimit.api-keys.keys[0].members.key=k1")))
                .singleElement()
                .satisfies(finding -> assertThat(finding.property()).isEqualTo("ratelimit.api-keys.keys[0]"));
    }

    @Test
    void aFileThatIsFarTooLongIsReadNoFurther() throws Exception {
        Path file = folder.resolve("tiers.yaml");
        try (RandomAccessFile huge = new RandomAccessFile(file.toFile(), "rw")) {
            huge.setLength(1L << 34); // as a sparse file takes no room
        }

        assertThat(findings(Runners.empty().withPropertyValues("ratelimit.tiers-location=file:" + file)))
                .containsExactly(new Finding("ratelimit.tiers-location", "must be a file of at most 16777216 bytes"));
    }

    @Test
    void jsonIsReadByTheParserOfYamlThatBootBrings() throws Exception {
        Path file = Files.writeString(
                folder.resolve("tiers.json"), "{\n\t\"tiers\":\t[{\"name\": \"free\", \"message\": \"a\\/b\"}]\n}\n");

        Runners.empty()
                .withPropertyValues("ratelimit.tiers-location=file:" + file)
                .run(context -> assertThat(
                                context.getBean(TierCatalog.class).tier("free").message())
                        .isEqualTo("a/b"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "keys: [{digest: abc, organization: acme, tier: trial}]",
                "keys: [{organisation: acme}]",
                "kees: []",
                "keys: [",
                "- 1",
            })
    void aBrokenFileOfKeysIsFound(String text) throws Exception {
        Path file = Files.writeString(folder.resolve("keys.yaml"), text);

        assertThat(findings(Runners.withTrial().withPropertyValues("ratelimit.api-keys.keys-location=file:" + file)))
                .singleElement()
                .satisfies(finding -> assertThat(finding.property()).isEqualTo("ratelimit.api-keys.keys-location"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"headrs=ietf", "backend=disk", "snapshot.evry=1s", "on-error=open", "redis.timeout=fast"})
    void whatIsNoPropertyOrOfAnotherTypeFailsTheStartToo(String stated) {
        Runners.withTrial()
                .withPropertyValues("ratelimit." + stated)
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining("ratelimit." + stated.substring(0, stated.indexOf('='))));
    }

    @Test
    void theAnalysisNamesPropertyValueOriginAndRuleOfEachAndNoKey(CapturedOutput output) throws Exception {
        Path file = Files.writeString(folder.resolve("application.yml"), """
                ratelimit:
                  tiers:
                    - name: on
                      tables: [{name: calls per minute, rows: [{all: each, limit: 5 cats per minute}]}]
                spring.main.web-application-type: none
                """);

        assertThatThrownBy(() -> TestService.start(TestApplication.class, "spring.config.location=file:" + file))
                .isInstanceOf(Exception.class);
        assertThat(output)
                .contains("APPLICATION FAILED TO START", "The rate limits are not configured correctly")
                .contains("Property: ratelimit.tiers[0].tables[0].rows[0].limit", "Value: \"5 cats per minute\"")
                .contains("application.yml] - 4:67", "Rule: unknown unit")
                .contains("Property: ratelimit.tiers[0].name", "true is none for some tools");
    }

    @Test
    void aKeyInThePlaceOfADigestIsNotPrinted(CapturedOutput output) {
        assertThatThrownBy(() -> TestService.start(
                        TestApplication.class,
                        "spring.main.web-application-type=none",
                        "ratelimit.tiers[0].name=trial",
                        "ratelimit.api-keys.keys[0].key=secret-of-acme",
                        "ratelimit.api-keys.keys[1].digest=secret-of-other"))
                .isInstanceOf(Exception.class);
        assertThat(output)
                .contains("Property: ratelimit.api-keys.keys[0].key")
                .contains("Property: ratelimit.api-keys.keys[1].digest")
                .doesNotContain("secret-of");
    }
}
