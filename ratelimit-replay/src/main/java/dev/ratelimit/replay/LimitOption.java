package dev.ratelimit.replay;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitFormatException;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/**
 * A limit of the command line, which applies to each endpoint alone.
 *
 * @param text as the user wrote it
 * @param limit what it means
 */
record LimitOption(String text, Limit limit) {

    private static final Pattern SHORT_FORM =
            Pattern.compile("(?<unit>[^=]*[^=\\s])=(?<amount>\\d+)/(?<span>[^,]+)(?<untilReached>,until-reached)?");

    private static final Map<String, QuotaPeriod> PERIODS = Map.of(
            "day", QuotaPeriod.day(ZoneOffset.UTC),
            "week", QuotaPeriod.week(ZoneOffset.UTC),
            "month", QuotaPeriod.month(ZoneOffset.UTC),
            "year", QuotaPeriod.year(ZoneOffset.UTC),
            "ever", QuotaPeriod.lifetime());

    /** Reads the text of a limit, or {@code UNIT=AMOUNT/SPAN[,until-reached]}. */
    static LimitOption parse(String text) {
        try {
            return new LimitOption(text, Limit.parse(text));
        } catch (LimitFormatException e) {
            Matcher matcher = SHORT_FORM.matcher(text);
            if (matcher.matches()) {
                return ofShortForm(text, matcher);
            }
            throw new TypeConversionException(
                    "must be a limit such as \"20 calls per minute\", or UNIT=AMOUNT/SPAN[,until-reached]: "
                            + e.getMessage());
        }
    }

    private static LimitOption ofShortForm(String text, Matcher matcher) {
        Unit unit = new Unit(matcher.group("unit"));
        boolean untilReached = matcher.group("untilReached") != null;
        try {
            char[] digits = matcher.group("amount").toCharArray();
            long amount = WholeNumber.read(digits, 0, digits.length);
            return new LimitOption(text, limit(unit, amount, matcher.group("span"), untilReached));
        } catch (BadValueException e) {
            throw new TypeConversionException("amount " + e.getMessage() + ": " + text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    private static Limit limit(Unit unit, long amount, String span, boolean untilReached) {
        QuotaPeriod period = PERIODS.get(span);
        if (period != null) {
            return Quota.of(unit, amount, period)
                    .withOverrun(untilReached ? Overrun.UNTIL_REACHED : Overrun.WHILE_FITS);
        }
        if (untilReached) {
            throw new IllegalArgumentException(
                    "until-reached must be with one of day, week, month, year, ever, not with a window: " + span);
        }
        if (!Character.isDigit(span.charAt(0))) {
            throw new IllegalArgumentException(
                    "span must be a window such as 90s, or one of day, week, month, year, ever: " + span);
        }
        return RateLimit.of(unit, amount, Span.parse(span));
    }

    LimitTable table() {
        return LimitTable.named(text).eachOtherEndpoint(limit);
    }
}
