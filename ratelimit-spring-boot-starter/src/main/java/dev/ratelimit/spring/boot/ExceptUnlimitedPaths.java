package dev.ratelimit.spring.boot;

import dev.ratelimit.servlet.RateLimitFilter;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;

/** Lets requests of some paths by. No record: Tomcat asks for its hash, which a record links at the start. */
final class ExceptUnlimitedPaths implements Filter {

    private final RateLimitFilter filter;
    private final UnlimitedPaths unlimited;

    ExceptUnlimitedPaths(RateLimitFilter filter, UnlimitedPaths unlimited) {
        this.filter = filter;
        this.unlimited = unlimited;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request instanceof HttpServletRequest call && unlimited.matches(ServletCall.pathOf(call))) {
            chain.doFilter(request, response);
        } else {
            filter.doFilter(request, response, chain);
        }
    }
}
