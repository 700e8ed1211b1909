/** The in-memory rate limiter. */
module dev.ratelimit.core {
    requires transitive dev.ratelimit;
    requires static org.jspecify;
    requires static org.slf4j;

    exports dev.ratelimit.core;
}
