package dev.ratelimit.spi;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A number and what it counts, as messages print it: {@code 0 calls}, {@code 1 call}, {@code 1,000 calls}.
 *
 * <p>After 1 the last word of the noun is in the singular, by the regular rules of English: {@code 1 input token},
 * {@code 1 query}, {@code 1 batch}. A word that is no regular plural stays as it is, and so does one of less than four
 * letters, since {@code ms} is no plural.
 *
 * <p>The text is for people. What is read back, such as {@code Limit.toString()}, has the name of its unit unchanged.
 */
public final class Counted {

    private static final int SHORTEST = 4;

    /** What has an {@code e} before the {@code s} in the plural only. */
    private static final List<String> WITH_E = List.of("sses", "shes", "ches", "xes", "zzes");

    private static final Map<String, String> IRREGULAR =
            Map.of("series", "series", "species", "species", "movies", "movie", "cookies", "cookie", "caches", "cache");

    private Counted() {}

    /**
     * Returns a number and what it counts.
     *
     * @param number how many
     * @param plural the noun in the plural; of a longer name than {@value Printable#MAX_NAME} characters the beginning
     * @return the number, its thousands grouped by commas, and the noun, {@linkplain dev.ratelimit printable}
     */
    public static String of(long number, String plural) {
        String noun = Printable.name(plural);
        // Not by the formatter where nothing is grouped: the start of an application would wait for its classes.
        String digits =
                number > -1_000 && number < 1_000 ? Long.toString(number) : String.format(Locale.ROOT, "%,d", number);
        return digits + ' ' + (number == 1 ? singular(noun) : noun);
    }

    private static String singular(String noun) {
        int start = noun.length();
        while (start > 0 && Character.isLetter(noun.charAt(start - 1))) {
            start--;
        }
        return noun.substring(0, start) + singularOfWord(noun.substring(start));
    }

    private static String singularOfWord(String word) {
        String irregular = IRREGULAR.get(word);
        if (irregular != null) {
            return irregular;
        }
        if (word.length() < SHORTEST || !word.endsWith("s") || word.endsWith("ss")) {
            return word;
        }
        if (word.length() > SHORTEST && word.endsWith("ies")) {
            return word.substring(0, word.length() - 3) + "y";
        }
        return word.substring(0, word.length() - (WITH_E.stream().anyMatch(word::endsWith) ? 2 : 1));
    }
}
