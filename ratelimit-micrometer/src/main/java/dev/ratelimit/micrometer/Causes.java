package dev.ratelimit.micrometer;

import dev.ratelimit.LimitReached;
import java.util.Locale;

/** The names of causes in tags: those of their classes, such as {@code store-unavailable}. */
final class Causes {

    /** That a limit is reached. */
    static final String REACHED = nameOf(LimitReached.class);

    /** That a usage is larger than a limit. */
    static final String TOO_LARGE = "larger-than-limit";

    private Causes() {}

    static String nameOf(Class<?> cause) {
        String name = cause.getSimpleName();
        return name.isEmpty() // an anonymous class
                ? Counters.OTHER
                : name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }
}
