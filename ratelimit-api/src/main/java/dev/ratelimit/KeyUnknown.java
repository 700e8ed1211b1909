package dev.ratelimit;

/** The call brought no key, or one that stands for nobody. */
public record KeyUnknown() implements Cause {

    /** Makes the cause. */
    public KeyUnknown {}

    /** Returns {@code The API key is missing or unknown}. */
    @Override
    public String message() {
        return "The API key is missing or unknown";
    }

    /** Returns 401 (Unauthorized). */
    @Override
    public int suggestedStatus() {
        return 401;
    }
}
