package dev.ratelimit.bench;

import dev.ratelimit.Decision;

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

    /** Throws {@link IllegalStateException} unless a condition on a value holds. */
    static void require(boolean holds, String rule, Object value) {
        if (!holds) {
            throw new IllegalStateException(rule + ": value=" + value);
        }
    }
}
