package dev.ratelimit.spi;

/**
 * Text for people, logs and terminals, made of names that callers and hosts choose.
 *
 * <p>A name may steer a terminal, break a line of a log, turn the direction of what follows, or be a mebibyte long. So
 * each character of the general categories Cc, Cf, Zl, Zp and Cs becomes U+FFFD: control and format characters, line
 * and paragraph separators, surrogates that stand alone. A text that is too long ends with an ellipsis. All other
 * characters stay, unassigned and private ones included.
 *
 * <p>Only texts are changed. Values keep their names, and are equal by them.
 *
 * <p>A call reads and allocates no more than the longest text, however long the name is.
 */
public final class Printable {

    /** The most characters of a name in a text, in UTF-16 units. */
    public static final int MAX_NAME = 256;

    /** The most characters of a whole text, in UTF-16 units. */
    public static final int MAX_TEXT = 4_096;

    private static final char SUBSTITUTE = '\uFFFD';
    private static final char ELLIPSIS = '…';

    private static final int UNSAFE = 1 << Character.CONTROL
            | 1 << Character.FORMAT
            | 1 << Character.LINE_SEPARATOR
            | 1 << Character.PARAGRAPH_SEPARATOR
            | 1 << Character.SURROGATE;

    private Printable() {}

    /**
     * Returns a name as a text shows it.
     *
     * @param name the name
     * @return at most {@value #MAX_NAME} characters
     */
    public static String name(String name) {
        return of(name, MAX_NAME);
    }

    /**
     * Returns a whole text as it is shown.
     *
     * @param text the text
     * @return at most {@value #MAX_TEXT} characters
     */
    public static String text(String text) {
        return of(text, MAX_TEXT);
    }

    /**
     * Returns a text as it is shown.
     *
     * @param text the text
     * @param max the most characters of it, in UTF-16 units, at least 1
     * @return the text itself, if it is no longer and all of it can be shown
     */
    public static String of(String text, int max) {
        boolean cut = text.length() > max;
        int end = cut ? max - 1 : text.length();
        if (cut && end > 0 && Character.isSurrogatePair(text.charAt(end - 1), text.charAt(end))) {
            end--;
        }
        int safe = endOfSafe(text, end);
        if (safe == end && !cut) {
            return text;
        }
        StringBuilder shown = new StringBuilder(end + 1).append(text, 0, safe);
        for (int i = safe; i < end; ) {
            int character = text.codePointAt(i);
            shown.appendCodePoint(isUnsafe(character) ? SUBSTITUTE : character);
            i += Character.charCount(character);
        }
        return cut ? shown.append(ELLIPSIS).toString() : shown.toString();
    }

    /** Returns how far a text needs no substitute. */
    private static int endOfSafe(String text, int end) {
        int i = 0;
        while (i < end) {
            int character = text.codePointAt(i);
            if (isUnsafe(character)) {
                return i;
            }
            i += Character.charCount(character);
        }
        return end;
    }

    /**
     * Tells whether a text shows a character as it is.
     *
     * @param character a Unicode code point
     * @return false if a substitute takes its place
     */
    public static boolean isPrintable(int character) {
        return !isUnsafe(character);
    }

    private static boolean isUnsafe(int character) {
        boolean isAsciiGraphic = character >= ' ' && character <= '~';
        return !isAsciiGraphic && (UNSAFE >> Character.getType(character) & 1) != 0;
    }
}
