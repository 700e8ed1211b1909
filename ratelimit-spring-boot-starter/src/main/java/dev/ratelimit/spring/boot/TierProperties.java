package dev.ratelimit.spring.boot;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * A tier in {@code application.yml}, of the structure that a {@linkplain dev.ratelimit.config.TierFile tier file} has.
 *
 * @param name the name of the tier
 * @param account the account that its calls are counted in
 * @param message what is said to whom the tier refuses
 * @param otherEndpoints {@code refused}, or not stated
 * @param members which tiers the members of its organizations have
 * @param tables its tables
 * @param rows rows of several limits, of which each goes to the table that is named after it
 */
public record TierProperties(
        @Nullable String name,
        @Nullable String account,
        @Nullable String message,
        @Nullable String otherEndpoints,
        @DefaultValue List<Members> members,
        @DefaultValue List<Table> tables,
        @DefaultValue List<Row> rows) {

    /**
     * The tier of the members of a kind.
     *
     * @param kind the kind, such as {@code user}
     * @param tier the name of a tier
     */
    public record Members(@Nullable String kind, @Nullable String tier) {}

    /**
     * A table of limits.
     *
     * @param name the name of the table
     * @param shadow whether it refuses nothing
     * @param rows its rows
     */
    public record Table(
            @Nullable String name,
            @DefaultValue("false") boolean shadow,
            @DefaultValue List<Row> rows) {}

    /**
     * A row: whom it is for, and its limits.
     *
     * @param each endpoints that have the limit each
     * @param together endpoints that share the limit
     * @param others {@code each} or {@code together}: all endpoints that no other row names
     * @param all {@code each} or {@code together}: all endpoints
     * @param unlimited endpoints without a limit
     * @param named the name of endpoints together
     * @param limit the limit, as a text
     * @param limits the limits of a row of a tier
     */
    public record Row(
            @Nullable List<String> each,
            @Nullable List<String> together,
            @Nullable String others,
            @Nullable String all,
            @Nullable List<String> unlimited,
            @Nullable String named,
            @Nullable String limit,
            @Nullable List<String> limits) {}
}
