package dev.ratelimit.servlet;

import dev.ratelimit.http.filter.RequestReader;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads requests as the server has decoded them, not as the client has written them. */
final class ServletRequestReader implements RequestReader<HttpServletRequest> {

    @Override
    public String method(HttpServletRequest request) {
        return request.getMethod();
    }

    @Override
    public String path(HttpServletRequest request) {
        String info = request.getPathInfo();
        return info == null ? request.getServletPath() : request.getServletPath() + info;
    }

    @Override
    public List<String> field(HttpServletRequest request, String name) {
        return Collections.list(request.getHeaders(name));
    }

    @Override
    public @Nullable String address(HttpServletRequest request) {
        return request.getRemoteAddr();
    }
}
