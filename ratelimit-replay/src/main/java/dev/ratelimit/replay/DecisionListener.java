package dev.ratelimit.replay;

import dev.ratelimit.Decision;

/** Learns of every decision, in the order of time. */
@FunctionalInterface
interface DecisionListener {

    void decided(Row row, Decision decision);
}
