package dev.ratelimit.spring;

import dev.ratelimit.spring.boot.ServletCall;
import java.util.Optional;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/** Finds the request of a servlet application that this thread serves. Loaded only where there are servlets. */
final class ServletRequests {

    private ServletRequests() {}

    static Optional<WebCall> current() {
        return RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes attributes
                ? Optional.of(new ServletCall(attributes.getRequest()))
                : Optional.empty();
    }
}
