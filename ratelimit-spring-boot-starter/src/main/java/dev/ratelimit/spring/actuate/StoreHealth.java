package dev.ratelimit.spring.actuate;

import java.util.Locale;
import java.util.Map;

/** Whether the store of counts is there. To tell it asks no store. */
interface StoreHealth {

    /** Tells whether calls are served. */
    boolean isServing();

    /** Returns what an operator wants to know. */
    Map<String, Object> details();

    /** Returns a constant as it stands in a property. */
    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
