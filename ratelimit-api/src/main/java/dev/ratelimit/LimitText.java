package dev.ratelimit;

import dev.ratelimit.spi.Counted;
import dev.ratelimit.spi.Printable;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Set;

/** Parts of the text of a limit, as the grammar of {@link Limit#parse(String)} has them, and as messages print them. */
final class LimitText {

    /** A nano-dollar is this many decimals of a dollar. */
    static final int DECIMALS_OF_DOLLARS = 9;

    private static final int DECIMALS_OF_CENTS = 2;

    /** Unquoted, these mean something else than a unit of that name. */
    private static final Set<String> RESERVED = Set.of("call", "request", "requests", "usd", "per", "in");

    private LimitText() {}

    /** Returns an amount as messages print it, for example {@code 1 call}, {@code 1,000 tokens} or {@code $25.00}. */
    static String inWords(Unit unit, long amount) {
        return unit.equals(Unit.NANO_USD) ? numberInWords(unit, amount) : Counted.of(amount, unit.name());
    }

    /** Returns a further number of the same unit as messages print it, for example {@code 1,000} or {@code $25.00}. */
    static String numberInWords(Unit unit, long amount) {
        return unit.equals(Unit.NANO_USD) ? dollars(amount, DECIMALS_OF_CENTS) : grouped(amount);
    }

    /** Returns a further number of the same unit as it is read back, for example {@code 1,000} or {@code $25}. */
    static String exactNumber(Unit unit, long amount) {
        return unit.equals(Unit.NANO_USD) ? dollars(amount, 0) : grouped(amount);
    }

    /** Returns an amount as it is read back, for example {@code 1,000 "input tokens"} or {@code $25}. */
    static String exact(Unit unit, long amount) {
        String number = exactNumber(unit, amount);
        return unit.equals(Unit.NANO_USD) ? number : number + " " + name(unit);
    }

    /** Returns the name of a unit as it is read back. */
    static String name(Unit unit) {
        String name = unit.name();
        return isWord(name) && !RESERVED.contains(name) ? name : quoted(name);
    }

    private static String dollars(long nanos, int leastDecimals) {
        BigDecimal dollars = BigDecimal.valueOf(nanos, DECIMALS_OF_DOLLARS).stripTrailingZeros();
        int decimals = Math.max(leastDecimals, dollars.scale());
        return String.format(Locale.ROOT, "$%,." + decimals + "f", dollars);
    }

    private static String grouped(long amount) {
        return String.format(Locale.ROOT, "%,d", amount);
    }

    /** Tells whether a name is a word: a letter of ASCII, then letters, digits, {@code _} and {@code -}. */
    static boolean isWord(String name) {
        return isLetter(name.charAt(0)) && name.chars().allMatch(LimitText::isOfWord);
    }

    static boolean isLetter(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    static boolean isOfWord(int c) {
        return isLetter(c) || isDigit(c) || c == '_' || c == '-';
    }

    private static String quoted(String name) {
        StringBuilder text = new StringBuilder(name.length() + 2).append('"');
        for (int i = 0; i < name.length(); ) {
            int character = name.codePointAt(i);
            int next = i + Character.charCount(character);
            if (character == '"' || character == '\\') {
                text.append('\\').append((char) character);
            } else if (Printable.isPrintable(character)) {
                text.appendCodePoint(character);
            } else {
                name.substring(i, next).chars().forEach(unit -> text.append(String.format("\\u%04x", unit)));
            }
            i = next;
        }
        return text.append('"').toString();
    }
}
