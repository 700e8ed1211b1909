package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.function.Supplier;

/** One endpoint of one caller, of which each call gives its limiter the names. */
final class NamedEndpoint implements BoundLimiter {

    private final RateLimiter limiter;
    private final Supplier<Resolution> who;
    private final String endpoint;

    private NamedEndpoint(RateLimiter limiter, Supplier<Resolution> who, String endpoint) {
        this.limiter = limiter;
        this.who = who;
        this.endpoint = requireNonNull(endpoint, "endpoint");
    }

    NamedEndpoint(RateLimiter limiter, Resolution who, String endpoint) {
        this(limiter, always(requireNonNull(who, "who")), endpoint);
    }

    NamedEndpoint(RateLimiter limiter, String organization, String endpoint) {
        this(limiter, underItsTier(limiter, requireNonNull(organization, "organization")), endpoint);
    }

    private static Supplier<Resolution> always(Resolution who) {
        return () -> who;
    }

    private static Supplier<Resolution> underItsTier(RateLimiter limiter, String organization) {
        return () -> limiter.caller(organization);
    }

    @Override
    public Decision tryAcquire(Usage usage) {
        return limiter.tryAcquire(who.get(), endpoint, usage);
    }

    @Override
    public Decision peek(Usage usage) {
        return limiter.peek(who.get(), endpoint, usage);
    }

    @Override
    public Reservation reserve(Usage estimate) {
        return limiter.reserve(who.get(), endpoint, estimate);
    }

    @Override
    public List<LimitStatus> status() {
        return limiter.status(who.get(), endpoint);
    }
}
