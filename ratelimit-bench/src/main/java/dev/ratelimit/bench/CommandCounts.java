package dev.ratelimit.bench;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How often a server has run each of its commands since it was told to forget, as it counts itself, both for clients
 * and in scripts.
 *
 * @param text what it answers to {@code INFO commandstats}
 */
record CommandCounts(String text) {

    long of(String command) {
        Matcher found = Pattern.compile("cmdstat_" + command + ":calls=(\\d+)").matcher(text);
        return found.find() ? Long.parseLong(found.group(1)) : 0;
    }
}
