/** The metrics of a rate limiter, for Micrometer. */
module dev.ratelimit.micrometer {
    requires transitive dev.ratelimit;
    requires transitive micrometer.core;
    requires transitive micrometer.observation;
    requires micrometer.commons;
    requires static dev.ratelimit.core;
    requires static dev.ratelimit.jdbc;
    requires static dev.ratelimit.redis;
    requires static org.jspecify;

    exports dev.ratelimit.micrometer;
}
