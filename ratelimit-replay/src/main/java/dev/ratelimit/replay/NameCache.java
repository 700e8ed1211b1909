package dev.ratelimit.replay;

import java.util.Arrays;

/**
 * Strings for spans of characters, the same object for a name that was met lately. A trace repeats few names millions
 * of times; where it does not, a name takes the place of an earlier one, so that the cache never grows.
 */
final class NameCache {

    private static final int SLOTS = 1 << 14;

    private final char[][] keys = new char[SLOTS][0];
    private final String[] names = new String[SLOTS];

    NameCache() {
        Arrays.fill(names, "");
    }

    String get(char[] chars, int from, int length) {
        int hash = 0;
        for (int i = from; i < from + length; i++) {
            hash = 31 * hash + chars[i];
        }
        int slot = (hash ^ (hash >>> 14)) & (SLOTS - 1);
        if (!Arrays.equals(keys[slot], 0, keys[slot].length, chars, from, from + length)) {
            keys[slot] = Arrays.copyOfRange(chars, from, from + length);
            names[slot] = new String(chars, from, length);
        }
        return names[slot];
    }
}
