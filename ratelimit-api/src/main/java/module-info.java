/** The words of rate limiting: tiers, limits, usage, decisions and the {@code RateLimiter} that a backend implements. */
module dev.ratelimit {
    requires static org.jspecify;

    exports dev.ratelimit;
    exports dev.ratelimit.spi;
    exports dev.ratelimit.tiers;
}
