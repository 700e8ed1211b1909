package dev.ratelimit;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Counted;
import dev.ratelimit.spi.Printable;

/**
 * What is counted: calls, characters, tokens, nano-dollars, or whatever a host defines.
 *
 * <pre>{@code
 * static final Unit IMAGES = new Unit("images");
 * }</pre>
 *
 * @param name the name of the unit in the plural, as messages print it, of at most {@value #MAX_NAME} characters; units
 *     of equal names are equal. Messages say the singular after 1, by the rules of {@link Counted}
 */
public record Unit(String name) {

    /** The most characters of a name, in UTF-16 units. */
    public static final int MAX_NAME = 256;

    /** Calls. Every {@link Usage} counts one unless it states another number. */
    public static final Unit CALLS = new Unit("calls");

    /** Characters of text: Unicode code points, not UTF-16 units. */
    public static final Unit CHARACTERS = new Unit("characters");

    /** Tokens of a language model. */
    public static final Unit TOKENS = new Unit("tokens");

    /** Thousand-millionths of a US dollar; 2<sup>53</sup> of them, the largest amount, are $9,007,199.25. */
    public static final Unit NANO_USD = new Unit("nano-usd");

    /**
     * Makes a unit.
     *
     * @param name the name of the unit in the plural, of at most {@value #MAX_NAME} characters
     * @throws IllegalArgumentException if the name is blank or too long
     */
    public Unit {
        Arguments.requireName(name, "name");
        Arguments.require(name.length() <= MAX_NAME, "name", "of at most " + MAX_NAME + " characters", name);
    }

    /* Written out: those of a record make dozens of classes when they run first, at the start of an application. */

    @Override
    public boolean equals(Object other) {
        return other instanceof Unit that && name.equals(that.name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    /** Returns the name. */
    @Override
    public String toString() {
        return Printable.name(name);
    }
}
