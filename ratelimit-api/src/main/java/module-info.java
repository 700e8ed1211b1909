/**
 * The words of rate limiting: tiers, limits, usage, decisions, keys and the {@code RateLimiter} that a backend
 * implements.
 */
@SuppressWarnings("module") // the kernel goes to the backends, which need not be there
module dev.ratelimit {
    requires static org.jspecify;
    requires static org.slf4j;

    exports dev.ratelimit;
    exports dev.ratelimit.kernel to
            dev.ratelimit.core,
            dev.ratelimit.jdbc,
            dev.ratelimit.redis,
            dev.ratelimit.testkit;
    exports dev.ratelimit.apikeys;
    exports dev.ratelimit.slf4j;
    exports dev.ratelimit.spi;
    exports dev.ratelimit.tiers;
}
