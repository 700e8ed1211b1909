package dev.ratelimit.bench;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.jdbc.JdbcQuotas;
import java.time.Duration;
import java.util.stream.IntStream;
import javax.sql.DataSource;

/** This library's: leases of quotas whose counts are in a database. */
final class RatelimitOnSql implements SqlRival {

    /** A stall of the machine is to be seen as one, not as refusals. */
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final InMemoryRateLimiter limiter;
    private final String[] names;
    private final Usage usage;

    RatelimitOnSql(DataSource dataSource, Scopes quotas, int organizations) {
        Tier tier = Tier.named("tier").build();
        for (Limit quota : quotas.all().toList()) {
            tier = tier.withTable(LimitTable.named(quota.toString()).allTogether(quota));
        }
        usage = quotas.usage();
        names = IntStream.range(0, organizations).mapToObj(RedisRival::name).toArray(String[]::new);
        limiter = InMemoryRateLimiter.builder()
                .tier(tier)
                .timeout(TIMEOUT)
                .quotas(JdbcQuotas.builder(dataSource)
                        .createTables()
                        .timeout(TIMEOUT)
                        .build())
                .build();
    }

    @Override
    public boolean ask(int organization) {
        return limiter.tryAcquire(names[organization], Keyed.ENDPOINT, usage).isAdmitted();
    }

    @Override
    public void close() {
        limiter.close();
    }
}
