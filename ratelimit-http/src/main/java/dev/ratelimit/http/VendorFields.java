package dev.ratelimit.http;

import dev.ratelimit.Unit;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** The fields of dialects that tell of one limit, or of one limit for each unit. */
final class VendorFields {

    /** The last second that RFC 3339 has. */
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

    private static final long MAX_DELTA = 999_999_999;

    private static final List<Unit> OF_ANTHROPIC =
            List.of(Unit.CALLS, Unit.TOKENS, new Unit("input-tokens"), new Unit("output-tokens"));

    private static final List<Unit> OF_OPENAI = List.of(Unit.CALLS, Unit.TOKENS);

    private VendorFields() {}

    /** Returns whole seconds, rounded up; at most 31 years, since clients take more for a time since the epoch. */
    static String delta(Duration wait) {
        return Long.toString(Math.min(Numbers.seconds(wait), MAX_DELTA));
    }

    /** Writes the tightest limit. */
    static void xRateLimit(List<ToldLimit> limits, Function<Duration, String> reset, BiConsumer<String, String> sink) {
        limits.stream().filter(ToldLimit::isCounted).findFirst().ifPresent(tightest -> {
            sink.accept("X-RateLimit-Limit", number(tightest.most()));
            sink.accept("X-RateLimit-Remaining", number(tightest.status().remaining()));
            reset(tightest).map(reset).ifPresent(text -> sink.accept("X-RateLimit-Reset", text));
        });
    }

    /** Writes the tightest limit of calls, and of tokens. */
    static void openAi(List<ToldLimit> limits, BiConsumer<String, String> sink) {
        for (Unit unit : OF_OPENAI) {
            tightest(limits, unit).ifPresent(told -> {
                sink.accept("x-ratelimit-limit-" + name(unit), number(told.most()));
                sink.accept(
                        "x-ratelimit-remaining-" + name(unit),
                        number(told.status().remaining()));
                reset(told).ifPresent(wait -> sink.accept("x-ratelimit-reset-" + name(unit), counted(wait)));
            });
        }
    }

    /** Writes the tightest limit of calls, and of each kind of tokens. */
    static void anthropic(List<ToldLimit> limits, Instant now, BiConsumer<String, String> sink) {
        for (Unit unit : OF_ANTHROPIC) {
            tightest(limits, unit).ifPresent(told -> {
                String prefix = "anthropic-ratelimit-" + name(unit);
                sink.accept(prefix + "-limit", number(told.most()));
                sink.accept(prefix + "-remaining", number(told.status().remaining()));
                reset(told)
                        .ifPresent(wait ->
                                sink.accept(prefix + "-reset", after(now, wait).toString()));
            });
        }
    }

    private static Optional<ToldLimit> tightest(List<ToldLimit> limits, Unit unit) {
        return limits.stream()
                .filter(told -> told.flowsBack() && told.limit().unit().equals(unit))
                .findFirst();
    }

    private static Optional<Duration> reset(ToldLimit told) {
        return told.flowsBack() ? told.status().resetAfter() : Optional.empty();
    }

    private static String name(Unit unit) {
        return unit.equals(Unit.CALLS) ? "requests" : unit.name();
    }

    private static String number(long number) {
        return Long.toString(Numbers.clamped(number));
    }

    /** Returns the whole second, rounded up, that comes a wait from now on. */
    static Instant after(Instant now, Duration wait) {
        boolean isBeyond = now.isAfter(LAST) || Duration.between(now, LAST).compareTo(wait) < 0;
        Instant then = isBeyond ? LAST : now.plus(wait);
        Instant second = then.truncatedTo(ChronoUnit.SECONDS);
        return second.equals(then) ? then : second.plusSeconds(1);
    }

    /** Returns for example {@code 6m0s}, {@code 1.5s} or {@code 20ms}; rounded up to a millisecond. */
    static String counted(Duration wait) {
        long millis = Numbers.millis(wait);
        if (millis < 1_000) {
            return millis == 0 ? "0s" : millis + "ms";
        }
        long minutes = millis / 60_000;
        String hours = minutes < 60 ? "" : minutes / 60 + "h";
        String part = millis % 1_000 == 0
                ? ""
                : String.format(".%03d", millis % 1_000).replaceAll("0+$", "");
        return hours + (minutes == 0 ? "" : minutes % 60 + "m") + millis / 1_000 % 60 + part + "s";
    }
}
