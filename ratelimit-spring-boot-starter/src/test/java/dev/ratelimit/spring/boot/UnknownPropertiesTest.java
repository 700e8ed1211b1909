package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.spring.boot.RateLimitPropertyException.Finding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A property that no record has fails the start, which names those that are known in its place. */
@ExtendWith(OutputCaptureExtension.class)
class UnknownPropertiesTest {

    @TempDir
    private Path folder;

    private static List<Finding> findings(String... properties) {
        return PropertiesTest.findings(Runners.withTrial().withPropertyValues(properties));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "headrs=ietf | known below ratelimit are anonymous, api-keys, backend,",
                "redis.time-out-in=1s | known below ratelimit.redis are fallback-share, key-prefix, outage,",
                "snapshot.evry=1s | known below ratelimit.snapshot are every, file, on-damage",
                "tiers[0].acount=x | known below ratelimit.tiers[0] are account,",
                "tiers[0].tabels[0].rows[0].all=x | known below ratelimit.tiers[0] are account,",
                "tiers[0].tables[0].shadwo=true | known below ratelimit.tiers[0].tables[0] are name, rows, shadow",
                "tiers[0].tables[0].rows[0].limt=x | known below ratelimit.tiers[0].tables[0].rows[0] are all,",
                "paths.path=/v1 | ratelimit.paths is a list, which begins with ratelimit.paths[0]",
                "redis.timeout.seconds=1 | ratelimit.redis.timeout is one value",
            })
    void theNamesThatAreKnownInThePlaceOfAnUnknownOneAreTold(String stated, String rule) {
        assertThat(findings("ratelimit." + stated)).singleElement().satisfies(finding -> {
            assertThat(finding.property()).isEqualTo("ratelimit." + stated.substring(0, stated.indexOf('=')));
            assertThat(finding.rule()).startsWith("unknown; " + rule);
        });
    }

    @Test
    void allNamesOfTheGuideAreKnownAndSoAreTheirOtherForms() {
        Runners.withTrial()
                .withPropertyValues(
                        "ratelimit.apiKeys.demo_keys[0].key=demo",
                        "ratelimit.api-keys.demo-keys[0].organization=acme",
                        "ratelimit.API-KEYS.demokeys[0].tier=trial",
                        "ratelimit.api-keys.demo-keys[0].members.user=u7",
                        "ratelimit.api-keys.demo-keys[0].revokedUntil=2020-01-01T00:00:00Z",
                        "ratelimit.status.quota=402",
                        "ratelimit.headers=ietf,x-ratelimit",
                        "ratelimit.cancel-on[0]=5xx")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void anUnknownNameIsToldOnceHoweverMuchStandsBelowIt() {
        assertThat(findings("ratelimit.redes.timeout=1s", "ratelimit.redes.outage=fail-open", "ratelimit.headrs=x"))
                .hasSize(2)
                .extracting(Finding::property)
                .contains("ratelimit.headrs");
    }

    @Test
    void theStartSaysItAndPrintsNoKey(CapturedOutput output) {
        assertThatThrownBy(() -> TestService.start(
                        TestApplication.class,
                        "spring.main.web-application-type=none",
                        "ratelimit.headRs=ietf",
                        "ratelimit.api-keys.demo-keys[0].kye=secret-of-acme",
                        "ratelimit.api-keys.demo-keys[0].organization=acme"))
                .isInstanceOf(Exception.class);
        assertThat(output)
                .contains("APPLICATION FAILED TO START", "The rate limits are not configured correctly")
                .contains("Property: ratelimit.headrs", "Value: \"ietf\"", "Origin: \"ratelimit.headRs\"")
                .contains("Rule: unknown; known below ratelimit are anonymous, api-keys, backend,")
                .contains("Property: ratelimit.api-keys.demo-keys[0].kye", "Value: (a key)")
                .doesNotContain("secret-of-acme");
    }

    /** Boot fails while it binds then. */
    @Test
    void theStartAlsoSaysItOfAnItemOfAListThatHasNoKnownName(CapturedOutput output) {
        assertThatThrownBy(() -> TestService.start(
                        TestApplication.class,
                        "spring.main.web-application-type=none",
                        "ratelimit.api-keys.demo-keys[0].kye=secret-of-acme"))
                .isInstanceOf(Exception.class);
        assertThat(output)
                .contains("Property: ratelimit.api-keys.demo-keys[0].kye", "Value: (a key)")
                .contains("Rule: unknown; known below ratelimit.api-keys.demo-keys[0] are digest, id, key, members,")
                .doesNotContain("left unbound.", "secret-of-acme");
    }

    @Test
    void anUnknownNameInAFileOfKeysIsToldWithThoseThatAreKnown() throws Exception {
        Path file = Files.writeString(folder.resolve("keys.yaml"), """
                keys:
                  - {digest: "sha256:%s", organization: acme, tier: trial, revokd: true}
                """.formatted("0".repeat(64)));

        assertThat(findings("ratelimit.api-keys.keys-location=file:" + file))
                .containsExactly(new Finding(
                        "ratelimit.api-keys.keys-location",
                        "keys[0].revokd: unknown; known below keys[0] are digest, id, key, members, organization,"
                                + " revoked, revoked-until, tier"));
    }
}
