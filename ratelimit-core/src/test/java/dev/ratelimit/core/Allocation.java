package dev.ratelimit.core;

import java.lang.reflect.Method;

/**
 * What the current thread has allocated since this was made. By reflection, since the module under test does not read
 * the one that counts, as users of the library need not have it.
 */
final class Allocation {

    private static final Method ALLOCATED;
    private static final Object THREADS;

    static {
        try {
            THREADS = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean")
                    .invoke(null);
            ALLOCATED =
                    Class.forName("com.sun.management.ThreadMXBean").getMethod("getThreadAllocatedBytes", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long before = allocated();

    /** Returns bytes. */
    long bytes() {
        return allocated() - before;
    }

    private static long allocated() {
        try {
            return (long) ALLOCATED.invoke(THREADS, Thread.currentThread().getId());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
