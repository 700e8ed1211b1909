package dev.ratelimit.http;

import dev.ratelimit.AppliedLimit;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What answers say of a limit whatever is used of it, kept so that the text is made once for a limit that is told again
 * and again. At most 256 limits are kept, each in the slot of its identity, and a further one takes the place of
 * another.
 *
 * <p>Safe for use by many threads, and lock-free: two threads that miss a limit both make its text.
 */
final class Policies {

    private static final int SLOTS = 256;

    private final AtomicReferenceArray<@Nullable Policy> slots = new AtomicReferenceArray<>(SLOTS);
    private final AtomicReferenceArray<@Nullable Joined> joined = new AtomicReferenceArray<>(SLOTS);

    /**
     * A limit, and what answers say of it.
     *
     * @param applied the limit
     * @param name its name in quotes
     * @param text the name, and all that is told of a limit to which nothing is granted
     */
    record Policy(AppliedLimit applied, String name, String text) {}

    /** The texts of some limits, never changed, and what they are as one list. */
    private static final class Joined {

        final String[] texts;
        final String text;

        Joined(String[] texts) {
            this.texts = texts;
            this.text = String.join(", ", texts);
        }
    }

    /** Returns the policy of a limit, which is made unless it is kept. */
    Policy of(AppliedLimit applied, Function<AppliedLimit, Policy> made) {
        int slot = System.identityHashCode(applied) & (SLOTS - 1);
        Policy kept = slots.get(slot);
        if (kept != null && kept.applied.equals(applied)) {
            return kept;
        }
        Policy policy = made.apply(applied);
        slots.set(slot, policy);
        return policy;
    }

    /** Returns texts as one list, which is made unless it is kept. The texts must not be changed afterwards. */
    String joined(String[] texts) {
        if (texts.length == 1) {
            return texts[0];
        }
        int slot = Arrays.hashCode(texts) & (SLOTS - 1);
        Joined kept = joined.get(slot);
        if (kept != null && Arrays.equals(kept.texts, texts)) {
            return kept.text;
        }
        Joined made = new Joined(texts);
        joined.set(slot, made);
        return made.text;
    }
}
