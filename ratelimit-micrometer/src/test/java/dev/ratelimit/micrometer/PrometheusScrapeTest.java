package dev.ratelimit.micrometer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.sun.net.httpserver.HttpServer;
import dev.ratelimit.Decision;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.WaitingLimiter;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.jdbc.JdbcQuotas;
import dev.ratelimit.redis.RedisRateLimiter;
import io.lettuce.core.RedisClient;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What Prometheus gets over HTTP. */
class PrometheusScrapeTest {

    private static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(2), "chat"))
            .table(LimitTable.named("tokens per month")
                    .otherEndpointsTogether("all", Quota.perMonth(Unit.TOKENS, 1_000)))
            .table(LimitTable.named("calls per day")
                    .each(Quota.perDay(1), "chat")
                    .asShadow())
            .build();

    private static final Path DASHBOARD = Path.of("../docs/guide/grafana.json");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpServer server;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/metrics", exchange -> {
            byte[] body = registry.scrape().getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private String scrape() throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/metrics");
        HttpResponse<String> answer = client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void decisionsAndStateAreScraped() throws Exception {
        // sample: dev/ratelimit/micrometer/RateLimitMetrics.java
        RateLimitMetrics metrics = RateLimitMetrics.create();
        InMemoryRateLimiter limiter =
                InMemoryRateLimiter.builder().tier(TRIAL).listener(metrics).build();

        metrics.bindTo(registry);
        InMemoryLimiterMetrics.of(limiter).bindTo(registry);
        // end of sample
        use(limiter);

        assertThat(scrape().lines())
                .contains(
                        "# TYPE ratelimit_decisions_total counter",
                        "ratelimit_decisions_total{outcome=\"admitted\",tier=\"trial\"} 4.0",
                        "ratelimit_decisions_total{outcome=\"rejected\",tier=\"trial\"} 2.0",
                        "ratelimit_rejections_total{cause=\"limit-reached\",member=\"none\",scope=\"chat\","
                                + "table=\"calls per minute\",tier=\"trial\"} 2.0",
                        "ratelimit_shadow_rejections_total{member=\"none\",table=\"calls per day\",tier=\"trial\"} 1.0",
                        "ratelimit_units_total{kind=\"charged\",tier=\"trial\",unit=\"tokens\"} 40.0",
                        "ratelimit_units_total{kind=\"refunded\",tier=\"trial\",unit=\"tokens\"} 10.0",
                        "ratelimit_reservations_ended_total{outcome=\"settled\",tier=\"trial\"} 1.0",
                        "ratelimit_reservations_open{tier=\"trial\"} 1.0",
                        "ratelimit_wait_seconds_count{outcome=\"rejected\",tier=\"trial\"} 1",
                        "ratelimit_organizations 2.0")
                .anyMatch(line -> line.matches("ratelimit_memory_used_bytes [1-9][\\d.E]*"))
                .noneMatch(line -> line.contains("acme") || line.contains("NaN"));
    }

    /**
     * Three calls of the trial tier, one of them refused; one more that is refused at once, since it would wait too
     * long; a reservation of which a quarter is given back, and one that stays open.
     */
    private static void use(RateLimiter limiter) {
        for (int i = 0; i < 3; i++) {
            limiter.tryAcquire("acme", "chat");
        }
        assertThat(acquire(limiter.waiting(Duration.ZERO)).isAdmitted()).isFalse();
        limiter.reserve("acme & sons", "embed", Usage.of(Unit.TOKENS, 40)).settle(Usage.of(Unit.TOKENS, 30));
        limiter.reserve("acme & sons", "embed", Usage.of(Unit.TOKENS, 0));
    }

    private static Decision acquire(WaitingLimiter patient) {
        try {
            return patient.acquire("acme", "chat");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theGuideAndTheDashboardNameWhatIsScraped() throws Exception {
        ObservationRegistry observations = ObservationRegistry.create();
        observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(registry));
        // sample: docs/guide/metrics.md
        RateLimitMetrics metrics = RateLimitMetrics.observing(observations);
        // end of sample
        metrics.bindTo(registry);
        InMemoryRateLimiter inMemory =
                InMemoryRateLimiter.builder().tier(TRIAL).listener(metrics).build();
        InMemoryLimiterMetrics.of(inMemory).bindTo(registry);
        use(inMemory);
        metrics.counting(digest -> Rejected.permanent(new KeyUnknown(), "")).resolve("key");
        RedisClient nowhere = RedisClient.create("redis://127.0.0.1:1");
        try (RedisRateLimiter onRedis =
                RedisRateLimiter.builder(nowhere).tier(TRIAL).build()) {
            RedisLimiterMetrics.of(onRedis).bindTo(registry);
            bindQuotas();
            useQuotas(metrics);
            Set<String> scraped = names(scrape());

            assertThat(names(Files.readString(Path.of("../docs/guide/metrics.md"))))
                    .isEqualTo(scraped);
            assertThat(names(Files.readString(DASHBOARD))).hasSizeGreaterThan(6).isSubsetOf(scraped);
        } finally {
            nowhere.shutdown();
        }
    }

    private void bindQuotas() {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:scraped;DB_CLOSE_DELAY=1");
        // sample: dev/ratelimit/micrometer/JdbcQuotasMetrics.java
        JdbcQuotas quotas = JdbcQuotas.builder(database).createTables().build();
        InMemoryRateLimiter limiter =
                InMemoryRateLimiter.builder().tier(TRIAL).quotas(quotas).build();
        JdbcQuotasMetrics.of(limiter, quotas).bindTo(registry);
        // end of sample
        limiter.close();
    }

    private static void useQuotas(RateLimitMetrics metrics) {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:used;DB_CLOSE_DELAY=1");
        JdbcQuotas quotas = JdbcQuotas.builder(database).createTables().build();
        try (InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(TRIAL)
                .quotas(quotas)
                .timeout(Duration.ofSeconds(20))
                .listener(metrics)
                .build()) {
            limiter.tryAcquire("acme", "embed", Usage.of(Unit.TOKENS, 1));
        }
    }

    @Test
    void requestsToTheDatabaseAreTimed() throws Exception {
        RateLimitMetrics metrics = RateLimitMetrics.create();
        metrics.bindTo(registry);
        useQuotas(metrics);

        assertThat(scrape().lines())
                .contains("ratelimit_backend_latency_seconds_count{error=\"none\",operation=\"quotas-take\"} 1")
                .anyMatch(line -> line.startsWith(
                        "ratelimit_backend_latency_seconds_count{error=\"none\",operation=\"quotas-give-back\"}"));
    }

    @Test
    void anyLimiterIsCounted() throws Exception {
        // sample: docs/guide/metrics.md
        RateLimitMetrics metrics = RateLimitMetrics.create();
        RateLimiter limiter =
                InMemoryRateLimiter.builder().tier(TRIAL).listener(metrics).build();
        metrics.bindTo(registry);
        // end of sample
        use(limiter);

        assertThat(scrape()).contains("ratelimit_decisions_total{outcome=\"recorded\",tier=\"trial\"} 0.0");
    }

    @Test
    void theDashboardIsJson() throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(DASHBOARD.toFile())) {
            assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            parser.skipChildren();
            assertThat(parser.nextToken()).isNull();
        }
    }

    /** Returns the names of metrics; of a timer, the name that its numbers begin with. */
    private static Set<String> names(String text) {
        return Pattern.compile("\\bratelimit(_[a-z]+)+")
                .matcher(text)
                .results()
                .map(match -> match.group().replaceFirst("_seconds_.*", "_seconds"))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
