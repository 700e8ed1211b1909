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
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** What operators see of quotas in a database, which goes away and comes back. */
@Timeout(120)
class RateLimitQuotasEndpointTest {

    private final JdbcDataSource database = new JdbcDataSource();
    private final AtomicBoolean isAway = new AtomicBoolean();
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

    /** Gives connections as a pool does, which has none while the database is away. */
    private DataSource pool() {
        return new DelegatingDataSource(database) {
            @Override
            public Connection getConnection() throws SQLException {
                if (isAway.get()) {
                    throw new SQLTransientConnectionException("the database is away", "08001");
                }
                return super.getConnection();
            }
        };
    }

    private WebApp start(String... properties) {
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
            "ratelimit.jdbc.timeout=5s",
            "ratelimit.jdbc.probe-every=50ms",
            "management.endpoints.web.exposure.include=health,ratelimits,ratelimitquotas",
            "management.endpoint.health.show-details=always",
            "management.health.db.enabled=false",
        };
        return WebApp.start(
                WebApp.Stack.TOMCAT,
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
