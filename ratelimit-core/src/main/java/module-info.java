/** The in-memory rate limiter. */
module dev.ratelimit.core {
    requires transitive dev.ratelimit;
    requires static org.jspecify;

    exports dev.ratelimit.core;
}
