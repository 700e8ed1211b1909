package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/** What nobody holds any more. */
final class Garbage {

    private static final long PATIENCE = Duration.ofSeconds(60).toNanos();

    private Garbage() {}

    /**
     * Asserts that some objects are collected, in a few collections and with a last step after each that lets go of
     * what is left.
     */
    static void assertCollected(Collection<? extends WeakReference<?>> gone, Runnable letGo) {
        long began = System.nanoTime();
        List<? extends WeakReference<?>> left = List.copyOf(gone);
        while (!left.isEmpty() && System.nanoTime() - began < PATIENCE) {
            System.gc();
            letGo.run();
            left = left.stream().filter(reference -> reference.get() != null).toList();
        }
        assertThat(left.stream().map(WeakReference::get).map(String::valueOf).toList())
                .as("what is still held")
                .isEmpty();
    }

    /** Asserts that the heap shrinks to a size, in the same way. */
    static void assertHeapShrinks(long size, Runnable letGo) {
        long began = System.nanoTime();
        long used = heap();
        while (used > size && System.nanoTime() - began < PATIENCE) {
            letGo.run();
            used = heap();
        }
        assertThat(used).isLessThanOrEqualTo(size);
    }

    /** Returns the bytes of the heap that are in use. */
    static long heap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
