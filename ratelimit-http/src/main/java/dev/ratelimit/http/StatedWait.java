package dev.ratelimit.http;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads from the answer of a server how long it wants not to be called. Takes anything: what cannot be read says
 * nothing.
 *
 * <p>An error says so by {@code retry-after-ms}, or else by {@code Retry-After}. Otherwise each limit of which nothing
 * remains says so by its reset, in any of the dialects; with the status 429 also one that does not say what remains.
 * The longest wait counts. Of a field, the first {@value #MAX_VALUES} values are read, and {@value #MAX_CHARS}
 * characters of each.
 */
final class StatedWait {

    private static final int MAX_VALUES = 8;
    private static final int MAX_CHARS = 8_192;
    private static final int FIRST_ERROR = 400;
    private static final int TOO_MANY_REQUESTS = 429;

    private static final Pattern NUMBER = Pattern.compile("[+-]?\\d{1,40}(\\.\\d{1,40})?");
    private static final Pattern COUNTED = Pattern.compile("(\\d{1,18}(?:\\.\\d{1,9})?)(h|ms|m|s|us|µs|ns)");
    private static final Pattern COUNTED_ALL = Pattern.compile("(?:" + COUNTED.pattern() + "){1,8}");
    private static final Map<String, BigDecimal> SECONDS_OF = Map.of(
            "h", new BigDecimal(3_600),
            "m", new BigDecimal(60),
            "s", BigDecimal.ONE,
            "ms", new BigDecimal("0.001"),
            "us", new BigDecimal("0.000001"),
            "µs", new BigDecimal("0.000001"),
            "ns", new BigDecimal("0.000000001"));

    /** A reset that is a larger number of seconds is a time since the Unix epoch. */
    private static final BigDecimal FIRST_EPOCH = new BigDecimal(1_000_000_000);

    /** A reset that is a larger number is one of milliseconds. */
    private static final BigDecimal FIRST_EPOCH_MILLIS = new BigDecimal(1_000_000_000_000L);

    private static final BigDecimal THOUSAND = new BigDecimal(1_000);

    /** The names of the fields of a limit, with {@code remaining} or {@code reset} in them. */
    private static final List<String> LIMITS = List.of(
            "ratelimit-%s",
            "x-ratelimit-%s",
            "x-ratelimit-%s-requests",
            "x-ratelimit-%s-tokens",
            "anthropic-ratelimit-requests-%s",
            "anthropic-ratelimit-tokens-%s",
            "anthropic-ratelimit-input-tokens-%s",
            "anthropic-ratelimit-output-tokens-%s");

    private final Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final Instant now;
    private final BigDecimal cap;

    private StatedWait(Map<String, List<String>> fields, Instant now, Duration cap) {
        fields.forEach((name, values) -> {
            if (name != null && values != null) {
                List<String> read = this.fields.computeIfAbsent(name, none -> new ArrayList<>());
                values.stream()
                        .filter(value -> value != null && read.size() < MAX_VALUES)
                        .limit(MAX_VALUES)
                        .forEach(value -> read.add(value.substring(0, Math.min(MAX_CHARS, value.length()))));
            }
        });
        this.now = instantOf(first("date")).orElse(now);
        this.cap = seconds(cap);
    }

    /**
     * Returns the wait that an answer states.
     *
     * @param status the status of the answer
     * @param fields its fields; names and values may be null
     * @param now the time of the answer, unless its {@code Date} says another
     * @param cap the longest wait
     * @return a wait from 0 to the cap; empty if none is stated
     */
    static Optional<Duration> of(int status, Map<String, List<String>> fields, Instant now, Duration cap) {
        StatedWait answer = new StatedWait(fields, now, cap);
        Optional<BigDecimal> wait = status >= FIRST_ERROR ? answer.retryAfter() : Optional.empty();
        return wait.or(() -> answer.untilReset(status == TOO_MANY_REQUESTS)).map(answer::bounded);
    }

    private Duration bounded(BigDecimal seconds) {
        BigDecimal inRange = seconds.max(BigDecimal.ZERO).min(cap);
        return Duration.ofNanos(
                inRange.movePointRight(9).setScale(0, RoundingMode.CEILING).longValue());
    }

    private static BigDecimal seconds(Duration wait) {
        return new BigDecimal(wait.getSeconds()).add(new BigDecimal(wait.getNano()).movePointLeft(9));
    }

    private List<String> values(String name) {
        return fields.getOrDefault(name, List.of());
    }

    private String first(String name) {
        return values(name).isEmpty() ? "" : values(name).get(0);
    }

    private Optional<BigDecimal> retryAfter() {
        Longest millis = new Longest();
        values("retry-after-ms").forEach(value -> millis.add(number(value).map(number -> number.divide(THOUSAND))));
        Longest seconds = new Longest();
        values("retry-after").forEach(value -> seconds.add(number(value).or(() -> until(value))));
        return millis.longest.or(() -> seconds.longest);
    }

    private Optional<BigDecimal> untilReset(boolean isRefused) {
        Longest resets = new Longest();
        for (String limit : LIMITS) {
            List<String> remaining = values(String.format(limit, "remaining"));
            boolean isUsedUp = remaining.isEmpty()
                    ? isRefused
                    : remaining.stream()
                            .anyMatch(value -> number(value)
                                    .filter(number -> number.signum() <= 0)
                                    .isPresent());
            if (isUsedUp) {
                values(String.format(limit, "reset")).forEach(value -> resets.add(reset(value)));
            }
        }
        values("ratelimit").forEach(value -> structured(value, resets));
        return resets.longest;
    }

    private Optional<BigDecimal> reset(String value) {
        return number(value).map(this::untilNumber).or(() -> counted(value)).or(() -> until(value));
    }

    private BigDecimal untilNumber(BigDecimal number) {
        if (number.compareTo(FIRST_EPOCH) < 0) {
            return number;
        }
        BigDecimal epoch = number.compareTo(FIRST_EPOCH_MILLIS) < 0 ? number : number.divide(THOUSAND);
        return epoch.subtract(seconds(Duration.between(Instant.EPOCH, now)));
    }

    private static Optional<BigDecimal> number(String value) {
        String text = value.strip();
        return NUMBER.matcher(text).matches() ? Optional.of(new BigDecimal(text)) : Optional.empty();
    }

    private static Optional<BigDecimal> counted(String value) {
        String text = value.strip().toLowerCase(Locale.ROOT);
        if (!COUNTED_ALL.matcher(text).matches()) {
            return Optional.empty();
        }
        BigDecimal sum = BigDecimal.ZERO;
        for (Matcher part = COUNTED.matcher(text); part.find(); ) {
            sum = sum.add(
                    new BigDecimal(part.group(1)).multiply(SECONDS_OF.getOrDefault(part.group(2), BigDecimal.ZERO)));
        }
        return Optional.of(sum);
    }

    private Optional<BigDecimal> until(String value) {
        return instantOf(value).map(then -> seconds(Duration.between(now, then)));
    }

    /** Reads a date of HTTP or of RFC 3339. */
    private static Optional<Instant> instantOf(String value) {
        String text = value.strip();
        if (text.length() > 64) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    text.indexOf(',') > 0
                            ? Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text))
                            : OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** Reads a list of items such as {@code "name";r=0;t=12}, and adds the times of those of which nothing remains. */
    private static void structured(String list, Longest resets) {
        Optional<BigDecimal> remaining = Optional.empty();
        Optional<BigDecimal> time = Optional.empty();
        boolean isQuoted = false;
        int from = 0;
        for (int i = 0; i <= list.length(); i++) {
            char c = i == list.length() ? ',' : list.charAt(i);
            if (isQuoted && i < list.length()) {
                isQuoted = c != '"';
                i += c == '\\' ? 1 : 0;
            } else if (c == '"') {
                isQuoted = true;
            } else if (c == ';' || c == ',') {
                String parameter = list.substring(Math.min(from, i), i).strip();
                if (parameter.startsWith("r=")) {
                    remaining = number(parameter.substring(2));
                } else if (parameter.startsWith("t=")) {
                    time = number(parameter.substring(2));
                }
                from = i + 1;
                if (c == ',') {
                    resets.add(remaining.filter(units -> units.signum() <= 0).isPresent() ? time : Optional.empty());
                    remaining = Optional.empty();
                    time = Optional.empty();
                }
            }
        }
    }

    private static final class Longest {

        private Optional<BigDecimal> longest = Optional.empty();

        void add(Optional<BigDecimal> wait) {
            if (wait.isPresent()) {
                longest = Optional.of(longest.map(wait.get()::max).orElse(wait.get()));
            }
        }
    }
}
