package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A handle to one endpoint of one organization, which skips the name look-ups of its limiter and decides as the limiter
 * does. It is for hosts that keep an object for each customer anyway.
 *
 * <pre>{@code
 * BoundEndpoint chat = limiter.bind("acme", "chat");
 * if (chat.tryAcquire() instanceof Rejected no) {
 *   return tooManyRequests(no.message(), no.retryAfter());
 * }
 * }</pre>
 *
 * <p>The tier resolver is asked at every call, so a change of tier counts from the next call on. When the
 * organization's state was dropped because it was idle, the next call makes it anew; until then this object keeps what
 * was dropped from being collected.
 *
 * <p>Safe for use by many threads, and lock-free as the limiter is.
 */
public final class BoundEndpoint {

    /** What the names stood for when they were last looked up. */
    private static final class Binding {

        final OrganizationState state;
        final CompiledTier compiled;
        final CompiledLimit[] limits;

        Binding(OrganizationState state, Tier tier, String endpoint) {
            this.state = state;
            this.compiled = state.compiled(tier);
            this.limits = state.limits(compiled, endpoint);
        }
    }

    private final String organization;
    private final String endpoint;
    private final OrganizationStore store;
    private final Function<String, Tier> tiers;
    private volatile @Nullable Binding last;

    BoundEndpoint(String organization, String endpoint, OrganizationStore store, Function<String, Tier> tiers) {
        this.organization = requireNonNull(organization, "organization");
        this.endpoint = requireNonNull(endpoint, "endpoint");
        this.store = store;
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
        if (store.listeners.isEmpty()) {
            return tryAcquire(tier, usage);
        }
        Caller caller = Caller.of(organization, tier);
        long began = store.clocks.nanoTime();
        Decision[] decision = new Decision[1];
        Runnable notifying = () -> store.notifyDecided(caller, endpoint, usage, decision[0], began);
        decision[0] = tryAcquire(tier, usage);
        store.listeners.attempt(notifying);
        return decision[0];
    }

    private Decision tryAcquire(Tier tier, Usage usage) {
        Binding known = last;
        if (known != null && known.compiled.tier.equals(tier)) {
            Decision decision = decided(known, usage);
            if (decision != null) {
                return decision;
            }
            store.remove(known.state);
        }
        return bindAndAcquire(tier, usage);
    }

    private Decision bindAndAcquire(Tier tier, Usage usage) {
        while (true) {
            OrganizationState state = store.get(organization);
            if (state == null) {
                return store.decisionAtCapacity();
            }
            Binding binding = new Binding(state, tier, endpoint);
            Decision decision = decided(binding, usage);
            if (decision != null) {
                last = binding;
                return decision;
            }
            store.remove(state);
        }
    }

    private @Nullable Decision decided(Binding binding, Usage usage) {
        return store.decider.decide(binding.state, binding.compiled, binding.limits, usage, null);
    }
}
