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
 * A handle to one endpoint of one organization, or of one caller with members, which skips the name look-ups of its
 * limiter and decides as the limiter does.
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

        final Tier tier;
        final Parties parties;
        final CompiledLimit[] limits;

        /** Those of the parties. */
        final OrganizationState[] states;

        Binding(Tier tier, Parties parties, CompiledLimit[] limits, OrganizationState... states) {
            this.tier = tier;
            this.parties = parties;
            this.limits = limits;
            this.states = states;
        }
    }

    private final RateLimiter limiter;
    private final OrganizationStore store;
    private final String organization;
    private final String endpoint;
    private final Supplier<Tier> tier;

    /** Null where no members are named. */
    private final @Nullable Caller withMembers;

    private volatile @Nullable Binding last;

    /** Binds an endpoint of an organization. */
    BoundEndpoint(
            RateLimiter limiter, OrganizationStore store, String organization, String endpoint, Supplier<Tier> tier) {
        this(limiter, store, organization, endpoint, tier, null);
    }

    /** Binds an endpoint of a caller. */
    BoundEndpoint(RateLimiter limiter, OrganizationStore store, Caller caller, String endpoint) {
        this(
                limiter,
                store,
                caller.organization(),
                endpoint,
                caller::tier,
                caller.members().isEmpty() ? null : caller);
    }

    private BoundEndpoint(
            RateLimiter limiter,
            OrganizationStore store,
            String organization,
            String endpoint,
            Supplier<Tier> tier,
            @Nullable Caller withMembers) {
        this.limiter = limiter;
        this.store = store;
        this.organization = organization;
        this.endpoint = requireNonNull(endpoint, "endpoint");
        this.tier = tier;
        this.withMembers = withMembers;
    }

    @Override
    public Reservation reserve(Usage estimate) {
        return limiter.reserve(caller(tier.get()), endpoint, estimate);
    }

    @Override
    public Decision peek(Usage usage) {
        return limiter.peek(caller(tier.get()), endpoint, usage);
    }

    @Override
    public List<LimitStatus> status() {
        return limiter.status(caller(tier.get()), endpoint);
    }

    private Caller caller(Tier tier) {
        return withMembers == null ? Caller.of(organization, tier) : withMembers;
    }

    @Override
    public Decision tryAcquire(Usage usage) {
        requireNonNull(usage, "usage");
        Tier tier = this.tier.get();
        Rejected unknown =
                withMembers == null ? Endpoints.refusal(tier, endpoint) : Endpoints.refusal(withMembers, endpoint);
        if (unknown != null) {
            return unknown;
        }
        if (store.listeners.isEmpty()) {
            return tryAcquire(tier, usage, null);
        }
        Caller caller = caller(tier);
        Report report = Report.of(false, store.listeners);
        Decision[] decision = new Decision[1];
        Runnable notifying = () -> store.notifyDecided(caller, endpoint, usage, decision[0], report);
        decision[0] = tryAcquire(tier, usage, report);
        store.listeners.attempt(notifying);
        return decision[0];
    }

    private Decision tryAcquire(Tier tier, Usage usage, @Nullable Report report) {
        Binding known = last;
        if (known != null && known.tier.equals(tier)) {
            Decision decision = decided(known, usage, report);
            if (decision != null) {
                return decision;
            }
        }
        return bindAndAcquire(tier, usage, report);
    }

    private Decision bindAndAcquire(Tier tier, Usage usage, @Nullable Report report) {
        while (true) {
            Binding binding = binding(tier);
            if (binding == null) {
                return store.decisionAtCapacity(report);
            }
            Decision decision = decided(binding, usage, report);
            if (decision != null) {
                last = binding;
                return decision;
            }
        }
    }

    /** Looks the names up; returns null if there is no place for the organization. */
    private @Nullable Binding binding(Tier tier) {
        if (withMembers != null) {
            PartyGroup group = store.group(withMembers, endpoint);
            return group == null ? null : new Binding(tier, group, group.limits, group.states);
        }
        OrganizationState state = store.get(organization);
        return state == null ? null : new Binding(tier, state, state.limits(tier, endpoint), state);
    }

    /** Decides a call; returns null if a state was dropped meanwhile, which is removed then. */
    private @Nullable Decision decided(Binding binding, Usage usage, @Nullable Report report) {
        Decision decision = store.decider.decideCall(binding.parties, binding.limits, endpoint, usage, report);
        if (decision == null) {
            store.removeEnded(binding.states);
        }
        return decision;
    }
}
