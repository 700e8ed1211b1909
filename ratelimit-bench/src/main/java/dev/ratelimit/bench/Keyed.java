package dev.ratelimit.bench;

/** A limiter that is asked by names, as a host asks it. */
@FunctionalInterface
interface Keyed {

    /** The endpoint that is called wherever one is enough. */
    String ENDPOINT = "chat";

    /**
     * Asks for one call, without waiting, and returns the answer in the limiter's own type: a
     * {@link dev.ratelimit.Decision} or a {@link Boolean}. A benchmark returns it, so that the JIT compiler cannot
     * leave out what a limiter allocates for it.
     */
    Object ask(String organization, String endpoint);
}
