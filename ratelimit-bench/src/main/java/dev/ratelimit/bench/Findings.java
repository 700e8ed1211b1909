package dev.ratelimit.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the epochs of a scenario have shown so far. Each must begin when nothing of those before counts any more. For
 * one thread.
 */
final class Findings {

    private final Scenario scenario;
    private final long[] worst;
    private long calls;
    private long admitted;
    private long ideal;
    private long groundless;

    Findings(Scenario scenario) {
        this.scenario = scenario;
        worst = new long[scenario.limits().size()];
    }

    /** Goes through all attempts of an epoch. */
    void add(List<Attempt> epoch) {
        Map<Integer, List<Attempt>> byKey = epoch.stream().collect(Collectors.groupingBy(Attempt::key));
        byKey.values().forEach(this::addKey);
    }

    private void addKey(List<Attempt> attempts) {
        List<Terms> terms = scenario.terms();
        List<Audit> audits = new ArrayList<>();
        for (int i = 0; i < worst.length; i++) {
            Audit audit = new Audit(terms.get(i), worst.length == 1, attempts);
            audits.add(audit);
            worst[i] = Math.max(worst[i], audit.worstWindow());
        }
        for (Attempt attempt : attempts) {
            calls += attempt.calls();
            if (attempt.isAdmitted()) {
                admitted += attempt.kept();
            } else if (audits.stream().noneMatch(audit -> audit.mayRefuse(attempt))) {
                groundless++;
            }
        }
        if (!scenario.reserving()) {
            ideal += Ideal.admits(terms, attempts);
        }
    }

    long calls() {
        return calls;
    }

    /** Returns the units that were admitted and not given back. */
    long admitted() {
        return admitted;
    }

    /** Returns, for each limit, the most units that are proven to have been in one window. */
    List<Long> worstWindows() {
        return Arrays.stream(worst).boxed().toList();
    }

    /** Returns how many runs of refusals there were while no limit can have been full. */
    long groundlessRefusals() {
        return groundless;
    }

    /**
     * Returns what was admitted for each unit that an exact limiter would have admitted, as {@link Ideal} says; 1 if
     * that is none.
     */
    double utilization() {
        return ideal == 0 ? 1 : (double) admitted / ideal;
    }

    boolean admittedTooMuch() {
        for (int i = 0; i < worst.length; i++) {
            if (worst[i] > scenario.limits().get(i).amount()) {
                return true;
            }
        }
        return false;
    }
}
