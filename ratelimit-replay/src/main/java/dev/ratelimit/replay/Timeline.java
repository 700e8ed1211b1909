package dev.ratelimit.replay;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Rejected;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Calls over time, counted in buckets of a minute that double in width whenever the trace outgrows them. */
final class Timeline implements DecisionListener {

    static final int MAX_BUCKETS = 1_024;

    /** The most limits whose refusals are kept apart, so that memory does not grow with the endpoints of a trace. */
    static final int MAX_LIMITS = 256;

    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    private final long[] calls = new long[MAX_BUCKETS];
    private final long[] admitted = new long[MAX_BUCKETS];
    private final Map<AppliedLimit, long[]> refusals = new HashMap<>();
    private long start;
    private long width = MINUTE;
    private int length;

    @Override
    public void decided(Row row, Decision decision) {
        if (length == 0) {
            start = row.time() - row.time() % MINUTE;
        }
        while ((row.time() - start) / width >= MAX_BUCKETS) {
            doubleWidth();
        }
        int bucket = (int) ((row.time() - start) / width);
        length = bucket + 1;
        calls[bucket]++;
        if (decision.isAdmitted()) {
            admitted[bucket]++;
        } else if (decision instanceof Rejected rejected && rejected.cause() instanceof LimitReached reached) {
            AppliedLimit limit = ReportedLimit.of(reached.applied());
            long[] refused = refusals.get(limit);
            if (refused == null && refusals.size() < MAX_LIMITS) {
                refused = new long[MAX_BUCKETS];
                refusals.put(limit, refused);
            }
            if (refused != null) {
                refused[bucket]++;
            }
        }
    }

    private void doubleWidth() {
        width *= 2;
        halve(calls);
        halve(admitted);
        refusals.values().forEach(Timeline::halve);
    }

    private static void halve(long[] counts) {
        for (int i = 0; i < MAX_BUCKETS / 2; i++) {
            counts[i] = counts[2 * i] + counts[2 * i + 1];
        }
        Arrays.fill(counts, MAX_BUCKETS / 2, MAX_BUCKETS, 0);
    }

    /** Returns how many buckets there are up to the last call. */
    int length() {
        return length;
    }

    /** Returns how long a bucket lasts. */
    Duration width() {
        return Duration.ofNanos(width);
    }

    /** Returns when a bucket begins, and so when the one before it ends. */
    Instant start(int bucket) {
        return Instant.EPOCH.plusNanos(start).plus(width().multipliedBy(bucket));
    }

    /** Returns the calls of each bucket. */
    long[] calls() {
        return Arrays.copyOf(calls, length);
    }

    /** Returns the admitted calls of each bucket. */
    long[] admitted() {
        return Arrays.copyOf(admitted, length);
    }

    /** Returns the limits that refused most often. */
    List<AppliedLimit> limits(int most) {
        return refusals.entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<AppliedLimit, long[]> entry) ->
                                -Arrays.stream(entry.getValue()).sum())
                        .thenComparing(entry -> entry.getKey().toString()))
                .limit(most)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Returns the calls of each bucket that one of {@link #limits} refused. */
    long[] refusals(AppliedLimit limit) {
        return Arrays.copyOf(requireNonNull(refusals.get(limit)), length);
    }
}
