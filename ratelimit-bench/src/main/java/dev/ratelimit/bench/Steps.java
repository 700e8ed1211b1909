package dev.ratelimit.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A sum that changes in steps at moments. Steps may be added in any order, but none after the first question. For one
 * thread.
 */
final class Steps {

    private record Step(long time, long units) {}

    private final List<Step> steps = new ArrayList<>();
    private long[] times = {};
    private long[] sums = {};

    void add(long time, long units) {
        if (units != 0) {
            steps.add(new Step(time, units));
        }
    }

    /** Adds units that count at all moments after the first one, up to and at the last; none, if that is not later. */
    void addBetween(long after, long last, long units) {
        if (after < last) {
            add(after + 1, units);
            add(last + 1, -units);
        }
    }

    /** Returns the sum of all steps at or before a moment. */
    long sumAt(long time) {
        sort();
        int next = Arrays.binarySearch(times, time);
        return next >= 0 ? sums[next] : next == -1 ? 0 : sums[-next - 2];
    }

    /** Returns the greatest sum at any moment; at least 0, the sum before the first step. */
    long peak() {
        sort();
        return Arrays.stream(sums).reduce(0, Math::max);
    }

    private void sort() {
        if (times.length > 0 || steps.isEmpty()) {
            return;
        }
        steps.sort(Comparator.comparingLong(Step::time));
        long[] at = new long[steps.size()];
        long[] sum = new long[steps.size()];
        int count = 0;
        long units = 0;
        for (Step step : steps) {
            units += step.units;
            // Steps of one moment are one: in between there is no sum.
            count += count > 0 && at[count - 1] == step.time ? 0 : 1;
            at[count - 1] = step.time;
            sum[count - 1] = units;
        }
        times = Arrays.copyOf(at, count);
        sums = Arrays.copyOf(sum, count);
        steps.clear();
    }
}
