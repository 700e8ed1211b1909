package dev.ratelimit.spring.boot;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the database is asked for quotas. Bound only where quotas are in a database.
 *
 * @param dataSource the name of the DataSource bean; needed where there are several and none is primary
 * @param createTables whether tables that are missing are made at the start
 * @param outage what is done while the database is away with calls that leased units do not cover
 * @param timeout the longest time that a call waits for the database
 * @param probeEvery the pause after which one call asks again while the database is away
 * @param maxConnections the most connections that are used at a time, at most 64
 */
@ConfigurationProperties(prefix = "ratelimit.jdbc")
public record JdbcProperties(
        @Nullable String dataSource,
        @DefaultValue("false") boolean createTables,
        @DefaultValue("fail-closed") Outage outage,
        @DefaultValue("1s") Duration timeout,
        @DefaultValue("1s") Duration probeEvery,
        @DefaultValue("2") int maxConnections) {

    /** What is done while the database is away with calls that leased units do not cover. */
    public enum Outage {
        /** They are admitted, and charged when the database is back. */
        FAIL_OPEN,
        /** They are answered with 503. */
        FAIL_CLOSED
    }
}
