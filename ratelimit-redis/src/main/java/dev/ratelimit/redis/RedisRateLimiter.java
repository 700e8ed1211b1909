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
import dev.ratelimit.spi.WaitingCalls;
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
 * <p>The use of an organization on all machines adds up. By the clock of the server, no window of a limit's length
 * admits more units than the amount, whatever the clocks of the machines show: each decision is one script, which runs
 * alone on the server. Windows are exact to the microsecond, or keep a charge up to window/1,024 too long, as
 * {@link dev.ratelimit.Precision} says. A window that is no whole number of microseconds is rounded up.
 *
 * <p>The clock of the server may step. When it steps forward, charges leave their windows early by as much; so it is
 * when a primary takes over whose clock is ahead. When it steps back, waits are longer. A quota's period that is over
 * comes back only if the clock was beyond the period's end by more than 50 seconds, and no call of the quota was
 * admitted then. On a cluster, windows go by the clock of the node that has the organization. Periods go by the clock
 * that is furthest ahead among the nodes that this limiter has asked.
 *
 * <p>The limiter believes the server's clock, whatever it shows. A clock that was ahead by more than an hour may be put
 * right. Then its charges count as of the moment at which a request finds them: they leave a window one window later,
 * and count in the period of that day. What the server expired while its clock was ahead is lost, and so is the period
 * of a quota that was charged anew. {@code docs/DIFFERENCES.md} of the project lists where backends differ, and why.
 *
 * <p>One round trip makes a decision. One also charges a piece of a reservation, ends a reservation, or tells the
 * status of an endpoint. The status of an organization takes one for each 100 limits, after one or more that list its
 * endpoints, and so for each member of the caller. A further round trip is due in these cases:
 *
 * <ul>
 *   <li>A node does not know the script, which it learns with the first call.
 *   <li>An endpoint or a member must share meters, {@linkplain RedisRateLimiterBuilder#maxUnlistedEndpoints beyond} a
 *       {@linkplain RedisRateLimiterBuilder#maxMembers bound}; where both must, two are.
 *   <li>The server's time is neither in the period that this machine expects, nor in the one before or after it: this
 *       machine computes the calendar.
 * </ul>
 *
 * <p>The class {@code Script} describes what the script keeps, and how much work it does.
 *
 * <p>A charge that Redis has lost is admitted again: a primary that fails loses what it has not replicated. A charge
 * whose answer is lost stays charged. A request that is sent again because a connection was cut gets the first answer
 * again, for some seconds.
 *
 * <p>Under a {@linkplain dev.ratelimit.ConcurrencyLimit limit in flight}, the units of a machine that crashes come back
 * when its longest time has passed by the server's clock, and not before. A {@code tryAcquire} cannot end, so it counts
 * for that time; the log says so once.
 *
 * <p>{@linkplain RedisRateLimiterBuilder#leases Leases} spare most calls the round trip. Their price is that calls may
 * be refused earlier.
 *
 * <p>{@linkplain RedisRateLimiterBuilder#timeout The time of a decision is bounded}. When Redis answers late, or with
 * an error, the call is decided as {@linkplain RedisRateLimiterBuilder#failClosed the host chose}. A failure of this
 * library has the same effect, and is logged. After three calls in a row without an answer, only one call a second asks
 * Redis, until it answers. An error is an answer: it concerns the call that got it, and is logged. A status does not
 * count here, since it may take the server long.
 *
 * <p>A settlement or cancellation ends the reservation even if Redis does not confirm it. It is
 * {@linkplain AsyncReservation#confirmed sent again} until it arrives.
 *
 * <p>Safe for use by many threads. A call that waits for Redis holds no lock, and blocks a virtual thread only.
 * Asynchronous calls block no thread. The thread of Lettuce's that reads the answers completes their stages, so the
 * dependents of a stage must not block. Where Redis did not answer, a thread of the common pool completes them.
 * Timeouts run on one of Lettuce's event executors, which must not be blocked either. A call that waits ends in time
 * even then.
 */
public final class RedisRateLimiter implements RateLimiter, WaitingCalls.Wakers, AutoCloseable {

    private static final long CLOSING_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Connector connector;
    private final TierResolver tiers;
    private final ScriptClient scriptClient;
    private final PartyClient partyClient;
    private final ScriptExecutor executor;
    private final Settlements settlements;
    private final Leases leases;
    private final OutagePolicy outagePolicy;
    private final Listeners listeners;
    private final DecisionCounter counter;
    private final RedisAdminTools admin;
    private final ServerTime time;
    private final TimeSource clock;
    private final WaitingCalls waitingCalls;
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
        partyClient = new PartyClient(scriptClient);
        this.executor = scriptClient.executor();
        this.settlements = settlements;
        this.leases = leases;
        this.outagePolicy = outagePolicy;
        this.listeners = listeners;
        this.counter = counter;
        this.admin = new RedisAdminTools(partyClient, executor, listeners, this::caller);
        this.time = time;
        this.clock = clock;
        this.waitingCalls = listeners.waitingCalls();
        this.reports = false;
    }

    /** Makes the reporting view of a limiter. */
    private RedisRateLimiter(RedisRateLimiter limiter) {
        this.connector = limiter.connector;
        this.tiers = limiter.tiers;
        this.scriptClient = limiter.scriptClient;
        this.partyClient = limiter.partyClient;
        this.executor = limiter.executor;
        this.settlements = limiter.settlements;
        this.leases = limiter.leases;
        this.outagePolicy = limiter.outagePolicy;
        this.listeners = limiter.listeners;
        this.counter = limiter.counter;
        this.admin = limiter.admin;
        this.time = limiter.time;
        this.clock = limiter.clock;
        this.waitingCalls = limiter.waitingCalls;
        this.reports = true;
    }

    /**
     * Begins a limiter on one server, or on the primary that Sentinel names.
     *
     * @param client connects to the server; closing the limiter does not shut it down
     * @return a builder
     */
    public static RedisRateLimiterBuilder builder(RedisClient client) {
        requireNonNull(client, "client");
        return new RedisRateLimiterBuilder(client, Connection.of(client));
    }

    /**
     * Begins a limiter on a cluster.
     *
     * @param client connects to the cluster; closing the limiter does not shut it down
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
                ? scriptClient.take(scriptClient.limitSet(caller, endpoint), usage, true)
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
                        : waking(
                                caller,
                                new RedisReservation(
                                        scriptClient, outagePolicy, listeners, endpoint, estimate, outcome, reports)));
    }

    /** Has a waiting call of this limiter woken when the server has confirmed that the reservation has ended. */
    private AsyncReservation waking(Caller caller, AsyncReservation reservation) {
        CompletionStage<Void> unused =
                reservation.confirmed().thenRun(() -> waitingCalls.wakeOne(caller.organization()));
        return reservation;
    }

    @Override
    public WaitingCalls waitingCalls() {
        return waitingCalls;
    }

    private Rejected refused(Rejected refusal) {
        return reports ? refusal.withLimits(List.of()) : refusal;
    }

    private static AsyncReservation rejected(Rejected decision) {
        return new LocalReservation(Reservation.rejected(decision));
    }

    /** Tells listeners the answer to a reservation. Returns a reservation that tells them what becomes of it. */
    private AsyncReservation told(Caller caller, String endpoint, Usage estimate, AsyncReservation reservation) {
        listeners.onDecided(caller, endpoint, estimate, reservation.decision());
        if (reservation instanceof RedisReservation own) {
            own.notifyNear();
        }
        if (!reservation.decision().isAdmitted() || listeners.isEmpty()) {
            return reservation;
        }
        listeners.onReserved(caller, endpoint, estimate);
        return new NotifyingReservation(reservation, listeners, caller, endpoint, estimate);
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
                ? executor.await(partyClient.overview(caller), failure -> outagePolicy.status(failure, caller))
                : List.of();
    }

    @Override
    public Caller caller(String organization) {
        return tiers.callerOf(organization);
    }

    /**
     * Returns the tools of support: to grant units, to carry over a change of plan, to reset or forget an organization.
     *
     * @return the tools
     */
    public RedisAdminTools admin() {
        return admin;
    }

    /**
     * Returns counts of what this limiter holds on this machine, and of its decisions. It does not ask Redis, and
     * delays no call.
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
                executor.openCircuits(),
                scriptClient.furtherMembers());
    }

    /** Returns the clocks of this machine. They bound waits; decisions go by the server's clock. */
    @Override
    public TimeSource timeSource() {
        return time.source();
    }

    /**
     * Returns a view of this limiter whose decisions carry {@link Decision#limits()}, from the same round trip. The
     * view always asks Redis: it serves no call from a lease, and remembers no refusal. Closing it closes this limiter.
     */
    @Override
    public RedisRateLimiter reporting() {
        return reports ? this : new RedisRateLimiter(this);
    }

    /**
     * Returns a view of this limiter for which no thread waits. Its reservations are {@link AsyncReservation}s. If
     * Redis does not answer and no other limiter tells a status, it completes with a {@link RedisUnavailableException}.
     */
    @Override
    public AsyncRateLimiter async() {
        return async;
    }

    /** The asynchronous view. */
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
                    ? executor.otherwise(partyClient.overview(caller), failure -> outagePolicy.status(failure, caller))
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
     * Gives back the unused units of {@linkplain RedisRateLimiterBuilder#leases leases}, sends the unconfirmed ends of
     * reservations once more, and closes the connection. It waits for 100 answers at a time, in all no longer than 5
     * seconds and the time of a decision. What Redis does not confirm by then may stay charged, and so may a lease that
     * a call takes at the same time. An {@link OutageListener} hears of it. Later questions are decided as while Redis
     * is away.
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
