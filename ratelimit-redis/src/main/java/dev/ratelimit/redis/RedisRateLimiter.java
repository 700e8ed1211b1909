package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A rate limiter that keeps its counts in a Redis or Valkey that many machines share: standalone, with Sentinel, or a cluster.
 *
 * <pre>{@code
 * RedisClient client = RedisClient.create("redis://limits.internal");
 *
 * try (RedisRateLimiter limiter = RedisRateLimiter.builder(client).tier(GoingLiveEdition.trial()).build()) {
 *   limiter.tryAcquire("acme", "chat");
 * }
 * }</pre>
 *
 * <p>What an organization uses on all machines adds up. In no window of a limit's length are more units admitted than its amount, by
 * the clock of the server, whatever the clocks of the machines show: each decision is one script that runs on the server by itself.
 * Windows are exact to the microsecond, or hold a charge up to window/1,024 too long, as {@link dev.ratelimit.Precision} says; a window
 * that is no whole number of microseconds is rounded up. When the server's clock steps forward, or a primary takes over whose clock is
 * ahead, charges leave their windows by as much too early; when it steps back, waits are longer. A period of a quota that is over comes back
 * only if the clock was beyond its end by more than 50 seconds, and no call of that quota was admitted then. On a cluster, windows go by the
 * clock of the node that has the organization, and periods by the one that is furthest ahead of those that the limiter has asked.
 *
 * <p>A decision is one round trip, and so is what is added to a reservation, its end, and the status of an endpoint; the status of an
 * organization is two. A further one is needed when a server does not know the script, which each node learns with the first call; for
 * an endpoint that must {@linkplain RedisRateLimiterBuilder#maxUnlistedEndpoints share} meters; and when the server's time is not in
 * the period that this machine expects, nor in the one before or after it: the calendar is computed here. What the script keeps, and its
 * work, is described in the class {@code Script}.
 *
 * <p>A charge that Redis has lost is admitted again: a primary that fails loses what it has not yet replicated. A charge whose answer is
 * lost stays charged. A request that is sent again because a connection was cut is answered as the first time, for some seconds.
 *
 * <p>{@linkplain RedisRateLimiterBuilder#leases Leases} spare most calls the round trip, at the price that calls may be refused earlier.
 *
 * <p>{@linkplain RedisRateLimiterBuilder#timeout The time of a decision is bounded}. When Redis does not answer in time, or with an
 * error, the call is decided as {@linkplain RedisRateLimiterBuilder#rejectWhileAway the host chose}, and after some failures in a row
 * Redis is asked by one call a second only, until it answers. An end of a reservation that does not reach Redis leaves it charged as it
 * was. A status then fails with a {@link RedisUnavailableException}, or is the fallback's.
 *
 * <p>Safe for use by many threads. A call that waits for Redis holds no lock and blocks a virtual thread only. The stages of
 * asynchronous calls are completed on the thread of Lettuce's that reads the answers, so what depends on them must not block; or, where Redis
 * did not answer, on one of the common pool. All limiters of a JVM end what takes too long on one daemon thread of their own, which runs
 * nothing of the host's, and is there only while there is something to end.
 */
public final class RedisRateLimiter implements RateLimiter, AutoCloseable {

    private final StatefulConnection<String, String> connection;
    private final TierResolver tiers;
    private final Meters meters;
    private final Leases leases;
    private final Away away;
    private final Listeners listeners;
    private final ServerTime time;

    RedisRateLimiter(
            StatefulConnection<String, String> connection,
            TierResolver tiers,
            Meters meters,
            Leases leases,
            Away away,
            Listeners listeners,
            ServerTime time) {
        this.connection = connection;
        this.tiers = tiers;
        this.meters = meters;
        this.leases = leases;
        this.away = away;
        this.listeners = listeners;
        this.time = time;
    }

    /**
     * Begins a limiter on one server, or on the primary that Sentinel names.
     *
     * @param client connects to it; it is not shut down when the limiter is closed
     * @return a builder
     */
    public static RedisRateLimiterBuilder builder(RedisClient client) {
        return new RedisRateLimiterBuilder(Connection.of(requireNonNull(client, "client")));
    }

    /**
     * Begins a limiter on a cluster.
     *
     * @param client connects to it; it is not shut down when the limiter is closed
     * @return a builder
     */
    public static RedisRateLimiterBuilder builder(RedisClusterClient client) {
        return new RedisRateLimiterBuilder(Connection.of(requireNonNull(client, "client")));
    }

    @Override
    public Decision tryAcquire(String organization, String endpoint, Usage usage) {
        return tryAcquire(callerOf(organization), endpoint, usage);
    }

    @Override
    public Decision tryAcquire(Caller caller, String endpoint, Usage usage) {
        Decision decision =
                Link.await(charged(caller, endpoint, usage), failure -> away.tryAcquire(caller, endpoint, usage));
        return listeners.decided(caller, endpoint, usage, decision);
    }

    /**
     * Asks for a call that uses so much, as {@link #tryAcquire(String, String, Usage)} does.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param usage what the call uses
     * @return whether the call may go ahead, when there is an answer
     */
    public CompletionStage<Decision> tryAcquireAsync(String organization, String endpoint, Usage usage) {
        return tryAcquireAsync(callerOf(organization), endpoint, usage);
    }

    /**
     * Asks for a call that uses so much, as {@link #tryAcquire(Caller, String, Usage)} does.
     *
     * @param caller who calls, and under which tier
     * @param endpoint what is called
     * @param usage what the call uses
     * @return whether the call may go ahead, when there is an answer
     */
    public CompletionStage<Decision> tryAcquireAsync(Caller caller, String endpoint, Usage usage) {
        return Link.otherwise(charged(caller, endpoint, usage), failure -> away.tryAcquire(caller, endpoint, usage))
                .thenApply(decision -> listeners.decided(caller, endpoint, usage, decision));
    }

    private CompletableFuture<Decision> charged(Caller caller, String endpoint, Usage usage) {
        requireCall(caller, endpoint);
        requireNonNull(usage, "usage");
        return leases.tryAcquire(caller, endpoint, usage);
    }

    @Override
    public Decision peek(String organization, String endpoint, Usage usage) {
        return peek(callerOf(organization), endpoint, usage);
    }

    @Override
    public Decision peek(Caller caller, String endpoint, Usage usage) {
        return Link.await(looked(caller, endpoint, usage), failure -> away.peek(caller, endpoint, usage));
    }

    /**
     * Returns what {@code tryAcquire} would answer now, as {@link #peek(Caller, String, Usage)} does.
     *
     * @param caller who would call, and under which tier
     * @param endpoint what would be called
     * @param usage what the call would use
     * @return whether the call would be admitted, when there is an answer
     */
    public CompletionStage<Decision> peekAsync(Caller caller, String endpoint, Usage usage) {
        return Link.otherwise(looked(caller, endpoint, usage), failure -> away.peek(caller, endpoint, usage));
    }

    private CompletableFuture<Decision> looked(Caller caller, String endpoint, Usage usage) {
        requireCall(caller, endpoint);
        requireNonNull(usage, "usage");
        return meters.look(caller, endpoint, usage);
    }

    @Override
    public AsyncReservation reserve(String organization, String endpoint, Usage estimate) {
        return reserve(callerOf(organization), endpoint, estimate);
    }

    @Override
    public AsyncReservation reserve(Caller caller, String endpoint, Usage estimate) {
        AsyncReservation reservation = Link.await(
                reserved(caller, endpoint, estimate), failure -> away.reserve(meters, caller, endpoint, estimate));
        return listeners.reserved(caller, endpoint, estimate, reservation);
    }

    /**
     * Asks for a call whose cost is known only after it, as {@link #reserve(Caller, String, Usage)} does.
     *
     * @param caller who calls, and under which tier
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead, when there is an answer
     */
    public CompletionStage<AsyncReservation> reserveAsync(Caller caller, String endpoint, Usage estimate) {
        return Link.otherwise(
                        reserved(caller, endpoint, estimate),
                        failure -> away.reserve(meters, caller, endpoint, estimate))
                .thenApply(reservation -> listeners.reserved(caller, endpoint, estimate, reservation));
    }

    private CompletableFuture<AsyncReservation> reserved(Caller caller, String endpoint, Usage estimate) {
        requireCall(caller, endpoint);
        requireNonNull(estimate, "estimate");
        return meters.charge(caller, endpoint, estimate)
                .thenApply(outcome -> outcome.decision() instanceof Rejected rejected
                        ? new LocalReservation(Reservation.rejected(rejected))
                        : new RedisReservation(meters, away, endpoint, outcome));
    }

    @Override
    public List<LimitStatus> status(String organization, String endpoint) {
        return status(callerOf(organization), endpoint);
    }

    @Override
    public List<LimitStatus> status(Caller caller, String endpoint) {
        return Link.await(
                stands(caller, endpoint),
                failure -> away.status(failure, other -> other.status(caller.organization(), endpoint)));
    }

    /**
     * Returns where an organization stands with every limit of an endpoint, as {@link #status(Caller, String)} does.
     *
     * @param caller whose use is asked for, and under which tier
     * @param endpoint the endpoint
     * @return one status for each limit, when there is an answer; completed exceptionally with a {@link RedisUnavailableException} if
     *     there is none
     */
    public CompletionStage<List<LimitStatus>> statusAsync(Caller caller, String endpoint) {
        return Link.otherwise(
                stands(caller, endpoint),
                failure -> away.status(failure, other -> other.status(caller.organization(), endpoint)));
    }

    private CompletableFuture<List<LimitStatus>> stands(Caller caller, String endpoint) {
        requireCall(caller, endpoint);
        return meters.status(caller, endpoint);
    }

    @Override
    public List<LimitStatus> status(String organization) {
        return status(callerOf(organization));
    }

    @Override
    public List<LimitStatus> status(Caller caller) {
        requireNonNull(caller, "caller");
        return Link.await(
                meters.overview(caller), failure -> away.status(failure, other -> other.status(caller.organization())));
    }

    /**
     * Returns where an organization stands with all limits of a tier, as {@link #status(Caller)} does.
     *
     * @param caller whose status is asked for, and under which tier
     * @return the limits, when there is an answer; completed exceptionally with a {@link RedisUnavailableException} if there is none
     */
    public CompletionStage<List<LimitStatus>> statusAsync(Caller caller) {
        requireNonNull(caller, "caller");
        return Link.otherwise(
                meters.overview(caller), failure -> away.status(failure, other -> other.status(caller.organization())));
    }

    /** Returns the clocks of this machine. They bound waits; decisions go by the server's clock. */
    @Override
    public TimeSource timeSource() {
        return time.source();
    }

    /**
     * Gives back what is unused of {@linkplain RedisRateLimiterBuilder#leases leases}, and closes the connection. It waits for 100 leases at
     * a time, in all no longer than 5 seconds and the time of a decision. What Redis does not confirm by then may stay charged, and so may
     * what a call takes ahead at the same time. What is asked thereafter is decided as while Redis is away.
     */
    @Override
    public void close() {
        leases.close();
        connection.close();
    }

    private static void requireCall(Caller caller, String endpoint) {
        requireNonNull(caller, "caller");
        requireNonNull(endpoint, "endpoint");
    }

    private Caller callerOf(String organization) {
        requireNonNull(organization, "organization");
        Tier tier = tiers.tierOf(organization);
        if (tier == null) {
            throw new IllegalStateException("the tier resolver must give a tier: organization=" + organization);
        }
        return new Caller(organization, tier);
    }
}
