package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint of one organization, which decides as the limiter that it is of does, without looking either up by its name. For hosts that
 * keep something for each customer anyway.
 *
 * <pre>{@code
 * BoundEndpoint chat = limiter.bind("acme", "chat");
 * if (chat.tryAcquire() instanceof Rejected no) {
 *   return tooManyRequests(no.message(), no.retryAfter());
 * }
 * }</pre>
 *
 * <p>The tier resolver is asked at every call, so a change of tier counts from the next call on. When the organization's state was dropped
 * because it was idle, the next call makes it anew; until then this object keeps what was dropped from being collected.
 *
 * <p>Safe for use by many threads, and lock-free as the limiter is.
 */
public final class BoundEndpoint {

    /** What the names stood for when they were last looked up. */
    private static final class Binding {

        final Organization state;
        final Plan plan;
        final Rule[] rules;

        Binding(Organization state, Tier tier, String endpoint) {
            this.state = state;
            this.plan = state.plan(tier);
            this.rules = state.rules(plan, endpoint);
        }
    }

    private final String organization;
    private final String endpoint;
    private final Organizations organizations;
    private final Function<String, Tier> tiers;
    private volatile @Nullable Binding last;

    BoundEndpoint(String organization, String endpoint, Organizations organizations, Function<String, Tier> tiers) {
        this.organization = requireNonNull(organization, "organization");
        this.endpoint = requireNonNull(endpoint, "endpoint");
        this.organizations = organizations;
        this.tiers = tiers;
    }

    /**
     * Asks for one call.
     *
     * @return whether the call may go ahead
     * @throws IllegalStateException if the tier resolver gives no tier
     */
    public Decision tryAcquire() {
        return tryAcquire(Usage.call());
    }

    /**
     * Asks for a call that uses so much.
     *
     * @param usage what the call uses
     * @return whether the call may go ahead
     * @throws IllegalStateException if the tier resolver gives no tier
     */
    public Decision tryAcquire(Usage usage) {
        requireNonNull(usage, "usage");
        Tier tier = tiers.apply(organization);
        if (organizations.listeners.isEmpty()) {
            return tryAcquire(tier, usage);
        }
        long began = organizations.clocks.nanoTime();
        Decision decision = tryAcquire(tier, usage);
        organizations.tell(new Caller(organization, tier), endpoint, usage, decision, began);
        return decision;
    }

    private Decision tryAcquire(Tier tier, Usage usage) {
        Binding known = last;
        if (known != null && known.plan.tier.equals(tier)) {
            Decision decision = decided(known, usage);
            if (known.state.keep()) {
                return decision;
            }
            organizations.remove(known.state);
        }
        return bindAndAcquire(tier, usage);
    }

    private Decision bindAndAcquire(Tier tier, Usage usage) {
        while (true) {
            Organization state = organizations.get(organization);
            if (state == null) {
                return organizations.decisionAtCapacity();
            }
            Binding binding = new Binding(state, tier, endpoint);
            Decision decision = decided(binding, usage);
            if (state.keep()) {
                last = binding;
                return decision;
            }
            organizations.remove(state);
        }
    }

    private Decision decided(Binding binding, Usage usage) {
        return organizations.decider.tryAcquire(binding.state, binding.plan, binding.rules, usage);
    }
}
