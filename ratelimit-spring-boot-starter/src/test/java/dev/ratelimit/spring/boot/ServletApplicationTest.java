package dev.ratelimit.spring.boot;

import static dev.ratelimit.spring.boot.TestService.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** One application in memory, by real HTTP on its own server. Its tests go on at a time of their own each. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class ServletApplicationTest {

    private static final String TIERS = """
            tiers:
              - name: trial
                tables:
                  - name: calls per minute
                    rows:
                      - {each: [chat], limit: 3 calls per minute}
                      - {others: each, limit: 2 calls per minute}
              - name: large
                tables:
                  - {name: calls per minute, rows: [{all: together, limit: 50 calls per minute}]}
            """;

    private static final String KEYS = """
            keys:
              - {digest: "sha256:%s", organization: filed, tier: trial}
            """.formatted(KeyDigest.of("filed").hex());

    @TempDir
    static Path folder;

    private static TestService service;
    private static ManualTime time;

    /** Clocks that the test moves. */
    @Configuration(proxyBeanMethods = false)
    @Import(TestApplication.class)
    static class WithManualTime {

        @Bean
        TimeSource time() {
            return new ManualTime();
        }
    }

    @BeforeAll
    static void start(CapturedOutput output) throws Exception {
        write("tiers.yaml", TIERS);
        write("keys.yaml", KEYS);
        service = TestService.start(
                WithManualTime.class,
                "ratelimit.tiers-location=file:" + folder.resolve("tiers.yaml"),
                "ratelimit.api-keys.keys-location=file:" + folder.resolve("keys.yaml"),
                "ratelimit.reload-every=10ms",
                "ratelimit.api-keys.demo-keys[0].key=demo",
                "ratelimit.api-keys.demo-keys[0].organization=acme",
                "ratelimit.api-keys.demo-keys[0].tier=trial",
                "ratelimit.api-keys.demo-keys[1].key=revoked",
                "ratelimit.api-keys.demo-keys[1].organization=acme",
                "ratelimit.api-keys.demo-keys[1].tier=trial",
                "ratelimit.api-keys.demo-keys[1].revoked=true",
                "ratelimit.api-keys.failed-keys=4 calls per hour",
                "ratelimit.paths[0].path=/v1/{endpoint}",
                "ratelimit.paths[0].endpoint={endpoint}",
                "ratelimit.paths[1].path=/actuator/**",
                "ratelimit.paths[1].endpoint=actuator",
                "ratelimit.headers=ietf,x-ratelimit",
                "ratelimit.expose-headers=true",
                "ratelimit.cancel-on=5xx",
                "ratelimit.log-rejections=true",
                "management.endpoints.web.exposure.include=health,prometheus");
        time = (ManualTime) service.context.getBean(TimeSource.class);
        assertThat(output)
                .contains("limits are per process")
                .contains("2 demo keys")
                .doesNotContain("WARN", "ERROR");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @BeforeEach
    void afterEverythingHasExpired() {
        time.advance(Duration.ofHours(2));
    }

    private static void write(String name, String text) throws Exception {
        Path whole = Files.writeString(folder.resolve(name + ".new"), text);
        Files.move(whole, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String field(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    @Test
    void anAnswerTellsWhereTheClientStands() throws Exception {
        HttpResponse<String> answer = service.call("/v1/chat", "demo");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("chat");
        assertThat(field(answer, "RateLimit-Policy")).isEqualTo("\"calls per minute/chat\";q=3;w=60");
        assertThat(field(answer, "RateLimit")).isEqualTo("\"calls per minute/chat\";r=2;t=60");
        assertThat(field(answer, "X-RateLimit-Remaining")).isEqualTo("2");
    }

    @Test
    void aRefusalIsAProblemWithTheWaitAndNothingIsLoggedAtWarn(CapturedOutput output) throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(service.call("/v1/chat", "demo").statusCode()).isEqualTo(200);
        }
        time.advance(Duration.ofMillis(500));
        HttpResponse<String> no = service.call("/v1/chat", "demo");

        assertThat(no.statusCode()).isEqualTo(429);
        assertThat(field(no, "Content-Type")).isEqualTo("application/problem+json");
        assertThat(field(no, "Retry-After")).isEqualTo("60");
        assertThat(field(no, "retry-after-ms")).isEqualTo("59500");
        assertThat(field(no, "Cache-Control")).isEqualTo("no-store");
        assertThat(no.body())
                .startsWith("{\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\"")
                .contains("\"violated-policies\":[\"calls per minute/chat\"]");
        assertThat(service.call("/v1/other", "demo").statusCode()).isEqualTo(200);
        assertThat(output).contains("INFO").contains("rejected acme chat").doesNotContain("WARN", "ERROR");
    }

    @Test
    void aKeyThatIsMissingUnknownOrRevokedIsAnsweredWith401AndLimitedByItsNetwork() throws Exception {
        HttpResponse<String> missing = service.send("POST", "/v1/chat");
        HttpResponse<String> unknown = service.call("/v1/chat", "guess");
        HttpResponse<String> revoked = service.call("/v1/chat", "revoked");
        HttpResponse<String> twoFields =
                service.send("POST", "/v1/chat", "Authorization", "Bearer demo", "Authorization", "Bearer demo");

        assertThat(missing.statusCode()).isEqualTo(401);
        assertThat(field(missing, "WWW-Authenticate")).isEqualTo("Bearer");
        assertThat(unknown.statusCode()).isEqualTo(401);
        assertThat(field(unknown, "WWW-Authenticate")).isEqualTo("Bearer error=\"invalid_token\"");
        assertThat(revoked.statusCode()).isEqualTo(401);
        assertThat(revoked.body()).contains("The API key is revoked");
        assertThat(twoFields.statusCode()).isEqualTo(401);
        assertThat(service.call("/v1/chat", "guess").statusCode()).isEqualTo(429);
        assertThat(service.call("/v1/chat", "demo").statusCode()).isEqualTo(200);
    }

    @Test
    void whatNoPatternMatchesPassesWithoutAKey() throws Exception {
        HttpResponse<String> open = service.send("GET", "/open");

        assertThat(open.body()).isEqualTo("nobody");
        assertThat(open.headers().firstValue("RateLimit")).isEmpty();
    }

    @Test
    void theActuatorAndTheErrorPageAreNotLimitedAlthoughAPatternMatches() throws Exception {
        HttpResponse<String> health = service.send("GET", "/actuator/health");

        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.headers().firstValue("RateLimit")).isEmpty();
    }

    @Test
    void scriptsOfOtherOriginsMayReadTheFields() throws Exception {
        HttpResponse<String> answer =
                service.send("POST", "/v1/chat", "Authorization", "Bearer demo", "Origin", "https://app.example");

        assertThat(field(answer, "Access-Control-Expose-Headers")).contains("RateLimit-Policy", "X-RateLimit-Limit");
        HttpResponse<String> preflight = service.send(
                "OPTIONS", "/v1/chat", "Origin", "https://app.example", "Access-Control-Request-Method", "POST");
        assertThat(preflight.headers().firstValue("RateLimit")).isEmpty();
        assertThat(preflight.statusCode()).isNotEqualTo(401);
    }

    @Test
    void aCallThatEndsWithAStatusThatIsFreePaysNothing() throws Exception {
        for (int i = 0; i < 5; i++) {
            assertThat(service.call("/v1/busy", "demo").statusCode()).isEqualTo(503);
            assertThat(service.call("/v1/broken", "demo").statusCode()).isEqualTo(500);
        }
    }

    @Test
    void anAsynchronousCallIsChargedOnce() throws Exception {
        HttpResponse<String> later = service.send("GET", "/v1/later", "Authorization", "Bearer demo");

        assertThat(later.body()).isEqualTo("later");
        assertThat(field(later, "RateLimit")).isEqualTo("\"calls per minute/later\";r=1;t=60");
        HttpResponse<String> second = service.send("GET", "/v1/later", "Authorization", "Bearer demo");
        assertThat(field(second, "RateLimit")).startsWith("\"calls per minute/later\";r=0;");
    }

    @Test
    void aHandlerUsesItsReservation() throws Exception {
        assertThat(service.call("/v1/twice", "demo").body()).isEqualTo("twice");
        assertThat(service.call("/v1/twice", "demo").statusCode()).isEqualTo(429);
    }

    @Test
    void aChangedFileOfTiersIsTakenOverAndABrokenOneIsNot(CapturedOutput output) throws Exception {
        write("tiers.yaml", TIERS.replace("3 calls", "7 calls"));
        until(
                "the change is there",
                () -> field(service.call("/v1/chat", "demo"), "RateLimit-Policy")
                        .contains("q=7"));

        write("tiers.yaml", TIERS.replace("3 calls", "3 cats"));
        until("the broken file is told", () -> output.getOut().contains("cats"));
        write("tiers.yaml", TIERS.replace("trial", "treble"));
        until("the missing tier is told", () -> output.getOut().contains("must be the name of a tier, one of treble"));
        time.advance(Duration.ofHours(2));
        assertThat(field(service.call("/v1/chat", "demo"), "RateLimit-Policy")).contains("q=7");

        write("tiers.yaml", TIERS);
        until(
                "it is as before",
                () -> field(service.call("/v1/chat", "demo"), "RateLimit-Policy")
                        .contains("q=3"));
        assertThat(output.getOut().split("not taken over", -1))
                .as("each is told once")
                .hasSize(3);
    }

    @Test
    void aChangedFileOfKeysIsTakenOver() throws Exception {
        assertThat(service.call("/v1/chat", "filed").statusCode()).isEqualTo(200);

        write("keys.yaml", KEYS.replace("tier: trial", "tier: large, revoked: true"));
        until("the key is revoked", () -> service.call("/v1/chat", "filed").statusCode() != 200);
        write("keys.yaml", KEYS.replace("tier: trial", "tier: large"));
        until(
                "the key is of another tier",
                () -> field(service.call("/v1/chat", "filed"), "RateLimit-Policy")
                        .contains("q=50"));
        assertThat(service.context.getBean(KeyDirectory.class).tiersOf("filed"))
                .singleElement()
                .satisfies(tier -> assertThat(tier.name()).isEqualTo("large"));
    }

    @Test
    void theDecisionsAreCounted() throws Exception {
        service.call("/v1/metered", "demo");

        String scraped = service.send("GET", "/actuator/prometheus").body();
        assertThat(scraped)
                .containsPattern("ratelimit_decisions_total\\{outcome=\"admitted\",tier=\"trial\"} [1-9]")
                .contains("ratelimit_organizations ");
    }

    @Test
    void allBeansHaveTheNameOfTheLibrary() {
        assertThat(service.context.getBeanNamesForType(RateLimiter.class)).containsExactly("ratelimitLimiter");
        for (String name : service.context.getBeanDefinitionNames()) {
            Class<?> type = service.context.getType(name);
            boolean isOurs = type != null && type.getName().startsWith("dev.ratelimit.spring");
            boolean isOfTest = type != null && type.getName().contains("Test");
            assertThat(!isOurs || isOfTest || name.startsWith("ratelimit") || name.startsWith("dev.ratelimit"))
                    .as(name)
                    .isTrue();
        }
    }
}
