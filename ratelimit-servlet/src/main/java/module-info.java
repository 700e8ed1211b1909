/** A Jakarta Servlet filter that keeps the calls of a web service within their tiers. */
module dev.ratelimit.servlet {
    requires transitive dev.ratelimit.http;
    requires transitive jakarta.servlet;
    requires static org.jspecify;

    exports dev.ratelimit.servlet;
}
