package dev.ratelimit.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.jdbc.JdbcQuotas;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.h2.jdbcx.JdbcDataSource;
import org.h2.tools.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class JdbcQuotasMetricsTest {

    private static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls in all").allTogether(Quota.lifetime(1_000)))
            .build();

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    private double gauge(String name) {
        return registry.get("ratelimit.quotas." + name).gauge().value();
    }

    private double requests(String outcome) {
        return registry.get("ratelimit.quotas.requests")
                .tag("outcome", outcome)
                .functionCounter()
                .count();
    }

    @Test
    void theNumbersAreThoseOfTheLimiterAndOfTheStore() throws Exception {
        Server server = Server.createTcpServer("-tcpPort", "0", "-ifNotExists").start();
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:tcp://127.0.0.1:" + server.getPort() + "/mem:quotas;DB_CLOSE_DELAY=-1");
        try {
            JdbcQuotas quotas = JdbcQuotas.builder(database).createTables().build();
            try (InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                    .tier(TRIAL)
                    .quotas(quotas)
                    .timeout(Duration.ofSeconds(20))
                    .build()) {
                JdbcQuotasMetrics.of(limiter, quotas).bindTo(registry);
                assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();

                assertThat(gauge("available")).isEqualTo(1);
                assertThat(gauge("machines")).isEqualTo(1);
                assertThat(gauge("machines.unseen")).isZero();
                assertThat(gauge("units.unseen")).isZero();
                assertThat(gauge("requests.waiting")).isZero();
                assertThat(gauge("leases")).isEqualTo(1);
                assertThat(gauge("units.unused")).isEqualTo(249);
                assertThat(gauge("units.untold")).isZero();
                assertThat(requests("answered")).isGreaterThanOrEqualTo(2);
                assertThat(requests("unanswered")).isZero();
                assertThat(requests("failed")).isZero();
                assertThat(registry.get("ratelimit.quotas.lost")
                                .functionCounter()
                                .count())
                        .isZero();

                server.stop();
                limiter.tryAcquire("globex", "chat");
                assertThat(gauge("available")).isZero();
                assertThat(requests("unanswered")).isPositive();
            }
        } finally {
            server.stop();
        }
    }
}
