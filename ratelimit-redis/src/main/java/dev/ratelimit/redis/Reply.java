package dev.ratelimit.redis;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;

/**
 * What the script answered.
 *
 * @param limitSet about which limits
 * @param numbers as {@link Script} describes them
 */
record Reply(LimitSet limitSet, DoubleBuffer numbers) {

    static DoubleBuffer unpacked(byte[] answer) {
        return ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
    }

    /** Tells whether all limits admit, and nothing more was asked. */
    boolean isBrief() {
        return numbers.limit() == 2;
    }

    /** Returns how many numbers there are for each limit. */
    int width() {
        return (numbers.limit() - 2) / limitSet.limits().size();
    }

    long number(int i) {
        return (long) numbers.get(i);
    }
}
