package dev.ratelimit.servlet;

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.security.Principal;
import org.jspecify.annotations.Nullable;

/** A filter that takes the principal from a field, as one that checks who calls would set it. */
final class Principals {

    static final String FIELD = "X-Principal";

    static final Filter FILTER = (request, response, chain) -> {
        String name = ((HttpServletRequest) request).getHeader(FIELD);
        chain.doFilter(
                new HttpServletRequestWrapper((HttpServletRequest) request) {
                    @Override
                    public @Nullable Principal getUserPrincipal() {
                        return name == null ? null : () -> name;
                    }
                },
                response);
    };

    private Principals() {}
}
