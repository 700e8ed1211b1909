package dev.ratelimit.redis;

/**
 * A call that was admitted.
 *
 * @param endpoint what was called
 * @param time the server's clock when it was decided, in microseconds
 * @param stamp in microseconds, the stamp of the mark that it was charged under; in flight, the server's clock when it
 *     ended
 */
record Charge(Endpoint endpoint, long time, long stamp) {

    static Charge read(String line) {
        String[] words = line.split(" ", -1);
        return new Charge(Endpoint.valueOf(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2]));
    }

    @Override
    public String toString() {
        return endpoint + " " + time + " " + stamp;
    }
}
