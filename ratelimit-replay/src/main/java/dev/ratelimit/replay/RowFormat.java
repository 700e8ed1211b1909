package dev.ratelimit.replay;

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
 * @param charges what each row uses besides its one call
 */
record RowFormat(String time, TimeFormat timeFormat, Name organization, Name endpoint, List<Charge> charges) {

    /** Returns the columns that are read, each once. */
    Set<String> columns() {
        Set<String> columns = new LinkedHashSet<>(List.of(time));
        organization.column().ifPresent(columns::add);
        endpoint.column().ifPresent(columns::add);
        charges.forEach(charge -> columns.addAll(charge.columns()));
        return columns;
    }

    /**
     * A name that a column states, or that all rows share.
     *
     * @param column the column, if there is one
     * @param fixed the name that all rows share, if there is no column
     */
    record Name(Optional<String> column, String fixed) {}
}
