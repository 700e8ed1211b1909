package dev.ratelimit.bench;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A limiter under test. Safe for use by many threads. */
interface Target {

    /** What is returned for an admitted call that is not settled. */
    LongConsumer ADMITTED = actual -> {};

    /**
     * Asks for units of a key.
     *
     * @return null if the call is refused; otherwise what settles it for the units that it is given, at most once
     */
    @Nullable
    LongConsumer ask(int key, long units);

    /** Drops what is idle. Threads do it all the time in scenarios that say so. */
    default void cleanUp() {}
}
