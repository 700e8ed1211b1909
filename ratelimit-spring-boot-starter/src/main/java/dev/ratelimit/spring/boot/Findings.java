package dev.ratelimit.spring.boot;

import dev.ratelimit.spring.boot.RateLimitPropertyException.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What is wrong with the properties. Reading them goes on with what follows, so that all of it is found.
 *
 * <p>What every application has is attempted by {@code try}: the first call of each lambda makes a class, and dozens of
 * them are felt in its start.
 */
final class Findings {

    private final List<Finding> findings = new ArrayList<>();

    void add(String property, String rule) {
        findings.add(new Finding(property, rule));
    }

    void require(boolean holds, String property, String rule) {
        if (!holds) {
            add(property, rule);
        }
    }

    /** Does what the library may refuse, and finds what it says then. */
    <T> Optional<T> attempt(String property, Supplier<T> making) {
        try {
            return Optional.of(making.get());
        } catch (IllegalArgumentException e) {
            add(property, e);
            return Optional.empty();
        }
    }

    /** Adds what the library has said of a property that it refused. */
    void add(String property, IllegalArgumentException refusal) {
        add(property, String.valueOf(refusal.getMessage()));
    }

    /**
     * Throws if anything was found.
     *
     * @throws RateLimitPropertyException with all of it
     */
    void throwIfAny() {
        if (!findings.isEmpty()) {
            throw new RateLimitPropertyException(findings);
        }
    }
}
