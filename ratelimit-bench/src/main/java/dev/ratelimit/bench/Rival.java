package dev.ratelimit.bench;

/**
 * One limiter, ours or a peer, that admits an amount of calls per window as its own documentation says to set it up.
 */
interface Rival {

    /** Returns its name and the construct that is used, for tables. */
    String name();

    /** Asks for one call, without waiting. */
    boolean tryAcquire();
}
