package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.spring.CallerResolver;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.util.Collections;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.io.ByteArrayResource;

/** The samples of the guide do what the guide says, and its table has all properties. */
@Timeout(120)
class GuideTest {

    private static final String TIERS = """
            tiers:
              - name: trial
                tables:
                  - {name: calls per minute, rows: [{all: each, limit: 5 calls per minute}]}
            """;

    @TempDir
    private Path folder;

    /** The service of the guide. */
    @Configuration(proxyBeanMethods = false)
    @Import({TestApplication.class, ChatController.class})
    static class Service {}

    private static String guide() {
        try {
            return Files.readString(Repository.file("docs/guide/spring-boot.md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the samples of YAML that are about this library, from the first of the page on. */
    static List<String> samples() {
        return Pattern.compile("(?ms)^```yaml\n(ratelimit:.*?)^```$")
                .matcher(guide())
                .results()
                .map(sample -> sample.group(1))
                .toList();
    }

    @Test
    void theFirstSampleLimitsTheServiceAsTheGuideSays() throws Exception {
        Path file =
                Files.writeString(folder.resolve("application.yml"), samples().get(0));
        try (TestService service = TestService.start(Service.class, "spring.config.location=file:" + file)) {
            HttpResponse<String> first = service.call("/v1/chat", "trial-demo");
            assertThat(first.body()).isEqualTo("Hello");
            String shown = first.headers().firstValue("RateLimit").orElse("");
            assertThat(guide()).contains("RateLimit: " + shown);
            for (int i = 1; i < 20; i++) {
                assertThat(service.call("/v1/chat", "trial-demo").statusCode()).isEqualTo(200);
            }
            HttpResponse<String> no = service.call("/v1/chat", "trial-demo");
            assertThat(no.statusCode()).isEqualTo(429);
            assertThat(no.headers().firstValue("Retry-After")).isPresent();
            assertThat(service.send("POST", "/v1/chat").statusCode()).isEqualTo(401);
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void eachSampleStartsAnApplication(String sample) throws IOException {
        Path tiers = Files.writeString(folder.resolve("tiers.yaml"), TIERS);
        Files.writeString(folder.resolve("keys.yaml"), "keys: []");
        String text = sample.replace("/etc/app", folder.toString()).replace("/var/lib/app", folder.toString());
        boolean hasTiers = sample.contains("tiers:") || sample.contains("tiers-location");

        ApplicationContextRunner runner = Runners.empty()
                .withInitializer(context -> addYaml(context, text))
                .withPropertyValues("ratelimit.backend=memory")
                .withBean(DataSource.class, () -> JdbcConnectionPool.create("jdbc:h2:mem:guide", "sa", ""))
                .withPropertyValues(hasTiers ? new String[0] : new String[] {"ratelimit.tiers-location=file:" + tiers});
        runner.run(context -> {
            assertThat(context).hasNotFailed().hasSingleBean(CallerResolver.class);
            assertThat(context.getBean(TierCatalog.class).tier("trial")).isNotNull();
        });
    }

    private static void addYaml(ConfigurableApplicationContext context, String text) {
        try {
            new YamlPropertySourceLoader()
                    .load("sample", new ByteArrayResource(text.getBytes(StandardCharsets.UTF_8)))
                    .forEach(context.getEnvironment().getPropertySources()::addLast);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aResolverOfTheApplicationSaysWhoCalls() {
        Tier trial = Tier.named("trial").limits("chat", RateLimit.perMinute(5)).build();
        RateLimiter limiter = InMemoryRateLimiter.builder().tier(trial).build();
        CallerResolver shown = callers(limiter);

        assertThat(shown.resolve(new ServletCall(request(() -> "acme")))).isEqualTo(Caller.of("acme", trial));
        assertThat(shown.resolve(new ServletCall(request(null)))).isInstanceOf(Rejected.class);
        assertThat(byTenant(limiter).resolve(new ServletCall(request(null)))).isEqualTo(Caller.of("tenant 7", trial));
    }

    private static CallerResolver byTenant(RateLimiter limiter) {
        // sample: dev/ratelimit/spring/CallerResolver.java
        CallerResolver byTenant = call -> call.attribute("tenant")
                .<Resolution>map(tenant -> limiter.caller(tenant.toString()))
                .orElse(Rejected.permanent(new KeyUnknown(), ""));
        // end of sample
        return byTenant;
    }

    private static CallerResolver callers(RateLimiter limiter) {
        // sample: docs/guide/spring-boot.md
        CallerResolver callers = call -> call.principal()
                .<Resolution>map(principal -> limiter.caller(principal.getName()))
                .orElse(Rejected.permanent(new KeyUnknown(), ""));
        // end of sample
        return callers;
    }

    private static HttpServletRequest request(@Nullable Principal principal) {
        return (HttpServletRequest) Proxy.newProxyInstance(
                GuideTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getUserPrincipal" -> principal;
                    case "getAttribute" -> "tenant 7";
                    default -> null;
                });
    }

    /** By the metadata that editors complete properties from. */
    @Test
    void theTableHasAllProperties() throws IOException {
        StringBuilder metadata = new StringBuilder();
        for (URL file : Collections.list(
                getClass().getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
            try (InputStream in = file.openStream()) {
                metadata.append(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        String property = "\"name\": \"ratelimit\\.([a-z.-]+)\",\\s+\"type\": \"[^\"]+\",\\s+\"description\"";
        List<String> all = Pattern.compile(property)
                .matcher(metadata)
                .results()
                .map(name -> name.group(1))
                .distinct()
                .sorted()
                .toList();
        List<String> inTable = Pattern.compile("(?m)^\\| `([a-z.-]+)` \\|")
                .matcher(guide())
                .results()
                .map((MatchResult name) -> name.group(1))
                .toList();
        assertThat(inTable).hasSizeGreaterThan(40).containsExactlyElementsOf(all);
    }
}
