package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.DecisionCounter;
import dev.ratelimit.kernel.Endpoints;
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
 * runs alone on the server. Windows are exact to the microsecond, or hold a charge up to window/1,024 too long, as
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
    private final DecisionCounter counter;
    private final RedisAdminTools admin;
    private final ServerTime time;
    private final TimeSource clock;
    private final boolean reports;
    private final AsyncRateLimiter async = new Async();

    RedisRateLimiter(
            Connector connector,
            TierResolver tiers,
            ScriptClient scriptClient,
            Settlements settlements,
            Leases leases,
            OutagePolicy outagePolicy,
            Listeners listeners,
            DecisionCounter counter,
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
        this.counter = counter;
        this.admin = new RedisAdminTools(scriptClient, listeners, this::caller);
        this.time = time;
        this.clock = clock;
        this.reports = false;
    }

    /** Makes the view of a limiter that reports. */
    private RedisRateLimiter(RedisRateLimiter limiter) {
        this.connector = limiter.connector;
        this.tiers = limiter.tiers;
        this.scriptClient = limiter.scriptClient;
        this.executor = limiter.executor;
        this.settlements = limiter.settlements;
        this.leases = limiter.leases;
        this.outagePolicy = limiter.outagePolicy;
        this.listeners = limiter.listeners;
        this.counter = limiter.counter;
        this.admin = limiter.admin;
        this.time = limiter.time;
        this.clock = limiter.clock;
        this.reports = true;
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
    public Decision tryAcquire(Resolution who, String endpoint, Usage usage) {
        requireCall(who, endpoint, usage);
        Resolution resolved = Endpoints.resolve(who, endpoint);
        if (!(resolved instanceof Caller caller)) {
            return refused((Rejected) resolved);
        }
        Outcome outcome =
                executor.await(charged(caller, endpoint, usage), failure -> decidedInOutage(caller, endpoint, usage));
        return notified(caller, endpoint, usage, outcome);
    }

    private Decision notified(Caller caller, String endpoint, Usage usage, Outcome outcome) {
        listeners.onDecided(caller, endpoint, usage, outcome.decision());
        Level.notifyNear(outcome.levels(), listeners, caller, endpoint);
        return outcome.decision();
    }

    private Outcome decidedInOutage(Caller caller, String endpoint, Usage usage) {
        return Outcome.local(caller, outagePolicy.tryAcquire(caller, endpoint, usage, reports));
    }

    private CompletableFuture<Outcome> charged(Caller caller, String endpoint, Usage usage) {
        return reports
                ? scriptClient.charge(caller, endpoint, usage, true)
                : leases.tryAcquire(caller, endpoint, usage);
    }

    @Override
    public Decision peek(Resolution who, String endpoint, Usage usage) {
        requireCall(who, endpoint, usage);
        Resolution resolved = Endpoints.resolve(who, endpoint);
        return resolved instanceof Caller caller
                ? executor.await(
                        scriptClient.look(caller, endpoint, usage, reports),
                        failure -> outagePolicy.peek(caller, endpoint, usage, reports))
                : refused((Rejected) resolved);
    }

    @Override
    public AsyncReservation reserve(Resolution who, String endpoint, Usage estimate) {
        requireCall(who, endpoint, requireNonNull(estimate, "estimate"));
        Resolution resolved = Endpoints.resolve(who, endpoint);
        if (!(resolved instanceof Caller caller)) {
            return rejected(refused((Rejected) resolved));
        }
        AsyncReservation reservation = executor.await(
                reserved(caller, endpoint, estimate), failure -> reservedInOutage(caller, endpoint, estimate));
        return told(caller, endpoint, estimate, reservation);
    }

    @Override
    public AsyncReservation reserve(String organization, String endpoint, Usage estimate) {
        return reserve(caller(organization), endpoint, estimate);
    }

    private CompletableFuture<AsyncReservation> reserved(Caller caller, String endpoint, Usage estimate) {
        return scriptClient
                .charge(caller, endpoint, estimate, reports)
                .thenApply(outcome -> outcome.decision() instanceof Rejected rejected
                        ? rejected(rejected)
                        : new RedisReservation(
                                scriptClient, outagePolicy, listeners, endpoint, estimate, outcome, reports));
    }

    private Rejected refused(Rejected refusal) {
        return reports ? refusal.withLimits(List.of()) : refusal;
    }

    private static AsyncReservation rejected(Rejected decision) {
        return new LocalReservation(Reservation.rejected(decision));
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
        return outagePolicy.reserve(caller, endpoint, estimate, reports, admitted -> {
            Outcome unlimited = Outcome.local(caller, admitted);
            return new RedisReservation(scriptClient, outagePolicy, listeners, endpoint, estimate, unlimited, reports);
        });
    }

    @Override
    public Recorded record(Resolution who, String endpoint, Usage usage) {
        requireCall(who, endpoint, usage);
        Resolution resolved = Endpoints.resolve(who, endpoint);
        if (!(resolved instanceof Caller caller)) {
            return Recorded.notCharged(refused((Rejected) resolved));
        }
        Recorded recorded = executor.await(
                recorded(caller, endpoint, usage), failure -> outagePolicy.record(caller, endpoint, usage, reports));
        return notified(caller, endpoint, usage, recorded);
    }

    private CompletableFuture<Recorded> recorded(Caller caller, String endpoint, Usage usage) {
        return scriptClient.record(caller, endpoint, usage, reports).thenApply(outcome -> {
            Level.notifyNear(outcome.levels(), listeners, caller, endpoint);
            return Recorded.charged(outcome.decision());
        });
    }

    private Recorded notified(Caller caller, String endpoint, Usage usage, Recorded recorded) {
        listeners.onRecorded(caller, endpoint, usage, recorded);
        return recorded;
    }

    @Override
    public List<LimitStatus> status(Resolution who, String endpoint) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        return who instanceof Caller caller
                ? executor.await(
                        scriptClient.status(caller, endpoint),
                        failure -> outagePolicy.status(failure, caller, endpoint))
                : List.of();
    }

    @Override
    public List<LimitStatus> status(Resolution who) {
        requireNonNull(who, "who");
        return who instanceof Caller caller
                ? executor.await(scriptClient.overview(caller), failure -> outagePolicy.status(failure, caller))
                : List.of();
    }

    @Override
    public Caller caller(String organization) {
        return tiers.callerOf(organization);
    }

    /**
     * Returns what support does by hand: grant units, carry over a change of plan, reset or forget an organization.
     *
     * @return the tools
     */
    public RedisAdminTools admin() {
        return admin;
    }

    /**
     * Counts what this limiter holds on this machine, and what it decided. It does not ask Redis, and hinders no call.
     *
     * @return the counts; while calls go on, each is as of another moment
     */
    public RedisLimiterStats stats() {
        return new RedisLimiterStats(
                counter.admitted(),
                counter.rejected(),
                settlements.number(),
                leases.number(),
                scriptClient.rememberedRefusals(),
                executor.openCircuits());
    }

    /** Returns the clocks of this machine. They bound waits; decisions go by the server's clock. */
    @Override
    public TimeSource timeSource() {
        return time.source();
    }

    /**
     * Returns the same limiter, whose decisions tell {@link Decision#limits()}, by the same round trip. It always asks
     * Redis: it serves no call of a lease, and remembers no refusal. To close it closes this limiter.
     */
    @Override
    public RedisRateLimiter reporting() {
        return reports ? this : new RedisRateLimiter(this);
    }

    /**
     * Returns the same limiter, asked without a thread that waits for Redis. Its reservations are {@link
     * AsyncReservation}s. A status completes exceptionally with a {@link RedisUnavailableException} where Redis does
     * not answer and nothing else tells it.
     */
    @Override
    public AsyncRateLimiter async() {
        return async;
    }

    /** The questions without a thread that waits. */
    private final class Async implements AsyncRateLimiter {

        @Override
        public CompletionStage<Decision> tryAcquire(Resolution who, String endpoint, Usage usage) {
            requireCall(who, endpoint, usage);
            Resolution resolved = Endpoints.resolve(who, endpoint);
            if (!(resolved instanceof Caller caller)) {
                return completed(refused((Rejected) resolved));
            }
            return executor.otherwise(
                            charged(caller, endpoint, usage), failure -> decidedInOutage(caller, endpoint, usage))
                    .thenApply(outcome -> notified(caller, endpoint, usage, outcome));
        }

        @Override
        public CompletionStage<Decision> peek(Resolution who, String endpoint, Usage usage) {
            requireCall(who, endpoint, usage);
            Resolution resolved = Endpoints.resolve(who, endpoint);
            return resolved instanceof Caller caller
                    ? executor.otherwise(
                            scriptClient.look(caller, endpoint, usage, reports),
                            failure -> outagePolicy.peek(caller, endpoint, usage, reports))
                    : completed(refused((Rejected) resolved));
        }

        @Override
        public CompletionStage<Reservation> reserve(Resolution who, String endpoint, Usage estimate) {
            requireCall(who, endpoint, requireNonNull(estimate, "estimate"));
            Resolution resolved = Endpoints.resolve(who, endpoint);
            if (!(resolved instanceof Caller caller)) {
                return completed(rejected(refused((Rejected) resolved)));
            }
            return executor.otherwise(
                            reserved(caller, endpoint, estimate),
                            failure -> reservedInOutage(caller, endpoint, estimate))
                    .thenApply(reservation -> told(caller, endpoint, estimate, reservation));
        }

        @Override
        public CompletionStage<Recorded> record(Resolution who, String endpoint, Usage usage) {
            requireCall(who, endpoint, usage);
            Resolution resolved = Endpoints.resolve(who, endpoint);
            if (!(resolved instanceof Caller caller)) {
                return completed(Recorded.notCharged(refused((Rejected) resolved)));
            }
            return executor.otherwise(
                            recorded(caller, endpoint, usage),
                            failure -> outagePolicy.record(caller, endpoint, usage, reports))
                    .thenApply(recorded -> notified(caller, endpoint, usage, recorded));
        }

        @Override
        public CompletionStage<List<LimitStatus>> status(Resolution who, String endpoint) {
            requireNonNull(who, "who");
            requireNonNull(endpoint, "endpoint");
            return who instanceof Caller caller
                    ? executor.otherwise(
                            scriptClient.status(caller, endpoint),
                            failure -> outagePolicy.status(failure, caller, endpoint))
                    : completed(List.of());
        }

        @Override
        public CompletionStage<List<LimitStatus>> status(Resolution who) {
            requireNonNull(who, "who");
            return who instanceof Caller caller
                    ? executor.otherwise(scriptClient.overview(caller), failure -> outagePolicy.status(failure, caller))
                    : completed(List.of());
        }

        @Override
        public Caller caller(String organization) {
            return RedisRateLimiter.this.caller(organization);
        }

        private static <T> CompletionStage<T> completed(T value) {
            return CompletableFuture.completedFuture(value);
        }
    }

    /**
     * Gives back what is unused of {@linkplain RedisRateLimiterBuilder#leases leases}, sends the ends of reservations
     * that Redis has not confirmed once more, and closes the connection. It waits for 100 of them at a time, in all no
     * longer than 5 seconds and the time of a decision. What Redis does not confirm by then may stay charged, and so
     * may what a call takes ahead at the same time; an {@link OutageListener} hears of it. Later questions are
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

    private static void requireCall(Resolution who, String endpoint, Usage usage) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
    }
}
