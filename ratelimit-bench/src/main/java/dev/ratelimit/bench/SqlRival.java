package dev.ratelimit.bench;

/** A limiter that keeps its counts in a database, asked by threads that wait. Safe for use by many threads. */
interface SqlRival extends AutoCloseable {

    /** Asks for one call of an organization. Returns whether it may go ahead. */
    boolean ask(int organization);

    @Override
    void close();
}
