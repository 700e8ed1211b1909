package dev.ratelimit.bench;

import dev.ratelimit.Limit;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.distributed.proxy.ProxyManager;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.IntStream;
import javax.sql.DataSource;

/**
 * Bucket4j on PostgreSQL: for each quota of an organization a bucket, which is locked, read, decided on in the client
 * and written, in a transaction. Where there are two buckets, the second is asked if the first admits: it knows no
 * other way. All tokens of a bucket come back after 30 days.
 */
final class Bucket4jOnSql implements SqlRival {

    private final long[] tokens;
    private final List<List<Bucket>> buckets;

    Bucket4jOnSql(ProxyManager<Long> manager, Scopes quotas, int organizations) {
        List<Limit> all = quotas.all().toList();
        tokens = all.stream()
                .mapToLong(quota -> quotas.usage().amountOf(quota.unit()))
                .toArray();
        List<BucketConfiguration> configurations =
                all.stream().map(Bucket4jOnSql::configuration).toList();
        buckets = IntStream.range(0, organizations)
                .mapToObj(organization -> IntStream.range(0, all.size())
                        .<Bucket>mapToObj(i ->
                                manager.getProxy((long) organization * all.size() + i, () -> configurations.get(i)))
                        .toList())
                .toList();
    }

    private static BucketConfiguration configuration(Limit quota) {
        return BucketConfiguration.builder()
                .addLimit(bandwidth ->
                        bandwidth.capacity(quota.amount()).refillIntervally(quota.amount(), Scopes.span(quota)))
                .build();
    }

    /** Makes its table, as its manual has it. */
    static void createTable(DataSource dataSource) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table if not exists bucket (id bigint primary key, state bytea)");
        }
    }

    @Override
    public boolean ask(int organization) {
        List<Bucket> asked = buckets.get(organization);
        for (int i = 0; i < tokens.length; i++) {
            if (!asked.get(i).tryConsume(tokens[i])) {
                return false;
            }
        }
        return true;
    }

    /** It has nothing of its own: the pool is the caller's. */
    @Override
    public void close() {}
}
