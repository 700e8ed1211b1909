package dev.ratelimit;

import dev.ratelimit.kernel.CalendarPeriod;
import dev.ratelimit.kernel.FixedPeriod;
import dev.ratelimit.kernel.Length;

/** How vendors name the column of a limit: by its unit and its nominal length. */
final class ColumnName {

    private ColumnName() {}

    /** Returns what a limit is of in words, without its amount, for example {@code calls per day}. */
    static String of(Limit limit) {
        String unit = limit.unit().equals(Unit.NANO_USD) ? "usd" : limit.unit().name();
        if (limit instanceof RateLimit rate) {
            return unit + " per " + Length.inWords(rate.window());
        } else if (limit instanceof TokenBucket bucket) {
            return unit + " per " + Length.inWords(bucket.per());
        } else if (limit instanceof ConcurrencyLimit) {
            return unit + " in flight";
        } else if (limit instanceof PerCallLimit) {
            return unit + " per call";
        }
        QuotaPeriod period = ((Quota) limit).period();
        if (period instanceof FixedPeriod fixed) {
            return unit + " per " + Length.inWords(fixed.length());
        } else if (period instanceof CalendarPeriod calendar) {
            return unit + " per " + calendar.unitInWords();
        }
        return unit + " in all";
    }
}
