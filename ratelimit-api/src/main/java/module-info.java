/** The words of rate limiting: tiers, limits, usage, decisions, keys and the {@code RateLimiter} that a backend implements. */
module dev.ratelimit {
    requires static org.jspecify;

    exports dev.ratelimit;
    exports dev.ratelimit.keys;
    exports dev.ratelimit.spi;
    exports dev.ratelimit.tiers;
}
