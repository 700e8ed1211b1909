package dev.ratelimit.jdbc;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.InMemoryRateLimiterBuilder;
import dev.ratelimit.testkit.LimiterSettings;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.RateLimiterContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/**
 * The contract, where quotas are in a database and all else is in memory. Where time is a test's, so is the clock of
 * the database.
 *
 * <p>Scenarios of two kinds are skipped, as the contract allows: about wall clocks that are not believed at once, and
 * about calls that are never told the same. See {@link #believesTheWallClock} and {@link #decidesAgain}.
 */
@Tag("long")
abstract class ContractOnSql extends RateLimiterContract {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final List<InMemoryRateLimiter> limiters = new ArrayList<>();

    /** Returns connections to a database without tables. */
    abstract DataSource newDataSource();

    @Override
    protected RateLimiter create(LimiterSettings settings) {
        InMemoryRateLimiterBuilder builder =
                settings.applyTo(InMemoryRateLimiter.builder()).timeout(TIMEOUT).timeSource(settings.time());
        InMemoryRateLimiter limiter;
        if (settings.time() instanceof ManualTime manual) {
            JdbcQuotas quotas = quotas(new ClockedDataSource(newDataSource(), manual));
            limiter = builder.quotaScheduler(manual.scheduler())
                    .quotas(new AnsweredAtOnce(quotas))
                    .build();
        } else {
            limiter = builder.quotas(quotas(newDataSource())).build();
        }
        limiters.add(limiter);
        return limiter;
    }

    private static JdbcQuotas quotas(DataSource dataSource) {
        return JdbcQuotas.builder(dataSource).createTables().timeout(TIMEOUT).build();
    }

    @AfterEach
    void close() {
        limiters.forEach(InMemoryRateLimiter::close);
    }

    @Override
    protected boolean carryOver(RateLimiter limiter, Caller caller, Caller former) {
        ((InMemoryRateLimiter) limiter).admin().carryOver(caller, former);
        return true;
    }

    /** A row is of one period. What was used under a wrong time stays in the period of that time. */
    @Override
    protected boolean believesTheWallClock() {
        return true;
    }

    /** The databases tell microseconds apart. */
    @Override
    protected Duration resolution() {
        return Duration.ofNanos(1_000);
    }

    /** A call that lacks units of a quota gives back what it has charged, and asks for more. */
    @Override
    protected boolean decidesAgain() {
        return true;
    }
}
