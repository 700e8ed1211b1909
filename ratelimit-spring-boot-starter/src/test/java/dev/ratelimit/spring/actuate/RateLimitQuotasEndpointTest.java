package dev.ratelimit.spring.actuate;

import static dev.ratelimit.spring.WebApp.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spring.WebApp;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** What operators see of quotas in a database, which goes away and comes back. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class RateLimitQuotasEndpointTest {

    private final JdbcDataSource database = new JdbcDataSource();
    private final AtomicBoolean isAway = new AtomicBoolean();

    /** Is open while the database answers. */
    private volatile CountDownLatch answers = new CountDownLatch(0);

    private Connection keepsTheDatabase;

    @Configuration(proxyBeanMethods = false)
    static class Nothing {}

    @BeforeEach
    void open() throws SQLException {
        database.setURL("jdbc:h2:mem:" + UUID.randomUUID());
        keepsTheDatabase = database.getConnection();
    }

    @AfterEach
    void close() throws SQLException {
        keepsTheDatabase.close();
    }

    /** Gives connections as a pool does, which has none while the database is away, or does not answer. */
    private DataSource pool() {
        return new DelegatingDataSource(database) {
            @Override
            public Connection getConnection() throws SQLException {
                if (isAway.get()) {
                    throw new SQLTransientConnectionException("the database is away", "08001");
                }
                awaitAnswers();
                return super.getConnection();
            }
        };
    }

    private void awaitAnswers() throws SQLException {
        try {
            if (!answers.await(60, TimeUnit.SECONDS)) {
                throw new SQLTransientConnectionException("the database does not answer", "08001");
            }
        } catch (InterruptedException e) {
            throw new SQLTransientConnectionException("interrupted", "08001", e);
        }
    }

    private WebApp start(String... properties) {
        return start(WebApp.Stack.TOMCAT, properties);
    }

    private WebApp start(WebApp.Stack stack, String... properties) {
        return start(stack, Duration.ofSeconds(5), properties);
    }

    private WebApp start(WebApp.Stack stack, Duration timeout, String... properties) {
        String[] all = {
            "ratelimit.tiers[0].name=trial",
            "ratelimit.tiers[0].tables[0].name=calls in all",
            "ratelimit.tiers[0].tables[0].rows[0].all=together",
            "ratelimit.tiers[0].tables[0].rows[0].limit=1000 calls in all",
            "ratelimit.api-keys.demo-keys[0].key=demo",
            "ratelimit.api-keys.demo-keys[0].organization=acme",
            "ratelimit.api-keys.demo-keys[0].tier=trial",
            "ratelimit.paths[0].path=/v1/{endpoint}",
            "ratelimit.paths[0].endpoint={endpoint}",
            "ratelimit.quotas=jdbc",
            "ratelimit.jdbc.create-tables=true",
            "ratelimit.jdbc.timeout=" + timeout.toMillis() + "ms",
            "ratelimit.jdbc.probe-every=50ms",
            "management.endpoints.web.exposure.include=health,ratelimits,ratelimitquotas",
            "management.endpoint.health.show-details=always",
            "management.health.db.enabled=false",
        };
        return WebApp.start(
                stack,
                context -> context.registerBean(DataSource.class, this::pool),
                Nothing.class,
                Stream.of(all, properties).flatMap(Stream::of).toArray(String[]::new));
    }

    private static HttpResponse<String> call(WebApp app) throws Exception {
        return app.send(app.request("/v1/chat", "Authorization", "Bearer demo").POST(BodyPublishers.noBody()));
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @ParameterizedTest
    @CsvSource({"fail-closed, 503, 503, OUT_OF_SERVICE", "fail-open, 404, 200, UP"})
    void healthTellsWhetherTheDatabaseIsAwayAndThatItIsBack(
            String outage, int callStatus, int healthStatus, String health) throws Exception {
        try (WebApp app = start("ratelimit.jdbc.outage=" + outage)) {
            assertThat(call(app).statusCode()).as("admitted, and not found").isEqualTo(404);
            assertThat(app.get("/actuator/health").body())
                    .contains("\"ratelimitQuotas\":{")
                    .contains("\"database\":\"H2\"", "\"available\":true");

            isAway.set(true);
            until("no leased unit is left", () -> {
                HttpResponse<String> answer = call(app);
                return answer.statusCode() == callStatus
                        && app.get("/actuator/health").body().contains("\"available\":false");
            });
            HttpResponse<String> away = app.get("/actuator/health");
            assertThat(away.statusCode()).isEqualTo(healthStatus);
            assertThat(away.body())
                    .contains("\"outage\":\"" + outage + '"', "\"status\":\"" + health + '"')
                    .doesNotContain("DOWN");

            isAway.set(false);
            until("the database is back", () -> {
                HttpResponse<String> answer = call(app);
                return answer.statusCode() == 404
                        && app.get("/actuator/health").body().contains("\"available\":true");
            });
            assertThat(app.get("/actuator/health").statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whileTheDatabaseIsAwayItIsSaidSo(WebApp.Stack stack, CapturedOutput output) throws Exception {
        try (WebApp app = start(stack, Duration.ofSeconds(1), "management.endpoint.ratelimits.access=unrestricted")) {
            until(
                    "the database has answered",
                    () -> app.get("/actuator/ratelimits/acme").statusCode() == 200);

            answers = new CountDownLatch(1); // the client waits for an answer for 10 seconds at most
            requireUnavailable(app.get("/actuator/ratelimits/acme"));
            isAway.set(true);
            answers.countDown();

            requireUnavailable(app.get("/actuator/ratelimits/acme"));
            requireUnavailable(
                    app.send(app.request("/actuator/ratelimits/acme/grant", "Content-Type", "application/json")
                            .POST(BodyPublishers.ofString("{\"table\": \"calls in all\", \"units\": 100}"))));
            requireUnavailable(
                    app.send(app.request("/actuator/ratelimits/acme/reset", "Content-Type", "application/json")
                            .POST(BodyPublishers.ofString("{}"))));
            requireUnavailable(app.send(app.request("/actuator/ratelimits/acme").DELETE()));
            assertThat(app.get("/actuator/ratelimits").statusCode())
                    .as("the tiers need no database")
                    .isEqualTo(200);

            isAway.set(false);
            until(
                    "the database is back",
                    () -> app.get("/actuator/ratelimits/acme").statusCode() == 200);
        }
        assertThat(output).doesNotContain("\tat ");
    }

    private static void requireUnavailable(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(WebApp.field(answer, "Content-Type")).startsWith("application/problem+json");
        assertThat(answer.body()).contains("\"status\":503", "#temporary-reduced-capacity");
    }

    @Test
    void aCallAdmittedInAnOutageIsShownWithWhatIsKnown() throws Exception {
        try (WebApp app = start("ratelimit.jdbc.outage=fail-open")) {
            isAway.set(true);
            HttpResponse<String> answer = app.get("/actuator/ratelimits/acme");
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).contains("\"table\":\"calls in all\"");
        }
    }

    @Test
    void anOrganizationsUsageIsThatOfAllMachines() throws Exception {
        try (WebApp app = start("management.endpoint.ratelimits.access=unrestricted")) {
            call(app);
            execute("update ratelimit_quota set taken = taken + 7");
            assertThat(app.get("/actuator/ratelimits/acme").body())
                    .contains("\"table\":\"calls in all\"")
                    .containsPattern("\"used\":[1-9]");
            until(
                    "the use of another machine is seen",
                    () -> app.get("/actuator/ratelimits/acme").body().contains("\"used\":8"));
            HttpResponse<String> granted =
                    app.send(app.request("/actuator/ratelimits/acme/grant", "Content-Type", "application/json")
                            .POST(BodyPublishers.ofString("{\"table\": \"calls in all\", \"units\": 100}")));
            assertThat(granted.body()).contains("\"granted\":100");
        }
    }

    @Test
    void whatADeadMachineHoldsIsShownAndReleased() throws Exception {
        try (WebApp app = start()) {
            call(app);
            execute("insert into ratelimit_lease select X'00112233445566778899AABBCCDDEEFF', meter, period_start,"
                    + " 'dead:1', 60, 20, timestamp with time zone '2000-01-01 00:00:00+00' from ratelimit_quota");
            execute("update ratelimit_quota set taken = taken + 60");
        }
        try (WebApp app = start("management.endpoint.ratelimitquotas.access=unrestricted")) {
            assertThat(app.send(app.request("/actuator/ratelimitquotas/alive").DELETE())
                            .statusCode())
                    .as("a machine that is not unseen")
                    .isEqualTo(400);
            assertThat(app.get("/actuator/ratelimitquotas").body())
                    .contains("\"machine\":\"dead:1\"", "\"unused\":40", "\"leases\":1", "\"database\":\"H2\"");
            assertThat(app.send(app.request("/actuator/ratelimitquotas/dead:1").DELETE())
                            .body())
                    .isEqualTo("{\"released\":40}");
        }
    }

    @Test
    void aMachineIsReleasedOnlyWhereTheHostAllowsThat() throws Exception {
        try (WebApp app = start("management.health.ratelimit-quotas.enabled=false")) {
            assertThat(app.send(app.request("/actuator/ratelimitquotas/dead").DELETE())
                            .statusCode())
                    .isIn(404, 405);
            assertThat(app.get("/actuator/health").body()).doesNotContain("ratelimitQuotas");
        }
    }
}
