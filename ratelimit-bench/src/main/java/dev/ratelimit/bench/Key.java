package dev.ratelimit.bench;

/** What a host looks a limiter up by that has no keys of its own. */
record Key(String organization, String endpoint) {}
