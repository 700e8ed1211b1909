package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.spi.TimeSource;
import io.lettuce.core.RedisClient;
import io.lettuce.core.cluster.RedisClusterClient;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A rate limiter that keeps its counts in a Redis or Valkey that many machines share: standalone, with Sentinel, or a
 * cluster.
 *
 * <pre>{@code
 * RedisClient client = RedisClient.create(uri); // such as redis://limits.internal
 *
 * try (RedisRateLimiter limiter = RedisRateLimiter.builder(client)
 *     .tier(GoingLiveEdition.trial())
 *     .timeout(Duration.ofSeconds(1)) // 50 ms unless stated
 *     .build()) {
 *   if (limiter.tryAcquire("acme", "chat") instanceof Rejected no) {
 *     return tooManyRequests(no.message(), no.retryAfter());
 *   }
 * }
 * }</pre>
 *
 * <p>What an organization uses on all machines adds up. In no window of a limit's length are more units admitted than
 * its amount, by the clock of the server, whatever the clocks of the machines show: each decision is one script that
 * runs on the server by itself. Windows are exact to the microsecond, or hold a charge up to window/1,024 too long, as
 * {@link dev.ratelimit.Precision} says; a window that is no whole number of microseconds is rounded up. When the
 * server's clock steps forward, or a primary takes over whose clock is ahead, charges leave their windows by as much
 * too early; when it steps back, waits are longer. A period of a quota that is over comes back only if the clock was
 * beyond its end by more than 50 seconds, and no call of that quota was admitted then. On a cluster, windows go by the
 * clock of the node that has the organization, and periods by the one that is furthest ahead of those that the limiter
 * has asked.
 *
 * <p>The server's clock is believed, whatever it shows. If it was ahead by more than an hour and is put right, what it
 * charged ahead counts as charged when that is found out: it leaves a window one window later, and counts in the period
 * of that day. What the server itself expired while its clock was ahead is lost, and so is the period of a quota that
 * was charged anew. Where backends differ, and why, is one list: {@code docs/DIFFERENCES.md} of the project.
 *
 * <p>A decision is one round trip, and so is what is added to a reservation, its end, and the status of an endpoint.
 * The status of an organization is a run of the script for each 100 limits, behind one or more that list its endpoints.
 * A further one is needed when a server does not know the script, which each node learns with the first call; for an
 * endpoint that must {@linkplain RedisRateLimiterBuilder#maxUnlistedEndpoints share} meters; and when the server's time
 * is not in the period that this machine expects, nor in the one before or after it: the calendar is computed here.
 * What the script keeps, and its work, is described in the class {@code Script}.
 *
 * <p>A charge that Redis has lost is admitted again: a primary that fails loses what it has not yet replicated. A
 * charge whose answer is lost stays charged. A request that is sent again because a connection was cut is answered as
 * the first time, for some seconds.
 *
 * <p>{@linkplain RedisRateLimiterBuilder#leases Leases} spare most calls the round trip, at the price that calls may be
 * refused earlier.
 *
 * <p>{@linkplain RedisRateLimiterBuilder#timeout The time of a decision is bounded}. When Redis does not answer in
 * time, or with an error, the call is decided as {@linkplain RedisRateLimiterBuilder#failClosed the host chose}.
 * So it is if this library fails itself, which is logged. After three calls in a row that were not answered, Redis is
 * asked by one call a second only, until it answers. An error is an answer: it concerns the call that got it, and is
 * logged. A status is not counted, as it may take the server long.
 *
 * <p>A settlement or cancellation that Redis does not confirm ends the reservation all the same. It is
 * {@linkplain AsyncReservation#confirmed sent again} until it arrives.
 *
 * <p>Safe for use by many threads. A call that waits for Redis holds no lock and blocks a virtual thread only.
 * Asynchronous calls block no thread. Their stages are completed on the thread of Lettuce's that reads the answers, so
 * what depends on them must not block; or, where Redis did not answer, on one of the common pool. Time-outs run on one
 * of Lettuce's event executors, which must not be blocked either; a call that waits ends in time even then.
 */
public final class RedisRateLimiter implements RateLimiter, AutoCloseable {

    private static final long CLOSING_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Connector connector;
    private final TierResolver tiers;
    private final ScriptClient scriptClient;
    private final ScriptExecutor executor;
    private final Settlements settlements;
    private final Leases leases;
    private final OutagePolicy outagePolicy;
    private final Listeners listeners;
    private final RedisAdminTools admin;
    private final ServerTime time;
    private final TimeSource clock;

    RedisRateLimiter(
            Connector connector,
            TierResolver tiers,
            ScriptClient scriptClient,
            Settlements settlements,
            Leases leases,
            OutagePolicy outagePolicy,
            Listeners listeners,
            ServerTime time,
            TimeSource clock) {
        this.connector = connector;
        this.tiers = tiers;
        this.scriptClient = scriptClient;
        this.executor = scriptClient.executor();
        this.settlements = settlements;
        this.leases = leases;
        this.outagePolicy = outagePolicy;
        this.listeners = listeners;
        this.admin = new RedisAdminTools(scriptClient, listeners, this::callerOf);
        this.time = time;
        this.clock = clock;
    }

    /**
     * Begins a limiter on one server, or on the primary that Sentinel names.
     *
     * @param client connects to it; it is not shut down when the limiter is closed
     * @return a builder
     */
    public static RedisRateLimiterBuilder builder(RedisClient client) {
        requireNonNull(client, "client");
        return new RedisRateLimiterBuilder(client, Connection.of(client));
    }

    /**
     * Begins a limiter on a cluster.
     *
     * @param client connects to it; it is not shut down when the limiter is closed
     * @return a builder
     */
    public static RedisRateLimiterBuilder builder(RedisClusterClient client) {
        requireNonNull(client, "client");
        return new RedisRateLimiterBuilder(client, Connection.of(client));
    }

    @Override
    public Decision tryAcquire(String organization, String endpoint, Usage usage) {
        return tryAcquire(callerOf(organization), endpoint, usage);
    }

    @Override
    public Decision tryAcquire(Caller caller, String endpoint, Usage usage) {
        Outcome outcome =
                executor.await(charged(caller, endpoint, usage), failure -> decidedInOutage(caller, endpoint, usage));
        return notified(caller, endpoint, usage, outcome);
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
        return executor.otherwise(charged(caller, endpoint, usage), failure -> decidedInOutage(caller, endpoint, usage))
                .thenApply(outcome -> notified(caller, endpoint, usage, outcome));
    }

    private Decision notified(Caller caller, String endpoint, Usage usage, Outcome outcome) {
        listeners.onDecided(caller, endpoint, usage, outcome.decision());
        Level.notifyNear(outcome.levels(), listeners, caller, endpoint);
        return outcome.decision();
    }

    private Outcome decidedInOutage(Caller caller, String endpoint, Usage usage) {
        return Outcome.local(caller, outagePolicy.tryAcquire(caller, endpoint, usage));
    }

    private CompletableFuture<Outcome> charged(Caller caller, String endpoint, Usage usage) {
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
        return executor.await(looked(caller, endpoint, usage), failure -> outagePolicy.peek(caller, endpoint, usage));
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
        return executor.otherwise(
                looked(caller, endpoint, usage), failure -> outagePolicy.peek(caller, endpoint, usage));
    }

    private CompletableFuture<Decision> looked(Caller caller, String endpoint, Usage usage) {
        requireCall(caller, endpoint);
        requireNonNull(usage, "usage");
        return scriptClient.look(caller, endpoint, usage);
    }

    @Override
    public AsyncReservation reserve(String organization, String endpoint, Usage estimate) {
        return reserve(callerOf(organization), endpoint, estimate);
    }

    @Override
    public AsyncReservation reserve(Caller caller, String endpoint, Usage estimate) {
        AsyncReservation reservation = executor.await(
                reserved(caller, endpoint, estimate), failure -> reservedInOutage(caller, endpoint, estimate));
        return told(caller, endpoint, estimate, reservation);
    }

    @Override
    public CompletionStage<AsyncReservation> reserveAsync(String organization, String endpoint, Usage estimate) {
        return reserveAsync(callerOf(organization), endpoint, estimate);
    }

    /**
     * Asks for a call whose cost is known only after it, as {@link #reserve(Caller, String, Usage)} does.
     *
     * @param caller who calls, and under which tier
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead, when there is an answer
     */
    @Override
    public CompletionStage<AsyncReservation> reserveAsync(Caller caller, String endpoint, Usage estimate) {
        return executor.otherwise(
                        reserved(caller, endpoint, estimate), failure -> reservedInOutage(caller, endpoint, estimate))
                .thenApply(reservation -> told(caller, endpoint, estimate, reservation));
    }

    private CompletableFuture<AsyncReservation> reserved(Caller caller, String endpoint, Usage estimate) {
        requireCall(caller, endpoint);
        requireNonNull(estimate, "estimate");
        return scriptClient
                .charge(caller, endpoint, estimate)
                .thenApply(outcome -> outcome.decision() instanceof Rejected rejected
                        ? new LocalReservation(Reservation.rejected(rejected))
                        : new RedisReservation(scriptClient, outagePolicy, listeners, endpoint, outcome));
    }

    /** Tells listeners the answer to a reservation, and returns one that tells them how it goes on. */
    private AsyncReservation told(Caller caller, String endpoint, Usage estimate, AsyncReservation reservation) {
        listeners.onDecided(caller, endpoint, estimate, reservation.decision());
        if (reservation instanceof RedisReservation own) {
            own.notifyNear();
        }
        return reservation.decision().isAdmitted() && !listeners.isEmpty()
                ? new NotifyingReservation(reservation, listeners, caller, endpoint, estimate)
                : reservation;
    }

    private AsyncReservation reservedInOutage(Caller caller, String endpoint, Usage estimate) {
        return outagePolicy.reserve(caller, endpoint, estimate, () -> {
            Outcome unlimited = Outcome.local(caller, Decision.admitted());
            return new RedisReservation(scriptClient, outagePolicy, listeners, endpoint, unlimited);
        });
    }

    @Override
    public List<LimitStatus> status(String organization, String endpoint) {
        return status(callerOf(organization), endpoint);
    }

    @Override
    public List<LimitStatus> status(Caller caller, String endpoint) {
        return executor.await(stands(caller, endpoint), failure -> outagePolicy.status(failure, caller, endpoint));
    }

    /**
     * Returns where an organization stands with every limit of an endpoint, as {@link #status(Caller, String)} does.
     *
     * @param caller whose use is asked for, and under which tier
     * @param endpoint the endpoint
     * @return one status for each limit, when there is an answer; completed exceptionally with a
     *     {@link RedisUnavailableException} if there is none
     */
    public CompletionStage<List<LimitStatus>> statusAsync(Caller caller, String endpoint) {
        return executor.otherwise(stands(caller, endpoint), failure -> outagePolicy.status(failure, caller, endpoint));
    }

    private CompletableFuture<List<LimitStatus>> stands(Caller caller, String endpoint) {
        requireCall(caller, endpoint);
        return scriptClient.status(caller, endpoint);
    }

    @Override
    public List<LimitStatus> status(String organization) {
        return status(callerOf(organization));
    }

    @Override
    public List<LimitStatus> status(Caller caller) {
        requireNonNull(caller, "caller");
        return executor.await(scriptClient.overview(caller), failure -> outagePolicy.status(failure, caller));
    }

    /**
     * Returns where an organization stands with all limits of a tier, as {@link #status(Caller)} does.
     *
     * @param caller whose status is asked for, and under which tier
     * @return the limits, when there is an answer; completed exceptionally with a {@link RedisUnavailableException} if
     *     there is none
     */
    public CompletionStage<List<LimitStatus>> statusAsync(Caller caller) {
        requireNonNull(caller, "caller");
        return executor.otherwise(scriptClient.overview(caller), failure -> outagePolicy.status(failure, caller));
    }

    /**
     * Returns what support does by hand: grant units, carry over a change of plan, reset or forget an organization.
     *
     * @return the tools
     */
    public RedisAdminTools admin() {
        return admin;
    }

    /** Returns the clocks of this machine. They bound waits; decisions go by the server's clock. */
    @Override
    public TimeSource timeSource() {
        return time.source();
    }

    /**
     * Gives back what is unused of {@linkplain RedisRateLimiterBuilder#leases leases}, sends the ends of reservations
     * that Redis has not confirmed once more, and closes the connection. It waits for 100 of them at a time, in all no
     * longer than 5 seconds and the time of a decision. What Redis does not confirm by then may stay charged, and so
     * may what a call takes ahead at the same time; an {@link OutageListener} hears of it. What is asked thereafter is
     * decided as while Redis is away.
     */
    @Override
    public void close() {
        long deadline = clock.nanoTime() + CLOSING_NANOS;
        BooleanSupplier isTime = () -> clock.nanoTime() - deadline < 0;
        leases.close(isTime);
        settlements.close(isTime);
        connector.close();
    }

    private static void requireCall(Caller caller, String endpoint) {
        requireNonNull(caller, "caller");
        requireNonNull(endpoint, "endpoint");
    }

    private Caller callerOf(String organization) {
        return tiers.callerOf(organization);
    }
}
