package dev.ratelimit;

/**
 * What is counted: calls, characters, tokens, micro-dollars, or whatever a host defines.
 *
 * <pre>{@code
 * static final Unit IMAGES = new Unit("images");
 * }</pre>
 *
 * @param name the name of the unit in the plural, as messages print it; units of equal names are equal
 */
public record Unit(String name) {

    /** Calls. Every {@link Usage} counts one unless it states another number. */
    public static final Unit CALLS = new Unit("calls");

    /** Characters of text: Unicode code points, not UTF-16 units. */
    public static final Unit CHARACTERS = new Unit("characters");

    /** Tokens of a language model. */
    public static final Unit TOKENS = new Unit("tokens");

    /** Millionths of a US dollar. */
    public static final Unit MICRO_USD = new Unit("micro-usd");

    /**
     * Makes a unit.
     *
     * @param name the name of the unit in the plural
     * @throws IllegalArgumentException if the name is blank
     */
    public Unit {
        Arguments.requireName(name, "name");
    }

    @Override
    public String toString() {
        return name;
    }
}
