package dev.ratelimit.spring.boot;

import dev.ratelimit.servlet.RateLimits;
import dev.ratelimit.spring.WebCall;
import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A request of the Servlet API.
 *
 * @param request the request
 */
public record ServletCall(HttpServletRequest request) implements WebCall {

    @Override
    public String method() {
        return request.getMethod();
    }

    @Override
    public String path() {
        return pathOf(request);
    }

    static String pathOf(HttpServletRequest request) {
        String info = request.getPathInfo();
        return info == null ? request.getServletPath() : request.getServletPath() + info;
    }

    @Override
    public List<String> headers(String name) {
        return Collections.list(request.getHeaders(name));
    }

    @Override
    public Optional<Principal> principal() {
        return Optional.ofNullable(request.getUserPrincipal());
    }

    @Override
    public String network() {
        return RateLimits.network(request);
    }

    @Override
    public Optional<Object> attribute(String name) {
        return Optional.ofNullable(request.getAttribute(name));
    }
}
