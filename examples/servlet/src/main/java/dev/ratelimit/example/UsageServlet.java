package dev.ratelimit.example;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.http.UsageJson;
import dev.ratelimit.servlet.RateLimits;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Tells an organization where it stands. The tier does not limit this endpoint, but the filter asks for a key. */
final class UsageServlet extends HttpServlet {

    private static final long serialVersionUID = 1;

    private final transient RateLimiter limiter;

    UsageServlet(RateLimiter limiter) {
        this.limiter = limiter;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Caller caller = RateLimits.caller(request).orElseThrow();
        response.setContentType("application/json");
        response.getOutputStream()
                .write(UsageJson.of(limiter.status(caller), limiter.timeSource().instant()));
    }
}
