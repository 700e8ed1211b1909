package dev.ratelimit.replay;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;

/** Learns of every decision, in the order of time. */
@FunctionalInterface
interface DecisionListener {

    void decided(Row row, Decision decision);

    /** Learns of a limit that is overrun when a call under it has just been settled. */
    default void overran(LimitStatus status) {}
}
