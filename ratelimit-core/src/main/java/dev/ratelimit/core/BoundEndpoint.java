package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.BoundLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Endpoints;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A handle to one endpoint of one organization, which skips the name look-ups of its limiter and decides as the limiter
 * does.
 *
 * <p>The tier is asked for at every call, so a change of tier counts from the next call on. When the organization's
 * state was dropped because it was idle, the next call makes it anew; until then this object keeps what was dropped
 * from being collected.
 *
 * <p>Safe for use by many threads, and lock-free as the limiter is.
 */
final class BoundEndpoint implements BoundLimiter {

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

    private final RateLimiter limiter;
    private final OrganizationStore store;
    private final String organization;
    private final String endpoint;
    private final Supplier<Tier> tier;
    private volatile @Nullable Binding last;

    BoundEndpoint(
            RateLimiter limiter, OrganizationStore store, String organization, String endpoint, Supplier<Tier> tier) {
        this.limiter = limiter;
        this.store = store;
        this.organization = organization;
        this.endpoint = requireNonNull(endpoint, "endpoint");
        this.tier = tier;
    }

    @Override
    public Reservation reserve(Usage estimate) {
        return limiter.reserve(caller(), endpoint, estimate);
    }

    @Override
    public Decision peek(Usage usage) {
        return limiter.peek(caller(), endpoint, usage);
    }

    @Override
    public List<LimitStatus> status() {
        return limiter.status(caller(), endpoint);
    }

    private Caller caller() {
        return Caller.of(organization, tier.get());
    }

    @Override
    public Decision tryAcquire(Usage usage) {
        requireNonNull(usage, "usage");
        Tier tier = this.tier.get();
        Rejected unknown = Endpoints.refusal(tier, endpoint);
        if (unknown != null) {
            return unknown;
        }
        if (store.listeners.isEmpty()) {
            return tryAcquire(tier, usage, null);
        }
        Caller caller = Caller.of(organization, tier);
        Report report = Report.of(false, store.listeners);
        Decision[] decision = new Decision[1];
        Runnable notifying = () -> store.notifyDecided(caller, endpoint, usage, decision[0], report);
        decision[0] = tryAcquire(tier, usage, report);
        store.listeners.attempt(notifying);
        return decision[0];
    }

    private Decision tryAcquire(Tier tier, Usage usage, @Nullable Report report) {
        Binding known = last;
        if (known != null && known.compiled.tier.equals(tier)) {
            Decision decision = decided(known, usage, report);
            if (decision != null) {
                return decision;
            }
            store.remove(known.state);
        }
        return bindAndAcquire(tier, usage, report);
    }

    private Decision bindAndAcquire(Tier tier, Usage usage, @Nullable Report report) {
        while (true) {
            OrganizationState state = store.get(organization);
            if (state == null) {
                return store.decisionAtCapacity(report);
            }
            Binding binding = new Binding(state, tier, endpoint);
            Decision decision = decided(binding, usage, report);
            if (decision != null) {
                last = binding;
                return decision;
            }
            store.remove(state);
        }
    }

    private @Nullable Decision decided(Binding binding, Usage usage, @Nullable Report report) {
        return store.decider.decideCall(binding.state, binding.limits, endpoint, usage, report);
    }
}
