/** Decisions as HTTP fields and problem bodies, and limits of calls to others; for any framework. */
module dev.ratelimit.http {
    requires transitive dev.ratelimit;
    requires static org.jspecify;

    exports dev.ratelimit.http;
    exports dev.ratelimit.http.filter;
}
