package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Builds a {@link RedisRateLimiter}. Not safe for use by many threads. */
public final class RedisRateLimiterBuilder {

    private static final Duration LONGEST = Duration.ofHours(1);
    private static final long MOST_UNITS = 1L << 53;

    private final Supplier<Connection> kind;
    private final List<RateLimitListener> listeners = new ArrayList<>();
    private final List<OutageListener> outageListeners = new ArrayList<>();
    private @Nullable TierResolver tiers;
    private @Nullable RateLimiter fallback;
    private boolean admits;
    private int maxEndpoints = 1_000;
    private String prefix = "ratelimit:";
    private Duration timeout = Duration.ofMillis(50);
    private Duration pause = Duration.ofSeconds(1);
    private Duration remembered = Duration.ofSeconds(1);
    private Meters.Batch batch = Meters.Batch.NONE;
    private @Nullable TimeSource clock;
    private Leases.Timer timer = Leases.TIMER;
    private ServerTime time = ServerTime.guessedBy(TimeSource.system());

    RedisRateLimiterBuilder(Supplier<Connection> kind) {
        this.kind = kind;
    }

    /**
     * Puts every organization on one tier.
     *
     * @param tier the tier
     * @return this builder
     */
    public RedisRateLimiterBuilder tier(Tier tier) {
        requireNonNull(tier, "tier");
        return tiers(organization -> tier);
    }

    /**
     * Lets a resolver say which tier an organization is on; it is asked at every call that does not bring its tier.
     *
     * @param tiers the resolver
     * @return this builder
     */
    public RedisRateLimiterBuilder tiers(TierResolver tiers) {
        this.tiers = requireNonNull(tiers, "tiers");
        return this;
    }

    /**
     * Sets what all keys begin with, so that several applications can share a Redis; {@code ratelimit:} unless stated. Limiters share
     * their counts if they have it in common.
     *
     * @param prefix the text, without braces, which would be taken for the hash tag of a cluster
     * @return this builder
     * @throws IllegalArgumentException if there is a brace in it
     */
    public RedisRateLimiterBuilder keyPrefix(String prefix) {
        requireNonNull(prefix, "prefix");
        require(prefix.indexOf('{') < 0 && prefix.indexOf('}') < 0, "prefix", "without braces", prefix);
        this.prefix = prefix;
        return this;
    }

    /**
     * Bounds the endpoints, of those that no table of a tier names, that an organization has meters of their own for: a further one gets
     * some only while the organization's endpoints that have used something by themselves are fewer than this; 1,000 unless
     * stated. All further ones share one set of meters, as if they were one endpoint, until these are idle. A call of one
     * costs a second round trip. An endpoint that is named by one tier and not by another may then count by itself under the one and with
     * others under the other.
     *
     * @param max how many names, zero or more
     * @return this builder
     * @throws IllegalArgumentException if the number is negative
     */
    public RedisRateLimiterBuilder maxUnlistedEndpoints(int max) {
        require(max >= 0, "max", ">= 0", max);
        this.maxEndpoints = max;
        return this;
    }

    /**
     * Sets the longest time that a decision, or any other question, takes: all its round trips together; 50 milliseconds unless stated.
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
     * Rejects all calls while Redis is away, by {@link dev.ratelimit.LimitsUnknown}; so it is unless another choice is made.
     *
     * @return this builder
     */
    public RedisRateLimiterBuilder rejectWhileAway() {
        this.fallback = null;
        this.admits = false;
        return this;
    }

    /**
     * Admits all calls while Redis is away, and charges nothing for them.
     *
     * @return this builder
     */
    public RedisRateLimiterBuilder admitWhileAway() {
        this.fallback = null;
        this.admits = true;
        return this;
    }

    /**
     * Lets another limiter decide while Redis is away, by its own tiers: one in memory, say, whose tiers have this machine's share of the
     * amounts. It is asked by the organization's name, also about calls that bring their tier.
     *
     * @param limiter the other limiter; it must not block, since asynchronous calls ask it on a thread that they share
     * @return this builder
     */
    public RedisRateLimiterBuilder fallBackTo(RateLimiter limiter) {
        this.fallback = requireNonNull(limiter, "limiter");
        return this;
    }

    /**
     * Sets how often Redis is asked again while it is away, by one call each time; every second unless stated.
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
     * Sets how long a refusal is remembered on this machine, so that a client that does not wait is refused without asking Redis: until the
     * wait is over that it was told, if one helps, and no longer than this; a second unless stated. What another machine gives back, or
     * another limiter, may go unnoticed for as long. A smaller call, or one under a larger amount, is asked for; and any, as soon
     * as a reservation that used the same meter is settled or cancelled by this limiter.
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
     * Takes units ahead, so that most calls are decided on this machine without asking Redis; nothing is unless stated. A
     * {@code tryAcquire} that asks Redis takes so many units of every limit of its endpoint, in the same round trip, if all have
     * room for so many. Further ones of the same organization, tier and endpoint are served of them until they are used up or the time
     * is over; then what is left is given back, and the next call asks again. All else goes on as without: a call that finds no room for
     * so many, that uses more than so many, that comes while another one asks or after one that was not answered, and {@code peek},
     * {@code reserve} and {@code status}, for which what is taken is used.
     *
     * <p>It applies where all limits of an endpoint count the same unit and none has a smaller amount than this.
     *
     * <p>In no window and in no period are more units served than the amount, over all machines. What is taken counts in a window from the
     * end of the time on, and no machine serves of it beyond then or beyond the period of a quota. That supposes that while a
     * lease lasts the monotonic clock of this machine is slower than the server's by at most a hundredth, and the server's does not step: a
     * step ahead has the calls of a lease leave their windows by as much too early. A machine that stands still for a while serves
     * nothing thereafter that is over by its monotonic or by its wall clock. A call that is held up itself counts as of when it looked.
     *
     * <p>The price is that calls are refused earlier:
     *
     * <ul>
     *   <li>At any time, up to so many units of a limit are neither used nor free, for each machine and endpoint that shares it. So this
     *       times the machines should be small beside the amounts.
     *   <li>What is charged to a window, by any machine, may count there for so long a time longer. Under steady load, an amount per window
     *       is thus an amount per window and this time. So this should be short beside the windows.
     *   <li>What a machine had not used when it broke down stays charged, and so does what it took with an answer that did not come, or
     *       could not give back because Redis was away, or had not answered when the limiter was closed: in a window until it leaves it, in
     *       a quota until the period ends, and in a lifetime quota for good.
     *   <li>Redis is told of unused units by a message of their own, which no call waits for. So of an organization that calls less
     *       often than twice in the time, leases make more work and not less.
     * </ul>
     *
     * <p>At most 10,000 leases are held at once.
     *
     * @param units how many, more than zero, at most 2<sup>53</sup>; of whatever unit the limits count
     * @param time how long, more than zero, at most an hour
     * @return this builder
     * @throws IllegalArgumentException if one of them is out of its range
     */
    public RedisRateLimiterBuilder leases(long units, Duration time) {
        require(units > 0, "units", "> 0", units);
        require(units <= MOST_UNITS, "units", "<= 2^53", units);
        this.batch = new Meters.Batch(units, Micros.roundedUp(requireSpan(time, "time")));
        return this;
    }

    /**
     * Adds a listener, which is told of each decision, whoever made it, and of how reservations end; not of limits that are nearly used
     * up. It is told on the thread that asked, or, of asynchronous calls, on the thread that brings the answer.
     *
     * @param listener the listener, safe for use by many threads
     * @return this builder
     */
    public RedisRateLimiterBuilder listener(RateLimitListener listener) {
        listeners.add(requireNonNull(listener, "listener"));
        return this;
    }

    /**
     * Adds a listener, which is told when Redis goes away and when it is back. No decision waits for it.
     *
     * @param listener the listener, safe for use by many threads
     * @return this builder
     */
    public RedisRateLimiterBuilder outageListener(OutageListener listener) {
        outageListeners.add(requireNonNull(listener, "listener"));
        return this;
    }

    /** Sets where time comes from, for tests. */
    RedisRateLimiterBuilder time(ServerTime time) {
        this.time = time;
        return this;
    }

    /** Sets by which clock and timer of this machine leases end, for tests. */
    RedisRateLimiterBuilder leaseTime(TimeSource clock, Leases.Timer timer) {
        this.clock = clock;
        this.timer = timer;
        return this;
    }

    /**
     * Connects, and makes the limiter. It takes no longer than the client waits for a connection, and for the answers to three commands.
     *
     * @return a limiter that goes on with what is in Redis
     * @throws IllegalStateException if neither a tier nor a resolver was set, if there is no connection, if Redis does not let it in
     *     or does not let it run scripts, or if it is older than version 6.2
     */
    public RedisRateLimiter build() {
        if (tiers == null) {
            throw new IllegalStateException("a tier or a tier resolver must be set");
        }
        Connection opened = Connection.open(kind, good -> {
            Link patient = new Link(good.commands(), good.patience(), circuits(good, List.of()));
            rehearse(meters(patient, Duration.ZERO));
        });
        Circuits circuits = circuits(opened, outageListeners);
        Meters meters = meters(new Link(opened.commands(), timeout, circuits), remembered);
        return new RedisRateLimiter(
                opened.connection(),
                tiers,
                meters,
                new Leases(meters, batch, clock == null ? time.source() : clock, timer),
                new Away(
                        fallback,
                        admits,
                        caller -> circuits.of(meters.base(caller)).untilProbe()),
                new Listeners(listeners),
                time);
    }

    private Circuits circuits(Connection opened, List<OutageListener> told) {
        return new Circuits(
                opened::nodeOf, opened::hasKeys, () -> new Circuit(pause, System::nanoTime, opened::isConnected, told));
    }

    private Meters meters(Link link, Duration remembered) {
        // Longer than any request is on its way: after its time it is not sent again.
        long receiptMillis = Math.max(2_000, 4 * timeout.toMillis());
        Refusals refusals = new Refusals(remembered, System::nanoTime);
        return new Meters(link, time, new Rules(maxEndpoints), refusals, prefix, receiptMillis);
    }

    /** Decides once, and charges nothing: the server may refuse to run scripts, and the first decision takes long, as it loads classes. */
    private static void rehearse(Meters meters) {
        Tier tier = Tier.named("rehearsal")
                .table(LimitTable.named("rehearsal").eachOther(RateLimit.perMinute(1)))
                .build();
        meters.look(new Caller("", tier), "", Usage.call()).join();
    }

    private static Duration requireSpan(Duration span, String name) {
        requireNonNull(span, name);
        boolean positive = !span.isNegative() && !span.isZero();
        require(positive && span.compareTo(LONGEST) <= 0, name, "> 0 and <= " + LONGEST, span);
        return span;
    }

    private static void require(boolean holds, String name, String rule, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " must be " + rule + ": " + name + "=" + value);
        }
    }
}
