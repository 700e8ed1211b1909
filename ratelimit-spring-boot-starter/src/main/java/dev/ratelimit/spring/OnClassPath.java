package dev.ratelimit.spring;

import org.springframework.util.ClassUtils;

/** What an application has. It is found out with the first call of a method, since the start would wait for it. */
final class OnClassPath {

    private static final ClassLoader LOADER = OnClassPath.class.getClassLoader();

    static final boolean SERVLETS = ClassUtils.isPresent("jakarta.servlet.http.HttpServletRequest", LOADER)
            && ClassUtils.isPresent("org.springframework.web.context.request.RequestContextHolder", LOADER);
    static final boolean REACTOR = ClassUtils.isPresent("reactor.core.publisher.Flux", LOADER);
    static final boolean EXCHANGES =
            REACTOR && ClassUtils.isPresent("org.springframework.web.server.ServerWebExchange", LOADER);

    private OnClassPath() {}
}
