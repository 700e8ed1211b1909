package dev.ratelimit.replay;

import dev.ratelimit.Unit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which columns of a trace say what.
 *
 * @param time the column of the times
 * @param timeFormat how they are written
 * @param organization where the organization stands
 * @param endpoint where the endpoint stands
 * @param members where the members of each kind stand, which the call is of
 * @param charges what each row is known to use, besides its one call, when the call is made
 * @param ending what is known only when it ends, if anything is
 */
record RowFormat(
        String time,
        TimeFormat timeFormat,
        Name organization,
        Name endpoint,
        List<MemberColumn> members,
        List<Charge> charges,
        Optional<Ending> ending) {

    /** Returns the columns that are read, each once. */
    Set<String> columns() {
        Set<String> columns = new LinkedHashSet<>(List.of(time));
        organization.column().ifPresent(columns::add);
        endpoint.column().ifPresent(columns::add);
        members.forEach(member -> columns.add(member.column()));
        chargesInAll().forEach(charge -> columns.addAll(charge.columns()));
        ending.flatMap(known -> known.duration().column()).ifPresent(columns::add);
        return columns;
    }

    /** Returns the units that rows are charged in besides calls, each once. */
    Set<Unit> units() {
        Set<Unit> units = new LinkedHashSet<>();
        chargesInAll().forEach(charge -> units.add(charge.unit()));
        return units;
    }

    /** Returns the kinds of members that rows name, each once. */
    Set<String> kinds() {
        Set<String> kinds = new LinkedHashSet<>();
        members.forEach(member -> kinds.add(member.kind()));
        return kinds;
    }

    /** Returns what each row uses by its end, besides its one call. A unit may be charged twice. */
    List<Charge> chargesInAll() {
        List<Charge> all = new ArrayList<>(charges);
        ending.ifPresent(known -> all.addAll(known.charges()));
        return all;
    }

    /**
     * A name that a column states, or that all rows share.
     *
     * @param column the column, if there is one
     * @param fixed the name that all rows share, if there is no column
     */
    record Name(Optional<String> column, String fixed) {}

    /**
     * What is known when a call ends.
     *
     * @param charges what it turns out to use on top of what was known before
     * @param duration when that is
     * @param durationUnit what the numbers in a column of durations count
     */
    record Ending(List<Charge> charges, CallDuration duration, NumericTime durationUnit) {}
}
