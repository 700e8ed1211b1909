package dev.ratelimit.config;

import static java.util.stream.Collectors.joining;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitFormatException;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.Printable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Reads the tiers of a file from its tree. A method for each kind of mapping; what is wrong is found and reading goes
 * on with what follows, so that one reading finds everything.
 */
final class TierReader {

    private static final List<String> BUILT_IN = List.of("calls", "characters", "tokens", "usd");

    /** The keys that say whom a row is for; a row has one of them. */
    private static final List<String> KINDS_OF_ROW = List.of("each", "together", "others", "all", "unlimited");

    private static final List<String> KEYS_OF_ROW =
            List.of("each", "together", "others", "all", "unlimited", "named", "limit", "limits");

    /** What YAML 1.1, and with it many tools, reads as no text: truth values, nothing, numbers, times, dates. */
    private static final Pattern NO_TEXT_IN_YAML_1_1 = Pattern.compile(
            "y|n|yes|no|on|off|true|false|null|~|=|<<|[-+]?\\.(inf|nan)|0x[0-9a-f_]+|0b[01_]+|0o[0-7]+"
                    + "|[-+]?\\.?[0-9][0-9_,.:]*(e[-+]?[0-9]+)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t ].*)?",
            Pattern.CASE_INSENSITIVE);

    private static final String QUOTES = ": put the text in quotes";

    private final Findings findings;
    private final Set<Unit> units =
            new LinkedHashSet<>(List.of(Unit.CALLS, Unit.CHARACTERS, Unit.TOKENS, Unit.NANO_USD));

    /** The endpoints that rows may name; empty: any. */
    private Optional<Set<String>> known = Optional.empty();

    TierReader(Findings findings) {
        this.findings = findings;
    }

    /** Returns the tiers by name, in the order of the file; of use only if nothing was found. */
    Map<String, Tier> tiers(Node root) {
        Map<String, Tier> tiers = new LinkedHashMap<>();
        Fields.of(root, "a tier file", List.of("units", "endpoints", "tiers"), findings)
                .ifPresent(file -> {
                    file.get("units").ifPresent(list -> items(list, "units").forEach(this::unit));
                    known = file.get("endpoints")
                            .map(list -> Set.copyOf(names(items(list, "endpoints"), "the name of an endpoint")));
                    file.get("endpoints").ifPresent(this::refusePatterns);
                    require(file, "tiers", "a tier file")
                            .ifPresent(list -> items(list, "tiers")
                                    .forEach(node -> tier(node).ifPresent(tier -> {
                                        if (tiers.putIfAbsent(tier.name(), tier) != null) {
                                            findings.add(
                                                    node,
                                                    "a tier must have a name of its own: "
                                                            + Printable.name(tier.name()));
                                        }
                                    })));
                });
        return Collections.unmodifiableMap(tiers);
    }

    private void refusePatterns(Node list) {
        if (list instanceof SequenceNode endpoints) {
            for (Node item : endpoints.getValue()) {
                if (item instanceof ScalarNode scalar && isPattern(scalar.getValue())) {
                    findings.add(item, "endpoints must be names; a row may have the pattern");
                }
            }
        }
    }

    private static boolean isPattern(String named) {
        return named.indexOf('*') >= 0;
    }

    private void unit(Node node) {
        text(node, "the name of a unit").ifPresent(name -> {
            boolean isNew = !BUILT_IN.contains(name)
                    && attempt(node, () -> new Unit(name)).map(units::add).orElse(true);
            if (!isNew) {
                findings.add(node, "unit \"" + Printable.name(name) + "\" is known already");
            }
        });
    }

    private Optional<Tier> tier(Node node) {
        List<String> keys = List.of("name", "account", "message", "other-endpoints", "tables", "rows");
        return Fields.of(node, "a tier", keys, findings).flatMap(fields -> {
            Optional<Tier.Builder> builder =
                    requiredText(fields, "name", "a tier").flatMap(name -> attempt(node, () -> Tier.named(name)));
            Optional<String> account = fields.get("account").flatMap(value -> text(value, "an account"));
            Optional<String> message = fields.get("message").flatMap(value -> text(value, "a message"));
            List<Node> items =
                    fields.get("tables").map(list -> items(list, "tables")).orElse(List.of());
            for (Node item : items) {
                Optional<LimitTable> table = table(item);
                builder.ifPresent(tier -> table.ifPresent(read -> attempt(item, () -> tier.table(read))));
            }
            fields.get("rows")
                    .ifPresent(list -> rows(list)
                            .forEach((name, table) ->
                                    builder.ifPresent(tier -> attempt(list, () -> tier.table(table)))));
            fields.get("other-endpoints")
                    .filter(this::isRefused)
                    .ifPresent(refused -> builder.ifPresent(Tier.Builder::refuseOtherEndpoints));
            builder.ifPresent(tier -> {
                account.ifPresent(name -> attempt(node, () -> tier.account(name)));
                message.ifPresent(tier::message);
            });
            return builder.flatMap(tier -> attempt(node, tier::build));
        });
    }

    private boolean isRefused(Node node) {
        boolean isRefused =
                node instanceof ScalarNode scalar && scalar.getValue().equals("refused");
        if (!isRefused) {
            findings.add(node, "other-endpoints must be \"refused\", or not be stated");
        }
        return isRefused;
    }

    /**
     * Reads the rows of a tier, each of one limit or of several. A limit goes to the table that is named after it.
     * Endpoints that a row names are not among the others of another row, in whichever table.
     */
    private Map<String, LimitTable> rows(Node list) {
        Map<String, LimitTable> tables = new LinkedHashMap<>();
        Set<String> named = new LinkedHashSet<>();
        Set<String> unlimited = new LinkedHashSet<>();
        for (Node node : items(list, "rows")) {
            Fields.of(node, "a row", KEYS_OF_ROW, findings)
                    .ifPresent(row -> who(row).ifPresent(who -> {
                        named.addAll(who.endpoints);
                        if (who.isUnlimited()) {
                            unlimited.addAll(who.endpoints);
                        }
                        for (Limit limit : who.isUnlimited() ? List.<Limit>of() : limits(row)) {
                            LimitTable empty = LimitTable.namedAfter(limit);
                            LimitTable table = tables.getOrDefault(empty.name(), empty);
                            attempt(node, () -> longer(table, who, limit))
                                    .ifPresent(longer -> tables.put(table.name(), longer));
                        }
                    }));
        }
        tables.replaceAll((name, table) -> {
            boolean hasOthers = table.rows().stream().anyMatch(row -> row.isForOthers() && !row.isForAll());
            Set<String> more = new LinkedHashSet<>(hasOthers ? named : unlimited);
            table.rows().forEach(row -> more.removeAll(row.endpoints()));
            table.rows().forEach(row -> more.removeAll(row.patterns()));
            return more.isEmpty() ? table : table.unlimited(more.toArray(new String[0]));
        });
        if (tables.isEmpty() && !unlimited.isEmpty()) {
            findings.add(list, "rows must have a limit");
        }
        return tables;
    }

    private Optional<LimitTable> table(Node node) {
        return Fields.of(node, "a table", List.of("name", "shadow", "rows"), findings)
                .flatMap(fields -> {
                    boolean isShadow = fields.get("shadow").filter(this::isTrue).isPresent();
                    Optional<LimitTable> empty = requiredText(fields, "name", "a table")
                            .flatMap(name -> attempt(node, () -> LimitTable.named(name)));
                    // Where the name is wrong, the rows are read all the same, for what is wrong in them.
                    LimitTable table = empty.orElse(LimitTable.named("table"));
                    List<Node> rows = require(fields, "rows", "a table")
                            .map(list -> items(list, "rows"))
                            .orElse(List.of());
                    for (Node row : rows) {
                        table = row(table, row);
                    }
                    LimitTable whole = isShadow ? table.asShadow() : table;
                    return empty.map(named -> whole);
                });
    }

    /** Returns the table with a row more, or as it is if the row is wrong. */
    private LimitTable row(LimitTable table, Node node) {
        return Fields.of(node, "a row", KEYS_OF_ROW, findings)
                .flatMap(row -> longer(table, row))
                .orElse(table);
    }

    private Optional<LimitTable> longer(LimitTable table, Fields row) {
        refuse(row, "limits", "a row of a table has one limit; a row of a tier may have several");
        Optional<Who> who = who(row);
        if (who.isPresent() && who.get().isUnlimited()) {
            return attempt(row.node(), () -> table.unlimited(who.get().names()));
        }
        boolean hasLimit = KINDS_OF_ROW.stream().filter(row::has).count() == 1 && !row.has("unlimited");
        Optional<Limit> limit = hasLimit ? require(row, "limit", "a row").flatMap(this::limit) : Optional.empty();
        return who.flatMap(some -> limit.flatMap(of -> attempt(row.node(), () -> longer(table, some, of))));
    }

    private static LimitTable longer(LimitTable table, Who who, Limit limit) {
        return switch (who.kind) {
            case "each" -> table.each(limit, who.names());
            case "together" -> table.together(who.group, limit, who.names());
            case "others" ->
                who.isTogether ? table.otherEndpointsTogether(who.group, limit) : table.eachOtherEndpoint(limit);
            default -> who.isTogether ? table.allTogether(limit) : table.everyEndpoint(limit);
        };
    }

    /**
     * Whom a row is for.
     *
     * @param kind its key
     * @param endpoints the endpoints that it names
     * @param isTogether whether they share its limit
     * @param group the name of the group; empty if there is none
     */
    private record Who(String kind, List<String> endpoints, boolean isTogether, String group) {

        boolean isUnlimited() {
            return kind.equals("unlimited");
        }

        String[] names() {
            return endpoints.toArray(new String[0]);
        }
    }

    /** Reads whom a row is for; empty where something was found. */
    private Optional<Who> who(Fields row) {
        List<String> kinds = KINDS_OF_ROW.stream().filter(row::has).toList();
        if (kinds.size() != 1) {
            findings.add(row.node(), "a row must have one of " + String.join(", ", KINDS_OF_ROW));
            return Optional.empty();
        }
        String kind = kinds.get(0);
        Node value = row.get(kind).orElseThrow();
        if (kind.equals("unlimited")) {
            refuse(row, "limit", "an unlimited row has no limit");
            refuse(row, "limits", "an unlimited row has no limit");
            refuse(row, "named", "an unlimited row has no name");
            return endpoints(value).map(names -> new Who(kind, names, false, ""));
        }
        boolean isForOthers = kind.equals("others") || kind.equals("all");
        boolean isTogether = isForOthers ? isTogether(kind, value) : kind.equals("together");
        Optional<List<String>> names = isForOthers ? Optional.of(List.of()) : endpoints(value);
        boolean isNamed = isTogether && !kind.equals("all");
        Optional<String> group = isNamed ? requiredText(row, "named", "a row of endpoints together") : Optional.of("");
        if (!isTogether) {
            refuse(row, "named", "a row that limits each endpoint alone has no name");
        } else if (!isNamed) {
            refuse(row, "named", "a row for all endpoints has the name of its table");
        }
        return names.flatMap(some -> group.map(name -> new Who(kind, some, isTogether, name)));
    }

    /** Reads the limits of a row of a tier: one, or a list. */
    private List<Limit> limits(Fields row) {
        if (row.has("limit") == row.has("limits")) {
            findings.add(row.node(), "a row of a tier must have one of limit, limits");
            return List.of();
        }
        return row
                .get("limit")
                .map(List::of)
                .orElseGet(() -> row.get("limits")
                        .map(list -> items(list, "the limits of a row"))
                        .orElse(List.of()))
                .stream()
                .flatMap(node -> limit(node).stream())
                .toList();
    }

    /** Reads who the others or all are: each alone, or all together. */
    private boolean isTogether(String kind, Node node) {
        String word = node instanceof ScalarNode scalar ? scalar.getValue() : "";
        if (!word.equals("each") && !word.equals("together")) {
            findings.add(node, kind + " must be \"each\" or \"together\"");
        }
        return word.equals("together");
    }

    private boolean isTrue(Node node) {
        boolean isPlain = node instanceof ScalarNode scalar && scalar.isPlain();
        String word = isPlain ? ((ScalarNode) node).getValue() : "";
        if (!word.equals("true") && !word.equals("false")) {
            findings.add(node, "shadow must be true or false");
        }
        return word.equals("true");
    }

    /** Returns the endpoints of a row, or empty where something was found. */
    private Optional<List<String>> endpoints(Node list) {
        List<Node> items = items(list, "the endpoints of a row");
        List<String> names = names(items, "the name of an endpoint");
        boolean areKnown = true;
        for (int i = 0; i < names.size() && names.size() == items.size(); i++) {
            if (known.isPresent() && !isKnown(items.get(i), names.get(i), known.get())) {
                areKnown = false;
                findings.add(
                        items.get(i),
                        (isPattern(names.get(i)) ? "no endpoint matches \"" : "unknown endpoint \"")
                                + Printable.name(names.get(i)) + "\"; known are "
                                + known.get().stream().map(Printable::name).collect(joining(", ")));
            }
        }
        boolean isWhole = !names.isEmpty() && names.size() == items.size();
        return areKnown && isWhole ? Optional.of(names) : Optional.empty();
    }

    /** Tells whether an endpoint is listed, or matches a pattern; true of a pattern that is none, which is found. */
    private boolean isKnown(Node node, String named, Set<String> endpoints) {
        return isPattern(named)
                ? attempt(node, () -> LimitTable.named("pattern").unlimited(named))
                        .map(table -> endpoints.stream().anyMatch(table::names))
                        .orElse(true)
                : endpoints.contains(named);
    }

    private List<String> names(List<Node> items, String what) {
        return items.stream().flatMap(item -> text(item, what).stream()).toList();
    }

    private Optional<Limit> limit(Node node) {
        if (!(node instanceof ScalarNode scalar)) {
            findings.add(node, "a limit must be a text, such as \"20 calls per minute\"");
            return Optional.empty();
        }
        try {
            return Optional.of(Limit.parse(scalar.getValue(), units));
        } catch (LimitFormatException e) {
            String text = Printable.name(scalar.getValue());
            findings.add(node, offset(scalar, e.index()), e.rule() + ": limit=" + text);
            return Optional.empty();
        }
    }

    /** Returns where a character of a text stands, counted from where the text begins; 0 where only that is known. */
    private static int offset(ScalarNode scalar, int index) {
        Mark start = scalar.getStartMark().orElseThrow();
        Mark end = scalar.getEndMark().orElseThrow();
        String value = scalar.getValue();
        int quotes = (end.getColumn() - start.getColumn() - value.codePointCount(0, value.length())) / 2;
        boolean isAsWritten = start.getLine() == end.getLine() && quotes == (scalar.isPlain() ? 0 : 1);
        return isAsWritten ? quotes + value.codePointCount(0, index) : 0;
    }

    private Optional<Node> require(Fields fields, String key, String what) {
        Optional<Node> value = fields.get(key);
        if (value.isEmpty()) {
            findings.add(fields.node(), what + " must have a key \"" + key + '"');
        }
        return value;
    }

    private void refuse(Fields fields, String key, String rule) {
        fields.get(key).ifPresent(value -> findings.add(value, rule));
    }

    private Optional<String> requiredText(Fields fields, String key, String what) {
        return require(fields, key, what).flatMap(value -> text(value, "the " + key + " of " + what));
    }

    /** Returns the items of a list, none where the node is no list. */
    private List<Node> items(Node node, String what) {
        if (node instanceof SequenceNode list) {
            if (list.getValue().isEmpty()) {
                findings.add(node, what + " must be at least one");
            }
            return list.getValue();
        }
        findings.add(node, what + " must be a list, such as [a, b]" + (Fields.isEmpty(node) ? QUOTES : ""));
        return List.of();
    }

    /** Returns a text that every tool reads as one. */
    private Optional<String> text(Node node, String what) {
        if (!(node instanceof ScalarNode scalar)) {
            findings.add(node, what + " must be a text");
            return Optional.empty();
        }
        String value = scalar.getValue();
        if (scalar.isPlain()
                && (value.isEmpty() || NO_TEXT_IN_YAML_1_1.matcher(value).matches())) {
            String shown = value.isEmpty() ? "nothing" : Printable.name(value);
            findings.add(node, what + " must be a text, and " + shown + " is none for some tools" + QUOTES);
            return Optional.empty();
        }
        return Optional.of(value);
    }

    /** Does what the API may refuse, and finds what it says then. */
    private <T> Optional<T> attempt(Node at, Supplier<T> making) {
        try {
            return Optional.of(making.get());
        } catch (IllegalArgumentException e) {
            findings.add(at, String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }
}
