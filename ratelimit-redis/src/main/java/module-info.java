/** The rate limiter that keeps its counts in a shared Redis or Valkey. */
module dev.ratelimit.redis {
    requires transitive dev.ratelimit;
    requires transitive lettuce.core;
    requires io.netty.buffer;
    requires io.netty.common;
    requires static org.jspecify;

    exports dev.ratelimit.redis;
}
