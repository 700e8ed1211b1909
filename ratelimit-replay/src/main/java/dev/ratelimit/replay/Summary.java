package dev.ratelimit.replay;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The numbers of a replay: in all, by limit and by organization. */
final class Summary implements DecisionListener {

    /**
     * The most limits that are counted one by one. A trace may name endpoints without bound, each limited alone;
     * the endpoints beyond are counted together.
     */
    static final int MAX_LIMITS = 10_000;

    static final Scope FURTHER_ENDPOINTS = new Scope.Group("further endpoints");

    /** Sorted, since a trace may hold names whose hash codes collide. */
    private final Map<AppliedLimit, Count> limits = new TreeMap<>(
            Comparator.comparing((AppliedLimit limit) -> limit.scope().name()).thenComparing(Summary::compare));

    private final Map<String, Count> organizations = new HashMap<>();
    private final Count all = new Count();
    private long first;
    private long last;

    @Override
    public void decided(Row row, Decision decision) {
        if (all.calls == 0) {
            first = row.time();
        }
        last = row.time();
        boolean admitted = decision.isAdmitted();
        all.add(admitted);
        organizations.computeIfAbsent(row.organization(), name -> new Count()).add(admitted);
        if (decision instanceof Rejected rejected && rejected.cause() instanceof LimitReached reached) {
            countOf(reached.applied()).add(false);
        }
    }

    @Override
    public void overran(LimitStatus status) {
        countOf(status.applied()).overran(status.overrun());
    }

    private Count countOf(AppliedLimit applied) {
        AppliedLimit limit = ReportedLimit.of(applied);
        Count count = limits.get(limit);
        if (count == null) {
            AppliedLimit key = limits.size() < MAX_LIMITS
                    ? limit
                    : AppliedLimit.of(limit.table(), FURTHER_ENDPOINTS, limit.limit());
            count = limits.computeIfAbsent(key, absent -> new Count());
        }
        return count;
    }

    /** Orders limits of scopes of one name, most of which are the same. */
    private static int compare(AppliedLimit one, AppliedLimit other) {
        return one.equals(other) ? 0 : one.toString().compareTo(other.toString());
    }

    Count all() {
        return all;
    }

    /** Returns when the first call was made; only if there are calls. */
    Instant first() {
        return Instant.EPOCH.plusNanos(first);
    }

    /** Returns when the last call was made; only if there are calls. */
    Instant last() {
        return Instant.EPOCH.plusNanos(last);
    }

    /** Returns the limits that refused or were overrun, those that refused most often first. */
    List<Entry<AppliedLimit, Count>> limits() {
        return mostRejectedFirst(limits, Comparator.comparing(AppliedLimit::toString))
                .toList();
    }

    /** Returns the organizations that were refused most often. */
    List<Entry<String, Count>> organizations(int most) {
        return mostRejectedFirst(organizations, Comparator.naturalOrder())
                .limit(most)
                .toList();
    }

    int organizationCount() {
        return organizations.size();
    }

    private static <K> Stream<Entry<K, Count>> mostRejectedFirst(Map<K, Count> counts, Comparator<K> onTie) {
        return counts.entrySet().stream()
                .sorted(Comparator.comparingLong(
                                (Entry<K, Count> entry) -> -entry.getValue().rejected())
                        .thenComparing(Entry::getKey, onTie));
    }

    /** How many calls there were, how many of them were admitted, and how far a limit was overrun at most. */
    static final class Count {

        private long calls;
        private long admitted;
        private long overrun;

        private void add(boolean isAdmitted) {
            calls++;
            admitted += isAdmitted ? 1 : 0;
        }

        private void overran(long units) {
            overrun = Math.max(overrun, units);
        }

        long calls() {
            return calls;
        }

        long admitted() {
            return admitted;
        }

        long rejected() {
            return calls - admitted;
        }

        /** Returns the most units of a limit that were used beyond it, 0 if it never was overrun. */
        long overrun() {
            return overrun;
        }
    }
}
