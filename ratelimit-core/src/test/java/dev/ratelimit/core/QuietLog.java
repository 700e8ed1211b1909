package dev.ratelimit.core;

import java.lang.reflect.Method;

/**
 * Keeps what limiters log from being written. By reflection, since the module under test does not read the one of the
 * JVM's logs, as users of the library need not have it.
 */
final class QuietLog {

    private QuietLog() {}

    static void during(Runnable test) {
        try {
            Class<?> levels = Class.forName("java.util.logging.Level");
            Object logger = Class.forName("java.util.logging.Logger")
                    .getMethod("getLogger", String.class)
                    .invoke(null, InMemoryRateLimiter.class.getName());
            Method setLevel = logger.getClass().getMethod("setLevel", levels);
            setLevel.invoke(logger, levels.getField("OFF").get(null));
            try {
                test.run();
            } finally {
                setLevel.invoke(logger, levels.getField("ALL").get(null));
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
