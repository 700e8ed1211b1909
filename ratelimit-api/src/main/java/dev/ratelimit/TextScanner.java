package dev.ratelimit;

import java.util.function.IntPredicate;

/**
 * A text and a place in it, which goes over words, numbers and quoted names. White space before each of them is
 * skipped.
 */
final class TextScanner {

    private static final int MOST_DECIMALS = 9;
    private static final int DIGITS_OF_GROUP = 3;
    private static final int HEX_DIGITS = 4;

    private final String text;
    private int at;

    TextScanner(String text) {
        this.text = text;
    }

    /** Returns where the next word, number or sign begins. */
    int mark() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at;
    }

    LimitFormatException refuse(String rule) {
        return refuse(mark(), rule);
    }

    LimitFormatException refuse(int index, String rule) {
        return new LimitFormatException(text, index, rule);
    }

    /** Returns the character of a place, or -1 behind the last one. */
    private int at(int index) {
        return index < text.length() ? text.charAt(index) : -1;
    }

    boolean isAt(char sign) {
        return at(mark()) == sign;
    }

    boolean isAtDigit() {
        return LimitText.isDigit(at(mark()));
    }

    /** Tells whether there is a letter right here, without white space before it. */
    boolean touchesLetter() {
        return LimitText.isLetter(at(at));
    }

    boolean skip(char sign) {
        boolean here = isAt(sign);
        at += here ? 1 : 0;
        return here;
    }

    /** Goes over a word, if it is the next one. */
    boolean skipWord(String expected) {
        int start = mark();
        boolean here = word().equals(expected);
        at = here ? at : start;
        return here;
    }

    void expectWord(String expected) {
        if (!skipWord(expected)) {
            throw refuse("expected \"" + expected + '"');
        }
    }

    void expectEnd(String rule) {
        if (mark() < text.length()) {
            throw refuse(rule);
        }
    }

    /** Returns the next word: a letter, then letters, digits, {@code _} and {@code -}; empty, if there is none. */
    String word() {
        return LimitText.isLetter(at(mark())) ? run(LimitText::isOfWord) : "";
    }

    /** Returns all characters of a kind from here on. */
    String run(IntPredicate kind) {
        int start = mark();
        while (at < text.length() && kind.test(text.charAt(at))) {
            at++;
        }
        return text.substring(start, at);
    }

    /** Returns a whole number: its digits without what groups them by three, {@code ,} or {@code _}. */
    String digits() {
        int start = mark();
        StringBuilder digits = new StringBuilder(run(LimitText::isDigit));
        if (digits.isEmpty()) {
            throw refuse(start, "expected a number");
        }
        if (digits.length() > 1 && digits.charAt(0) == '0') {
            throw refuse(start, "a number has no leading zeros");
        }
        boolean isGrouped = (at(at) == ',' || at(at) == '_') && LimitText.isDigit(at(at + 1));
        if (isGrouped) {
            char separator = text.charAt(at);
            boolean isWhole = digits.length() <= DIGITS_OF_GROUP;
            while (at(at) == separator && LimitText.isDigit(at(at + 1))) {
                at++;
                String group = run(LimitText::isDigit);
                isWhole &= group.length() == DIGITS_OF_GROUP;
                digits.append(group);
            }
            if (!isWhole) {
                throw refuse(start, "the digits of a number are grouped by three or not at all");
            }
        }
        return digits.toString();
    }

    /** Returns the decimals of a number, without the point; empty, if there is no point. */
    String decimals() {
        if (at(at) != '.') {
            return "";
        }
        int start = at++;
        String decimals = LimitText.isDigit(at(at)) ? run(LimitText::isDigit) : "";
        if (decimals.isEmpty() || decimals.length() > MOST_DECIMALS) {
            throw refuse(start, "expected 1 to 9 decimals");
        }
        return decimals;
    }

    /** Returns the number that digits make, or {@link Long#MAX_VALUE} if it is larger than that. */
    static long number(String digits) {
        long number = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) - '0';
            if (number > (Long.MAX_VALUE - digit) / 10) {
                return Long.MAX_VALUE;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    /** Returns a name in double quotes, which escapes {@code "}, {@code \} and UTF-16 units by their number. */
    String quoted() {
        int start = mark();
        at++;
        StringBuilder name = new StringBuilder();
        while (at(at) != '"') {
            if (at >= text.length()) {
                throw refuse(start, "expected a closing quote");
            }
            char c = text.charAt(at++);
            name.append(c == '\\' ? escaped() : c);
        }
        at++;
        return name.toString();
    }

    private char escaped() {
        int start = at - 1;
        if (at(at) == '"' || at(at) == '\\') {
            return text.charAt(at++);
        }
        if (at(at) == 'u') {
            int unit = 0;
            for (int i = 1; i <= HEX_DIGITS; i++) {
                int digit = at + i < text.length() ? hexDigit(text.charAt(at + i)) : -1;
                if (digit < 0) {
                    throw refuse(start, "expected 4 hexadecimal digits after \\u");
                }
                unit = unit << 4 | digit;
            }
            at += 1 + HEX_DIGITS;
            return (char) unit;
        }
        throw refuse(start, "expected \\\", \\\\ or \\u and 4 hexadecimal digits");
    }

    private static int hexDigit(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }
}
