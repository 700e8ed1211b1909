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
