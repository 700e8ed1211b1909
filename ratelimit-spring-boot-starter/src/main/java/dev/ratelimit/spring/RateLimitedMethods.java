package dev.ratelimit.spring;

import java.util.List;
import org.springframework.aop.ClassFilter;
import org.springframework.aop.MethodMatcher;
import org.springframework.aop.Pointcut;
import org.springframework.aop.support.annotation.AnnotationMethodMatcher;
import org.springframework.core.annotation.AnnotationUtils;

/**
 * The methods that have {@link RateLimited}. Spring asks for each method of each bean when an application starts. The
 * beans of Spring's own packages, and of libraries for which Boot makes beans, have none, so their methods are not
 * looked at: these are most of all.
 */
final class RateLimitedMethods implements Pointcut, ClassFilter {

    private static final List<String> WITHOUT = List.of(
            "com.fasterxml.jackson.",
            "dev.ratelimit.core.",
            "dev.ratelimit.micrometer.",
            "dev.ratelimit.spring.actuate.",
            "dev.ratelimit.spring.boot.",
            "dev.ratelimit.spring.page.",
            "io.lettuce.",
            "io.micrometer.",
            "io.prometheus.",
            "jakarta.servlet.",
            "org.springframework.boot.",
            "org.springframework.context.",
            "org.springframework.data.",
            "org.springframework.http.",
            "org.springframework.scheduling.",
            "org.springframework.security.",
            "org.springframework.util.",
            "org.springframework.web.",
            "tools.jackson.");

    private final MethodMatcher annotated = new AnnotationMethodMatcher(RateLimited.class, true);

    @Override
    public ClassFilter getClassFilter() {
        return this;
    }

    @Override
    public boolean matches(Class<?> type) {
        String name = type.getName();
        for (String prefix : WITHOUT) {
            if (name.startsWith(prefix)) {
                return false;
            }
        }
        return AnnotationUtils.isCandidateClass(type, RateLimited.class);
    }

    @Override
    public MethodMatcher getMethodMatcher() {
        return annotated;
    }
}
