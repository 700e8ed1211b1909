package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A rate limiter that keeps its counts in memory.
 *
 * <pre>{@code
 * RateLimiter everyoneOnTrial = InMemoryRateLimiter.builder().tier(GoingLiveEdition.trial()).build();
 *
 * RateLimiter tierByOrganization = InMemoryRateLimiter.builder()
 *     .tiers(organization -> paying.contains(organization) ? production : trial)
 *     .build();
 * }</pre>
 *
 * <p>It never admits more than a limit's amount in any window of the limit's length, whatever threads do. Windows are exact to the
 * nanosecond of the monotonic clock, or hold a charge up to window/1,024 too long: see {@link dev.ratelimit.Precision}. The wall clock
 * is read for quotas only: before each of their refusals and statuses, when a period is over, and otherwise at most once a second
 * for each quota of an organization, so that a wall clock that is set forward is noticed within a second.
 *
 * <p>Calls that race for the last unit of one limit may, while the loser gives back what it took of its other limits, cause a
 * further call that shares one of those to be refused, or to be told too long a wait.
 *
 * <p>Safe for use by many threads. Decisions are lock-free and do not block, except that {@link ConcurrentHashMap} may lock a bin
 * when an organization, a tier of it or an endpoint is seen for the first time. What a thread did
 * before an admitted call happens-before what another does after a later call that the admission counted against.
 *
 * <p>State is kept for every organization and every endpoint that was ever asked for, and is lost with the object.
 */
public final class InMemoryRateLimiter implements RateLimiter {

    /** Plans are made again when they are needed, so the cache of them may be emptied at any time. */
    private static final int MAX_PLANS = 1_024;

    private final TierResolver tiers;
    private final Clocks clocks;
    private final ConcurrentHashMap<String, Organization> organizations = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Tier, Plan> plans = new ConcurrentHashMap<>();

    private InMemoryRateLimiter(TierResolver tiers, TimeSource time) {
        this.tiers = tiers;
        this.clocks = new Clocks(time);
    }

    /**
     * Begins a limiter.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public Decision tryAcquire(String organization, String endpoint, Usage usage) {
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
        return view(organization).tryAcquire(endpoint, usage);
    }

    @Override
    public Decision tryAcquire(Caller caller, String endpoint, Usage usage) {
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
        return view(caller).tryAcquire(endpoint, usage);
    }

    @Override
    public Decision peek(String organization, String endpoint, Usage usage) {
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
        return view(organization).peek(endpoint, usage);
    }

    @Override
    public Decision peek(Caller caller, String endpoint, Usage usage) {
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
        return view(caller).peek(endpoint, usage);
    }

    @Override
    public Reservation reserve(String organization, String endpoint, Usage estimate) {
        requireNonNull(endpoint, "endpoint");
        requireNonNull(estimate, "estimate");
        return view(organization).reserve(endpoint, estimate);
    }

    @Override
    public Reservation reserve(Caller caller, String endpoint, Usage estimate) {
        requireNonNull(endpoint, "endpoint");
        requireNonNull(estimate, "estimate");
        return view(caller).reserve(endpoint, estimate);
    }

    @Override
    public List<LimitStatus> status(String organization, String endpoint) {
        requireNonNull(endpoint, "endpoint");
        return view(organization).status(endpoint);
    }

    @Override
    public List<LimitStatus> status(Caller caller, String endpoint) {
        requireNonNull(endpoint, "endpoint");
        return view(caller).status(endpoint);
    }

    @Override
    public TimeSource timeSource() {
        return clocks.time;
    }

    private TierView view(String organization) {
        requireNonNull(organization, "organization");
        Tier tier = tiers.tierOf(organization);
        if (tier == null) {
            throw new IllegalStateException("the tier resolver must give a tier: organization=" + organization);
        }
        return view(organization, tier);
    }

    private TierView view(Caller caller) {
        requireNonNull(caller, "caller");
        return view(caller.organization(), caller.tier());
    }

    private TierView view(String name, Tier tier) {
        Organization organization = organizations.get(name);
        if (organization == null) {
            organization = organizations.computeIfAbsent(name, unseen -> new Organization());
        }
        TierView view = organization.view(tier);
        return view != null ? view : organization.addView(plan(tier), clocks);
    }

    private Plan plan(Tier tier) {
        Plan plan = plans.get(tier);
        if (plan != null) {
            return plan;
        }
        if (plans.size() >= MAX_PLANS) {
            plans.clear();
        }
        return plans.computeIfAbsent(tier, Plan::new);
    }

    /** Builds an {@link InMemoryRateLimiter}. Not safe for use by many threads. */
    public static final class Builder {

        private @Nullable TierResolver tiers;
        private TimeSource time = TimeSource.system();

        private Builder() {}

        /**
         * Puts every organization on one tier.
         *
         * @param tier the tier
         * @return this builder
         */
        public Builder tier(Tier tier) {
            requireNonNull(tier, "tier");
            return tiers(organization -> tier);
        }

        /**
         * Lets a resolver say which tier an organization is on; it is asked at every call that does not bring its tier.
         *
         * @param tiers the resolver
         * @return this builder
         */
        public Builder tiers(TierResolver tiers) {
            this.tiers = requireNonNull(tiers, "tiers");
            return this;
        }

        /**
         * Sets the clocks; those of the JVM unless stated.
         *
         * @param time the clocks
         * @return this builder
         */
        public Builder timeSource(TimeSource time) {
            this.time = requireNonNull(time, "time");
            return this;
        }

        /**
         * Makes the limiter.
         *
         * @return a limiter that has seen no call
         * @throws IllegalStateException if neither a tier nor a resolver was set
         */
        public InMemoryRateLimiter build() {
            if (tiers == null) {
                throw new IllegalStateException("a tier or a tier resolver must be set");
            }
            return new InMemoryRateLimiter(tiers, time);
        }
    }
}
