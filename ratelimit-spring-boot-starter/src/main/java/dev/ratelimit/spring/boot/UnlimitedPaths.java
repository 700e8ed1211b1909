package dev.ratelimit.spring.boot;

import dev.ratelimit.spring.boot.RequestProperties.UsagePage;
import java.util.ArrayList;
import java.util.List;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * The paths of the application that are never limited, whatever the patterns match: those of the actuator, so that an
 * operator gets in where callers do not, the error page, and the page of usage.
 *
 * <p>The properties of Boot are read by their names, since their classes differ between its versions.
 */
public final class UnlimitedPaths {

    private static final String ACTUATOR = "org.springframework.boot.actuate.endpoint.annotation.Endpoint";

    private final List<String> paths;

    UnlimitedPaths(Environment environment, UsagePage page) {
        String error = environment.getProperty(
                "spring.web.error.path",
                environment.getProperty("server.error.path", environment.getProperty("error.path", "/error")));
        List<String> all = new ArrayList<>();
        add(error, all);
        if (ClassUtils.isPresent(ACTUATOR, UnlimitedPaths.class.getClassLoader())) {
            add(environment.getProperty("management.endpoints.web.base-path", "/actuator"), all);
        }
        if (page.enabled()) {
            add(page.path(), all);
        }
        this.paths = List.copyOf(all);
    }

    private static void add(String path, List<String> to) {
        String root = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        if (!root.isEmpty()) { // it would be everything
            to.add(root);
        }
    }

    /**
     * Tells whether a path is never limited.
     *
     * @param path the path within the application, decoded
     * @return whether it is one of these paths, or below one
     */
    public boolean matches(String path) {
        return paths.stream()
                .anyMatch(root ->
                        path.startsWith(root) && (path.length() == root.length() || path.charAt(root.length()) == '/'));
    }
}
