package dev.ratelimit.bench;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import java.time.Duration;
import java.util.Optional;

/** Ends a benchmark whose calls are not answered as it says they are. */
final class Answers {

    private Answers() {}

    static boolean isAdmitted(Object answer) {
        return answer instanceof Decision decision ? decision.isAdmitted() : (Boolean) answer;
    }

    static Object admitted(Object answer) {
        require(isAdmitted(answer), "every call must be admitted", answer);
        return answer;
    }

    static Object rejected(Object answer) {
        require(!isAdmitted(answer), "every call must be rejected", answer);
        return answer;
    }

    /**
     * Reads of each limit what a servlet filter tells a client: the units that remain, and the seconds until more do
     * and until nothing counts. Returns the sum.
     */
    static long read(Decision decision) {
        long sum = 0;
        for (LimitStatus status : decision.limits()) {
            sum += status.remaining() + seconds(status.nextReleaseAfter()) + seconds(status.resetAfter());
        }
        return sum;
    }

    private static long seconds(Optional<Duration> wait) {
        return wait.isPresent() ? wait.get().toSeconds() : -1;
    }

    /** Throws {@link IllegalStateException} unless a condition on a value holds. */
    static void require(boolean holds, String rule, Object value) {
        if (!holds) {
            throw new IllegalStateException(rule + ": value=" + value);
        }
    }
}
