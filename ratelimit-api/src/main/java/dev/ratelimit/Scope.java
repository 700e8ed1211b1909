package dev.ratelimit;

import static java.util.Objects.requireNonNull;

/** What shares one meter: an endpoint by itself, or a named group of endpoints. */
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
     * @param name the name of the endpoint, as calls give it
     */
    record Endpoint(String name) implements Scope {

        /**
         * Makes the scope of an endpoint.
         *
         * @param name the name of the endpoint, as calls give it
         */
        public Endpoint {
            requireNonNull(name, "name");
        }

        /** Returns for example {@code endpoint "chat"}. */
        @Override
        public String toString() {
            return "endpoint \"" + name + '"';
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
            return "group \"" + name + '"';
        }
    }
}
