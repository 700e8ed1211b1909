package dev.ratelimit.bench;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A call of unknown cost, reserved and then settled, beside a plain one: tokens per minute, by names of organization
 * and endpoint, out of 1,024 organizations in turn. The limit is never reached, and a refusal would end the run.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar ReserveBenchmark -prof gc
 * }</pre>
 */
@State(Scope.Thread)
@Fork(5)
public class ReserveBenchmark extends TimedCalls {

    private static final int ORGANIZATIONS = 1_024;
    private static final String ENDPOINT = "chat";
    private static final Usage ESTIMATE = Usage.of(Unit.TOKENS, 500);
    private static final Usage LESS = Usage.of(Unit.TOKENS, 300);
    private static final Usage MORE = Usage.of(Unit.TOKENS, 700);

    private final String[] organizations = new String[ORGANIZATIONS];
    private final RateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(Tier.named("tier")
                    .table(LimitTable.named("tokens per minute")
                            .each(RateLimit.of(Unit.TOKENS, 1L << 50, Duration.ofMinutes(1)), ENDPOINT))
                    .build())
            .build();
    private int turn;

    /** Makes the names. */
    @Setup
    public void makeNames() {
        for (int i = 0; i < ORGANIZATIONS; i++) {
            organizations[i] = "organization-" + i;
        }
    }

    /**
     * Asks for a call of known cost.
     *
     * @return the decision
     */
    @Benchmark
    public Decision tryAcquire() {
        return admitted(limiter.tryAcquire(nextOrganization(), ENDPOINT, ESTIMATE));
    }

    /**
     * Reserves a call, and settles it for less than the estimate.
     *
     * @return true
     */
    @Benchmark
    public boolean reserveAndSettleLess() {
        return reserve().settle(LESS);
    }

    /**
     * Reserves a call, and settles it for more than the estimate.
     *
     * @return true
     */
    @Benchmark
    public boolean reserveAndSettleMore() {
        return reserve().settle(MORE);
    }

    private Reservation reserve() {
        Reservation reservation = limiter.reserve(nextOrganization(), ENDPOINT, ESTIMATE);
        admitted(reservation.decision());
        return reservation;
    }

    private static Decision admitted(Decision decision) {
        if (!decision.isAdmitted()) {
            throw new IllegalStateException("every call must be admitted: decision=" + decision);
        }
        return decision;
    }

    private String nextOrganization() {
        return organizations[turn++ & (ORGANIZATIONS - 1)];
    }
}
