package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Printable;

/**
 * What shares one meter: an endpoint alone, or a named group of endpoints. {@link EachMatchingEndpoint} and {@link
 * EachOtherEndpoint} stand for endpoints that no row names exactly where they have no name: in the limits of a tier.
 */
public sealed interface Scope {

    /**
     * Returns the name of the endpoint or of the group.
     *
     * @return the name
     */
    String name();

    /**
     * One endpoint.
     *
     * <p>Callers make names up, so their length is bounded: a name of more than {@value #MAX_BYTES} bytes in UTF-8 is
     * cut, and its SHA-256 digest stands in place of the rest. Two long names keep two scopes, and none takes more
     * memory than a short one.
     *
     * @param name the name of the endpoint, as calls give it, or what stands for a long one; at most {@value
     *     #MAX_BYTES} bytes in UTF-8
     */
    record Endpoint(String name) implements Scope {

        /** The most bytes of a name, in UTF-8. */
        public static final int MAX_BYTES = 256;

        /**
         * The overflow row: stands for all endpoints that no table names and that have no meter of their own, because
         * an organization has called more of them than a limiter counts one by one. An endpoint that is really called
         * so shares their meter.
         */
        public static final Endpoint OVERFLOW = new Endpoint("(further endpoints)");

        private static final String OVERFLOW_OF_PATTERNS = "(further endpoints of ";

        /**
         * Makes the scope of an endpoint.
         *
         * @param name the name of the endpoint, as calls give it
         */
        public Endpoint {
            name = BoundedName.of(requireNonNull(name, "name"), MAX_BYTES);
        }

        /** Returns the overflow of a row with patterns: stands for what they match beyond the bound. */
        static Endpoint overflowOf(String patterns) {
            return new Endpoint(OVERFLOW_OF_PATTERNS + patterns + ')');
        }

        /**
         * Tells whether this stands for endpoints that have no meter of their own: {@link #OVERFLOW}, or what stands
         * for those that the {@linkplain LimitTable patterns} of a row match, such as {@code (further endpoints of
         * chat/*)}. Each row with patterns has one.
         *
         * @return true if it does, or if an endpoint is really called so
         */
        public boolean isOverflow() {
            return equals(OVERFLOW) || name.startsWith(OVERFLOW_OF_PATTERNS);
        }

        /** Returns for example {@code endpoint "chat"}. */
        @Override
        public String toString() {
            return "endpoint \"" + Printable.name(name) + '"';
        }
    }

    /**
     * A named group of endpoints that add up.
     *
     * @param name the name of the group, unique within its table
     */
    record Group(String name) implements Scope {

        /**
         * Makes the scope of a group.
         *
         * @param name the name of the group, unique within its table
         * @throws IllegalArgumentException if the name is blank
         */
        public Group {
            Arguments.requireName(name, "group");
        }

        /** Returns for example {@code group "chat and coral"}. */
        @Override
        public String toString() {
            return "group \"" + Printable.name(name) + '"';
        }
    }

    /**
     * Each endpoint that the patterns of a row match, alone. {@link Tier#limits()} tells the limit of such endpoints so.
     * No meter has this scope: what an endpoint has used counts under its own name.
     *
     * @param name the patterns of the row
     */
    record EachMatchingEndpoint(String name) implements Scope {

        /**
         * Makes the scope of what patterns match.
         *
         * @param name the patterns of the row
         */
        public EachMatchingEndpoint {
            requireNonNull(name, "name");
        }

        /**
         * Returns the scope of the meter that the endpoints share which have none of their own; for backends.
         *
         * @return the {@linkplain Endpoint#isOverflow() overflow} of the row
         */
        public Endpoint overflow() {
            return Endpoint.overflowOf(name);
        }

        /** Returns for example {@code each endpoint "chat/*"}. */
        @Override
        public String toString() {
            return "each endpoint \"" + Printable.name(name) + '"';
        }
    }

    /**
     * Each endpoint that no row of the table names, alone. {@link Tier#limits()} tells the limit of such endpoints so.
     * No meter has this scope: what an endpoint has used counts under its own name.
     */
    record EachOtherEndpoint() implements Scope {

        private static final String NAME = "each other endpoint";

        /** Returns {@code each other endpoint}. */
        @Override
        public String name() {
            return NAME;
        }

        /** Returns {@code each other endpoint}. */
        @Override
        public String toString() {
            return NAME;
        }
    }
}
