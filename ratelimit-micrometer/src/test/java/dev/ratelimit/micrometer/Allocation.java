package dev.ratelimit.micrometer;

import java.lang.management.ManagementFactory;

/** What the current thread has allocated since this was made. */
final class Allocation {

    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final long before = allocated();

    /** Returns bytes. */
    long bytes() {
        return allocated() - before;
    }

    private static long allocated() {
        return THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
    }
}
