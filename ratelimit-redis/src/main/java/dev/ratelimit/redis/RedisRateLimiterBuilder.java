package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.ApiVersion;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.DecisionCounter;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.LimiterBuilder;
import dev.ratelimit.spi.TimeSource;
import io.lettuce.core.AbstractRedisClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link RedisRateLimiter}.
 *
 * <p>Listeners are notified on the thread that asks the limiter. For asynchronous calls, they are notified on the
 * thread that brings the answer, and so they always are of a limit that a settlement brings near. A listener of near
 * limits makes each charge more work for Redis, which then reports the use.
 *
 * <p>An unlisted endpoint takes one of the {@link #maxUnlistedEndpoints} places with its first charge. It keeps the
 * place until its meters are idle, and a window and a minute more have passed (for a bucket another minute, for a limit
 * in flight its longest time). Once an endpoint has found no place, all new names share meters until these are idle. A
 * call of such a name costs a second round trip. So it is with members and {@link #maxMembers}.
 *
 * <p>Not safe for use by many threads.
 */
public final class RedisRateLimiterBuilder extends LimiterBuilder<RedisRateLimiterBuilder> {

    private static final Duration LONGEST = Duration.ofHours(1);

    /* Where the JDK runs asynchronous stages: the common pool, unless that is too small. */
    private static final Executor POOL = new CompletableFuture<>().defaultExecutor();

    private final AbstractRedisClient client;
    private final Supplier<Connection> kind;
    private final List<OutageListener> outageListeners = new ArrayList<>();
    private @Nullable Fallback fallback;
    private boolean admits;
    private String prefix = "ratelimit:";
    private Duration timeout = Duration.ofMillis(50);
    private Duration pause = Duration.ofSeconds(1);
    private Duration remembered = Duration.ofSeconds(1);
    private Batch batch = Batch.NONE;
    private @Nullable TimeSource clock;
    private Leases.@Nullable Timer leaseTimer;
    private ServerTime time = ServerTime.guessedBy(TimeSource.system());
    private Supplier<System.Logger> logger = () -> System.getLogger(RedisRateLimiter.class.getName());

    RedisRateLimiterBuilder(AbstractRedisClient client, Supplier<Connection> kind) {
        this.client = client;
        this.kind = kind;
    }

    @Override
    protected RedisRateLimiterBuilder self() {
        return this;
    }

    /**
     * Sets the text that all keys begin with, so that several applications can share a Redis; {@code ratelimit:} unless
     * stated. Limiters with the same prefix share their counts.
     *
     * @param prefix the text, without braces, which would be taken for the hash tag of a cluster
     * @return this builder
     * @throws IllegalArgumentException if there is a brace in it
     */
    public RedisRateLimiterBuilder keyPrefix(String prefix) {
        requireNonNull(prefix, "prefix");
        Arguments.require(prefix.indexOf('{') < 0 && prefix.indexOf('}') < 0, "prefix", "without braces", prefix);
        this.prefix = prefix;
        return this;
    }

    /**
     * Sets the longest time of a decision, or of any other question, with all its round trips: 50 milliseconds unless
     * stated. A status of more than 100 limits takes several requests, each of which has this time.
     *
     * @param timeout more than zero, at most an hour
     * @return this builder
     * @throws IllegalArgumentException if it is out of its range
     */
    public RedisRateLimiterBuilder timeout(Duration timeout) {
        this.timeout = requireSpan(timeout, "timeout");
        return this;
    }

    /**
     * Rejects all calls while Redis is away, with the cause {@link dev.ratelimit.StoreUnavailable}. This is the
     * default. A status then fails with a {@link RedisUnavailableException}.
     *
     * <p>Here and below, "while Redis is away" includes every call that Redis does not decide. Redis may be late, may
     * answer an error, or the limiter itself may fail.
     *
     * @return this builder
     */
    public RedisRateLimiterBuilder failClosed() {
        this.fallback = null;
        this.admits = false;
        return this;
    }

    /**
     * Admits all calls while Redis is away, and charges nothing for them. The use is unknown then, and a status shows
     * limits of which nothing is used.
     *
     * @return this builder
     */
    public RedisRateLimiterBuilder failOpen() {
        this.fallback = null;
        this.admits = true;
        return this;
    }

    /**
     * Lets another limiter decide while Redis is away, for example one in memory. It decides under the caller's tier,
     * which this limiter's resolver gives where a call names the organization only. Each machine then admits the whole
     * amounts; to divide them, see {@link #fallBackTo(RateLimiter, UnaryOperator)}.
     *
     * @param limiter the other limiter; it must not block, since asynchronous calls ask it on a thread that they share
     * @return this builder
     */
    public RedisRateLimiterBuilder fallBackTo(RateLimiter limiter) {
        return fallBackTo(limiter, UnaryOperator.identity());
    }

    /**
     * Lets another limiter decide while Redis is away, under other tiers. With a share of the amounts, for example, all
     * machines together admit no more than the amounts.
     *
     * <p>On one of three machines:
     * {@code builder.fallBackTo(inMemory, tier -> tier.withLimits(limit -> limit.dividedBy(3)))}.
     *
     * @param limiter the other limiter; it must not block, since asynchronous calls ask it on a thread that they share
     * @param scale makes the tier of an outage out of the caller's own; any thread may call it. The tiers that were
     *     used last are cached
     * @return this builder
     */
    public RedisRateLimiterBuilder fallBackTo(RateLimiter limiter, UnaryOperator<Tier> scale) {
        this.fallback = new Fallback(requireNonNull(limiter, "limiter"), requireNonNull(scale, "scale"));
        return this;
    }

    /**
     * Sets the pause after which one call asks Redis again while it is away; a second unless stated.
     *
     * @param pause more than zero, at most an hour
     * @return this builder
     * @throws IllegalArgumentException if it is out of its range
     */
    public RedisRateLimiterBuilder probeEvery(Duration pause) {
        this.pause = requireSpan(pause, "pause");
        return this;
    }

    /**
     * Sets how long this machine remembers a refusal: until its wait is over, and no longer than this; a second unless
     * stated. A client that repeats a call at once is then refused without asking Redis.
     *
     * <p>A remembered refusal is the answer that Redis would give: it names the same limit, and counts the wait down.
     * It answers the same call only: of the same organization, tier and endpoint, with the same units. It ends when
     * this limiter charges one of the limits, or gives back to it. It also ends when a request about one of the limits
     * gets no answer. A refusal by a limit in flight is not remembered: a call may end at any time.
     *
     * <p>Meanwhile a remembered refusal knows nothing of three things. Other limiters, on this machine or another, may
     * charge or give back. Redis may carry out a request of this limiter late, after it was given up. The server's
     * clock may step.
     *
     * @param longest the longest time, zero to remember nothing, at most an hour
     * @return this builder
     * @throws IllegalArgumentException if it is out of its range
     */
    public RedisRateLimiterBuilder rememberRefusals(Duration longest) {
        requireNonNull(longest, "longest");
        this.remembered = longest.isZero() ? longest : requireSpan(longest, "longest");
        return this;
    }

    /**
     * Leases units, so that this machine decides most calls without asking Redis; there are no leases unless stated. A
     * {@code tryAcquire} that asks Redis takes a batch of units of every limit of its endpoint, in the same round trip,
     * if all limits have room for the batch. The lease serves further calls of the same organization, tier and endpoint
     * until its units are used up or its time is over. Then the rest is given back, and the next call asks again.
     *
     * <p>Leases are bypassed by calls larger than the batch, and by calls that find no room for a batch. They are
     * bypassed by calls that arrive while a lease is being requested, or after a request that was not answered. They
     * are bypassed by {@code peek}, {@code reserve} and {@code status}. For all of these, the leased units are used.
     *
     * <p>Leases apply where all limits of an endpoint count the same unit and none has a smaller amount than the batch.
     * They apply to no endpoint with a limit in flight or of single calls.
     *
     * <p>Over all machines, no window and no period serves more units than the amount. A leased unit counts in a window
     * and in a bucket as of the end of its lease. No machine serves it after that end, or after the period of a quota.
     * This assumes that the server's clock does not step while a lease lasts. It also assumes that the monotonic clock
     * of this machine is slower than the server's by at most a hundredth. After a step ahead, the calls of a lease
     * leave their windows too early by the step. A machine that was suspended serves nothing of a lease that is over by
     * its monotonic or its wall clock. A call that is itself delayed counts as of the time when it looked at the lease.
     *
     * <p>The price is that calls are refused earlier:
     *
     * <ul>
     *   <li>At any time, up to a batch of units of a limit is neither used nor free, for each machine and endpoint that
     *     shares the limit. So the batch times the machines should be small beside the amounts.
     *   <li>A charge of any machine may count in a window longer by the time of a lease. Under steady load, an amount
     *     per window becomes an amount per window and that time. So the time should be short beside the windows.
     *   <li>Some units stay charged until they leave the window or the period ends, and in a lifetime quota for good:
     *     units that a machine had not used when it broke down, units of a lease whose answer did not come, and units
     *     whose return Redis had not confirmed when the limiter was closed.
     *   <li>A separate message, which no call waits for, gives unused units back. So leases make more work, not less,
     *     for an organization that calls less often than twice in the time of a lease.
     * </ul>
     *
     * <p>A limiter holds at most 10,000 leases at once.
     *
     * @param units the batch, more than zero, at most 2<sup>53</sup>; in the unit that the limits count
     * @param time the time of a lease, more than zero, at most an hour
     * @return this builder
     * @throws IllegalArgumentException if one of them is out of its range
     */
    public RedisRateLimiterBuilder leases(long units, Duration time) {
        Arguments.require(units > 0, "units", "> 0", units);
        Arguments.require(units <= Arguments.MAX_AMOUNT, "units", "<= 2^53", units);
        this.batch = new Batch(units, Micros.roundedUp(requireSpan(time, "time")));
        return this;
    }

    /**
     * Adds a listener. It hears when Redis goes away, when Redis is back, and of settlements that do not arrive. No
     * decision waits for it.
     *
     * @param listener the listener, safe for use by many threads
     * @return this builder
     */
    public RedisRateLimiterBuilder outageListener(OutageListener listener) {
        outageListeners.add(requireNonNull(listener, "listener"));
        return this;
    }

    /** Sets the clocks, for tests. */
    RedisRateLimiterBuilder time(ServerTime time) {
        this.time = time;
        return this;
    }

    /** Sets the logger, for tests. */
    RedisRateLimiterBuilder logger(System.Logger logger) {
        this.logger = () -> logger;
        return this;
    }

    /** Sets the clock and the timer of this machine that end leases, for tests. */
    RedisRateLimiterBuilder leaseTime(TimeSource clock, Leases.Timer timer) {
        this.clock = clock;
        this.leaseTimer = timer;
        return this;
    }

    /**
     * Connects, and makes the limiter. It takes no longer than the client waits for a connection, and for the answers
     * to four commands.
     *
     * <p>A Redis with which the limiter cannot work until somebody changes a setting is an error, with the reason. The
     * trial writes one key, which is deleted at once or else lives for two minutes. It charges nothing.
     *
     * <p>A Redis that is away, or that serves nobody at present, is an outage from the start. The limiter decides as
     * the host chose, and tries to connect after each {@linkplain #probeEvery pause}. If the trial fails only then, the
     * log and {@link OutageListener#unfit} tell the reason.
     *
     * @return a limiter that goes on with the counts in Redis
     * @throws IllegalStateException if the password is wrong, the user may not run scripts or write, the server's
     *     certificate is refused, the server is a read-only replica or older than version 6.2, or it is no cluster
     *     though the client is for one
     */
    public RedisRateLimiter build() {
        ApiVersion.require("ratelimit-redis", ApiVersion.CURRENT);
        ScheduledExecutorService timer =
                client.getResources().eventExecutorGroup().next();
        ThrottledLog log = new ThrottledLog(TimeSource.system(), logger);
        OutageListeners told = new OutageListeners(outageListeners, log);
        Connector connector = new Connector(kind, trial(timer, log), pause, timer, log);
        CircuitBreakers circuits = circuits(connector, told);
        DecisionCounter counter = new DecisionCounter(countsDecisions());
        Listeners notified = new Listeners(counter.behind(listeners()), log);
        ScriptExecutor executor =
                new ScriptExecutor(connector::commands, new Timeouts(timeout, timer), circuits, notified, POOL, log);
        Settlements settlements = new Settlements(executor, told, timer, pause, log);
        executor.whenBack(settlements::sendAgain);
        ScriptClient scriptClient = client(executor, settlements, remembered, notified.hearNearLimits());
        TimeSource lives = clock == null ? time.source() : clock;
        Leases leases = new Leases(scriptClient, batch, lives, leaseTimer == null ? Leases.timer(timer) : leaseTimer);
        OutagePolicy outagePolicy = new OutagePolicy(
                fallback,
                admits,
                caller -> circuits.of(scriptClient.base(caller)).untilNextAttempt());
        connector.connect(circuits, told);
        return new RedisRateLimiter(
                connector, tiers(), scriptClient, settlements, leases, outagePolicy, notified, counter, time, lives);
    }

    private CircuitBreakers circuits(Connector connector, OutageListeners told) {
        return new CircuitBreakers(
                connector::nodeOf,
                connector::hasKeys,
                () -> told.breaker(pause, System::nanoTime, connector::isConnected));
    }

    private ScriptClient client(
            ScriptExecutor executor, Settlements settlements, Duration remembered, boolean hearsLevels) {
        // Longer than a request may be under way: it is not sent again after its time.
        long receiptMillis = Math.max(2_000, 4 * timeout.toMillis());
        RejectionCache rejections = new RejectionCache(remembered, time.source());
        return new ScriptClient(
                executor,
                settlements,
                time,
                new EncodedLimits(maxUnlistedEndpoints(), maxMembers()),
                rejections,
                prefix,
                receiptMillis,
                hearsLevels);
    }

    /**
     * Returns a trial of a connection: the server's version, and whether it runs the script and lets it write. The
     * trial has the patience of the client, since the first decision also loads classes.
     */
    private Connector.Trial trial(ScheduledExecutorService timer, ThrottledLog log) {
        return connection -> {
            Timeouts patient = new Timeouts(connection.patience(), timer);
            connection.prepare(patient);
            OutageListeners nobody = new OutageListeners(List.of(), log);
            CircuitBreakers circuits = new CircuitBreakers(
                    connection::nodeOf,
                    connection::hasKeys,
                    () -> nobody.breaker(pause, System::nanoTime, connection::isConnected));
            Listeners unheard = new Listeners(List.of(), log);
            ScriptExecutor executor = new ScriptExecutor(connection::commands, patient, circuits, unheard, POOL, log);
            ScriptClient scriptClient =
                    client(executor, new Settlements(executor, nobody, timer, pause, log), Duration.ZERO, false);
            rehearse(scriptClient, patient);
        };
    }

    private static void rehearse(ScriptClient scriptClient, Timeouts patient) throws ExecutionException {
        Tier tier = Tier.named("rehearsal")
                .table(LimitTable.named("rehearsal").eachOtherEndpoint(RateLimit.perMinute(1)))
                .build();
        Caller caller = Caller.of("", tier);
        patient.await(scriptClient.look(caller, "", Usage.call(), false));
        // A settlement of nothing writes its receipt only.
        LimitSet limitSet = scriptClient.limitSet(caller, "");
        List<Change> none = List.of(new Change(limitSet.limits().get(0), List.of(), 0, 0));
        patient.await(scriptClient.giveBack(limitSet, none).first());
    }

    private static Duration requireSpan(Duration span, String name) {
        requireNonNull(span, name);
        boolean positive = !span.isNegative() && !span.isZero();
        Arguments.require(positive && span.compareTo(LONGEST) <= 0, name, "> 0 and <= " + LONGEST, span);
        return span;
    }
}
