package dev.ratelimit.spi;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Member;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.kernel.Arguments;
import java.util.ArrayList;
import java.util.List;

/**
 * What the builders of all limiters have in common: tiers, listeners, the count of decisions and the bounds of
 * unlisted endpoints and of members.
 *
 * <p>A limiter without a tier and a resolver has no default tier. Then calls by name throw an {@link
 * IllegalStateException}, and calls by a {@link Caller} bring their tier.
 *
 * <p>A builder may make several limiters. Not safe for use by many threads.
 *
 * @param <B> the builder's own type
 */
public abstract class LimiterBuilder<B extends LimiterBuilder<B>> {

    private final List<RateLimitListener> listeners = new ArrayList<>();
    private TierResolver tiers = TierResolver.none();
    private int maxUnlistedEndpoints = 1_000;
    private int maxMembers = 100_000;
    private boolean countDecisions;

    /** For the builder of a backend. */
    protected LimiterBuilder() {}

    /**
     * Puts every organization on one tier.
     *
     * @param tier the tier
     * @return this builder
     */
    public B tier(Tier tier) {
        requireNonNull(tier, "tier");
        return tiers(organization -> tier);
    }

    /**
     * Sets the resolver of tiers, which gives the tier of an organization. Each call that does not bring its tier asks
     * it.
     *
     * @param tiers the resolver
     * @return this builder
     */
    public B tiers(TierResolver tiers) {
        this.tiers = requireNonNull(tiers, "tiers");
        return self();
    }

    /**
     * Adds a listener, which is notified of each decision, whoever made it, and of the other events that {@link
     * RateLimitListener} names.
     *
     * @param listener the listener, safe for use by many threads
     * @return this builder
     */
    public B listener(RateLimitListener listener) {
        listeners.add(requireNonNull(listener, "listener"));
        return self();
    }

    /**
     * Counts decisions, for {@code stats()} of the limiter. Each call then costs some nanoseconds more. Without it they
     * are not counted.
     *
     * @return this builder
     */
    public B countDecisions() {
        this.countDecisions = true;
        return self();
    }

    /**
     * Bounds the endpoints of an organization that no table of a tier names and that have meters of their own; 1,000
     * unless stated. Names that a pattern matches are among them. Each {@linkplain Member member} has as many.
     *
     * <p>All further ones of a row share the meters of one, the {@linkplain Scope.Endpoint#isOverflow() overflow} of
     * the row, which refusals and statuses name. The class of the builder says for how long. An endpoint that one tier
     * names and another does not may have meters of its own under the one, and share them under the other.
     *
     * @param max the most endpoints, zero or more
     * @return this builder
     * @throws IllegalArgumentException if the number is negative
     */
    public B maxUnlistedEndpoints(int max) {
        Arguments.require(max >= 0, "max", ">= 0", max);
        this.maxUnlistedEndpoints = max;
        return self();
    }

    /**
     * Bounds the {@linkplain Member members} of an organization that have meters of their own, of all kinds together;
     * 100,000 unless stated.
     *
     * <p>All further ones of a kind share the meters of one, the {@linkplain Member#overflow overflow} of that kind,
     * which refusals and statuses name. Once a member was sent there, all new ones of its kind go there until nothing
     * that those meters have counted counts any more.
     *
     * @param max the most members, zero or more
     * @return this builder
     * @throws IllegalArgumentException if the number is negative
     */
    public B maxMembers(int max) {
        Arguments.require(max >= 0, "max", ">= 0", max);
        this.maxMembers = max;
        return self();
    }

    /**
     * Returns this builder, by its own type.
     *
     * @return this
     */
    protected abstract B self();

    /**
     * Returns the resolver of tiers.
     *
     * @return the one that was set last, or {@link TierResolver#none()}
     */
    protected final TierResolver tiers() {
        return tiers;
    }

    /**
     * Returns the listeners.
     *
     * @return those that were added until now, in that order
     */
    protected final List<RateLimitListener> listeners() {
        return List.copyOf(listeners);
    }

    /**
     * Returns the bound of unlisted endpoints.
     *
     * @return the most endpoints
     */
    protected final int maxUnlistedEndpoints() {
        return maxUnlistedEndpoints;
    }

    /**
     * Returns the bound of members.
     *
     * @return the most members of an organization that have meters of their own
     */
    protected final int maxMembers() {
        return maxMembers;
    }

    /**
     * Tells whether decisions are counted.
     *
     * @return whether that was asked for
     */
    protected final boolean countsDecisions() {
        return countDecisions;
    }
}
