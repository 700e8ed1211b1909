package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.jdbc.JdbcQuotas;
import dev.ratelimit.micrometer.JdbcQuotasMetrics;
import dev.ratelimit.spring.actuate.QuotasActuatorAutoConfiguration;
import dev.ratelimit.spring.boot.RateLimitPropertyException.Finding;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Quotas in the database of the application, whose pool Boot has made. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class JdbcTest {

    private static final String TABLES = "ratelimit.jdbc.create-tables=true";

    /** A service with the data source of Boot. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(ChatController.class)
    static class Service {}

    private final JdbcDataSource database = new JdbcDataSource();
    private Connection keepsTheDatabase;

    @BeforeEach
    void open() throws SQLException {
        database.setURL("jdbc:h2:mem:" + UUID.randomUUID());
        database.setUser("sa"); // as which Boot connects to a database in memory
        keepsTheDatabase = database.getConnection();
    }

    @AfterEach
    void close() throws SQLException {
        keepsTheDatabase.close();
    }

    private String[] properties(String... further) {
        String[] all = {
            "ratelimit.tiers[0].name=trial",
            "ratelimit.tiers[0].tables[0].name=calls in all",
            "ratelimit.tiers[0].tables[0].rows[0].all=together",
            "ratelimit.tiers[0].tables[0].rows[0].limit=400 calls in all",
            "ratelimit.quotas=jdbc",
            "ratelimit.jdbc.timeout=20s",
            "spring.datasource.url=" + database.getURL(),
            "spring.datasource.hikari.maximum-pool-size=2",
        };
        return Stream.of(all, further).flatMap(Stream::of).toArray(String[]::new);
    }

    private ConfigurableApplicationContext start(String... further) {
        return new SpringApplicationBuilder(Service.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .registerShutdownHook(false)
                .run(Stream.concat(Stream.of("ratelimit.default-tier=trial"), Stream.of(properties(further)))
                        .map(property -> "--" + property)
                        .toArray(String[]::new));
    }

    private List<Long> taken() throws SQLException {
        List<Long> taken = new ArrayList<>();
        try (Statement statement = keepsTheDatabase.createStatement();
                ResultSet rows = statement.executeQuery("select taken from ratelimit_quota")) {
            while (rows.next()) {
                taken.add(rows.getLong(1));
            }
        }
        return taken;
    }

    /** Calls from several threads until a call is refused. */
    private static int admitted(ExecutorService threads, ConfigurableApplicationContext... applications)
            throws Exception {
        List<Future<Integer>> all = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            RateLimiter limiter = applications[thread % applications.length].getBean(RateLimiter.class);
            all.add(threads.submit(() -> {
                int admitted = 0;
                while (limiter.tryAcquire("acme", "chat").isAdmitted()) {
                    admitted++;
                }
                return admitted;
            }));
        }
        int sum = 0;
        for (Future<Integer> each : all) {
            sum += each.get();
        }
        return sum;
    }

    @Test
    void twoApplicationsAdmitTheAmountTogetherAndNoMore(CapturedOutput output) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (ConfigurableApplicationContext one = start(TABLES);
                ConfigurableApplicationContext two = start(TABLES)) {
            int together = admitted(threads, one, two);
            assertThat(together).isLessThanOrEqualTo(400);
            // What one still held when the other was refused is back after two seconds at the latest.
            TestService.until("all is used", () -> admitted(threads, one, two) == 0 && taken().contains(400L));
        } finally {
            threads.shutdownNow();
        }
        assertThat(taken()).containsExactly(400L);
        assertThat(output).contains("Quotas are in the database").doesNotContain("WARN", "ERROR");
    }

    @Test
    void whatIsUsedOutlivesTheApplicationAndTheRestIsGivenBackBeforeThePoolCloses(CapturedOutput output)
            throws Exception {
        try (ConfigurableApplicationContext one = start(TABLES)) {
            for (int i = 0; i < 30; i++) {
                assertThat(one.getBean(RateLimiter.class)
                                .tryAcquire("acme", "chat")
                                .isAdmitted())
                        .isTrue();
            }
            assertThat(taken()).as("a lease of what was not asked yet").allMatch(units -> units > 30);
        }
        assertThat(taken()).containsExactly(30L);

        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (ConfigurableApplicationContext again = start()) {
            assertThat(admitted(threads, again)).isEqualTo(370);
        } finally {
            threads.shutdownNow();
        }
        assertThat(output).doesNotContain("WARN", "ERROR");
    }

    @Test
    void aRequestIsLimitedByTheQuota() throws Exception {
        try (TestService service = TestService.start(
                Service.class,
                properties(
                        TABLES,
                        "ratelimit.api-keys.demo-keys[0].key=demo",
                        "ratelimit.api-keys.demo-keys[0].organization=acme",
                        "ratelimit.api-keys.demo-keys[0].tier=trial",
                        "ratelimit.paths[0].path=/v1/chat",
                        "ratelimit.paths[0].endpoint=chat",
                        "management.endpoints.web.exposure.include=prometheus"))) {
            HttpResponse<String> first = service.call("/v1/chat", "demo");
            assertThat(first.statusCode()).isEqualTo(200);
            assertThat(first.headers().firstValue("RateLimit")).hasValue("\"calls in all/[calls in all]\";r=399");
            int admitted = 1;
            while (service.call("/v1/chat", "demo").statusCode() == 200) {
                admitted++;
            }
            assertThat(admitted).isEqualTo(400);
            assertThat(service.call("/v1/chat", "demo").statusCode()).isEqualTo(429);
            assertThat(service.send("GET", "/actuator/prometheus").body())
                    .contains("ratelimit_quotas_available 1.0", "ratelimit_quotas_machines 1.0")
                    .containsPattern("ratelimit_quotas_requests_total\\{outcome=\"answered\",?} [1-9]");
        }
        assertThat(taken()).containsExactly(400L);
    }

    @Test
    void theTablesAreThoseThatTheApplicationMakesBefore() throws Exception {
        try (ConfigurableApplicationContext application = start(
                "spring.sql.init.mode=always",
                "spring.sql.init.schema-locations=classpath:ratelimit-jdbc/h2/R__ratelimit_quotas.sql")) {
            assertThat(application
                            .getBean(RateLimiter.class)
                            .tryAcquire("acme", "chat")
                            .isAdmitted())
                    .isTrue();
        }
        assertThat(taken()).containsExactly(1L);
    }

    @Test
    void aTableThatIsMissingFailsTheStartByTheRuleAndTheLine(@TempDir Path folder, CapturedOutput output)
            throws Exception {
        Path file = Files.writeString(folder.resolve("application.yml"), """
                ratelimit:
                  tiers:
                    - {name: trial, tables: [{name: calls, rows: [{all: each, limit: 5 calls in all}]}]}
                  quotas: jdbc
                spring.datasource.url: %s
                """.formatted(database.getURL()));

        assertThatThrownBy(() -> TestService.start(Service.class, "spring.config.location=file:" + file))
                .isInstanceOf(Exception.class);
        assertThat(output)
                .contains("Property: ratelimit.quotas", "Value: \"jdbc\"", "application.yml] - 4:11")
                .contains("Rule: must be jdbc only where the database can be used: the table ratelimit_quota must be"
                        + " there: make it with ratelimit.jdbc.create-tables=true or with Flyway from"
                        + " classpath:ratelimit-jdbc/h2");
    }

    private ApplicationContextRunner runner() {
        return Runners.withTrial()
                .withPropertyValues("ratelimit.default-tier=trial", "ratelimit.quotas=jdbc", TABLES)
                .withBean("database", DataSource.class, () -> database);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "backend=redis | quotas | must be jdbc only where ratelimit.backend=memory",
                "jdbc.timeout=0s | jdbc.timeout | must be > 0",
                "jdbc.probe-every=2h | jdbc.probe-every | <= 1 h",
                "jdbc.max-connections=0 | jdbc.max-connections | must be >= 1",
                "jdbc.data-source=other | jdbc.data-source | must be the name of a DataSource bean, one of database",
            })
    void aBadPropertyIsFoundByItsNameAndByTheRule(String stated, String property, String rule) {
        assertThat(PropertiesTest.findings(runner().withPropertyValues("ratelimit." + stated)))
                .anySatisfy(finding -> {
                    assertThat(finding.property()).isEqualTo("ratelimit." + property);
                    assertThat(finding.rule()).contains(rule);
                });
    }

    @Test
    void whatIsMissingIsSaid() {
        assertThat(PropertiesTest.findings(Runners.withTrial().withPropertyValues("ratelimit.quotas=jdbc")))
                .extracting(Finding::rule)
                .singleElement()
                .asString()
                .contains("add spring-boot-starter-jdbc and a driver");
        assertThat(PropertiesTest.findings(runner().withClassLoader(new FilteredClassLoader("dev.ratelimit.jdbc"))))
                .containsExactly(new Finding(
                        "ratelimit.quotas",
                        "must be jdbc only where the module is there: add dev.ratelimit:ratelimit-jdbc"));
    }

    @Test
    void oneOfSeveralDataSourcesIsNamed() {
        ApplicationContextRunner two = runner().withBean("other", DataSource.class, JdbcDataSource::new);
        assertThat(PropertiesTest.findings(two))
                .containsExactly(new Finding(
                        "ratelimit.jdbc.data-source", "must be the name of a DataSource bean, one of database, other"));
        two.withPropertyValues("ratelimit.jdbc.data-source=database").run(context -> {
            assertThat(context.getBean(RateLimiter.class)
                            .tryAcquire("acme", "chat")
                            .isAdmitted())
                    .isTrue();
            assertThat(context.getBean(JdbcQuotas.class).stats().database()).hasValue("H2");
        });
    }

    @Test
    void aDatabaseThatIsAwayDoesNotHinderTheStart() {
        JdbcDataSource nowhere = new JdbcDataSource();
        nowhere.setURL("jdbc:h2:tcp://127.0.0.1:1/mem:nowhere");
        for (String outage : List.of("fail-open", "fail-closed")) {
            Runners.withTrial()
                    .withPropertyValues(
                            "ratelimit.tiers[0].tables[0].rows[0].limit=5 calls in all",
                            "ratelimit.default-tier=trial",
                            "ratelimit.quotas=jdbc",
                            "ratelimit.jdbc.outage=" + outage)
                    .withBean(DataSource.class, () -> nowhere)
                    .run(context -> assertThat(context.getBean(RateLimiter.class)
                                    .tryAcquire("acme", "chat")
                                    .isAdmitted())
                            .isEqualTo(outage.equals("fail-open")));
        }
    }

    @Test
    void withoutThePropertyTheDatabaseIsNotTouched() throws SQLException {
        runner().withPropertyValues("ratelimit.quotas=memory")
                .run(context -> assertThat(context)
                        .doesNotHaveBean(JdbcQuotas.class)
                        .doesNotHaveBean(JdbcQuotasMetrics.class)
                        .hasSingleBean(InMemoryRateLimiter.class));
        try (Statement statement = keepsTheDatabase.createStatement()) {
            assertThatThrownBy(() -> statement.executeQuery("select * from ratelimit_quota"))
                    .hasMessageContaining("RATELIMIT_QUOTA");
        }
    }

    @Test
    void aStoreOfTheApplicationIsUsedAndItsNumbersAreMetrics() {
        runner().withBean(SimpleMeterRegistry.class)
                .withBean(
                        JdbcQuotas.class,
                        () -> JdbcQuotas.builder(database)
                                .machine("one-of-ours")
                                .timeout(Duration.ofSeconds(20))
                                .createTables()
                                .build())
                .run(context -> {
                    assertThat(context.getBean(JdbcQuotas.class).stats().machine())
                            .isEqualTo("one-of-ours");
                    assertThat(context).hasSingleBean(JdbcQuotasMetrics.class);
                });
    }

    @Test
    void theHealthOfAStoreBesideALimiterOfTheApplicationIsKnown() {
        runner().withConfiguration(AutoConfigurations.of(QuotasActuatorAutoConfiguration.class))
                .withBean(RateLimiter.class, () -> InMemoryRateLimiter.builder().build())
                .withBean(
                        JdbcQuotas.class,
                        () -> JdbcQuotas.builder(database)
                                .timeout(Duration.ofSeconds(20))
                                .createTables()
                                .build())
                .run(context -> assertThat(context).hasBean("ratelimitQuotasHealthIndicator"));
    }

    @Test
    void theTablesAreInANativeImage() {
        RuntimeHints hints = new RuntimeHints();
        new RateLimitRuntimeHints().registerHints(hints, null);

        for (String product : List.of("h2", "mariadb", "mysql", "postgresql", "sqlite")) {
            String script = "ratelimit-jdbc/" + product + "/R__ratelimit_quotas.sql";
            assertThat(getClass().getClassLoader().getResource(script)).isNotNull();
            assertThat(RuntimeHintsPredicates.resource().forResource(script)).accepts(hints);
        }
    }
}
