package dev.ratelimit.config;

import static java.util.stream.Collectors.joining;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitFormatException;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.Printable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** Reads the tables of a tier and their rows. */
final class TableReader {

    /** The keys that say whom a row is for; a row has one of them. */
    private static final List<String> KINDS_OF_ROW = List.of("each", "together", "others", "all", "unlimited");

    private static final List<String> KEYS_OF_ROW =
            List.of("each", "together", "others", "all", "unlimited", "named", "limit", "limits");

    private final NodeReader nodes;
    private final Findings findings;
    private final Set<Unit> units;

    /** The endpoints that rows may name; empty: any. */
    private final Optional<Set<String>> known;

    TableReader(NodeReader nodes, Set<Unit> units, Optional<Set<String>> known) {
        this.nodes = nodes;
        this.findings = nodes.findings;
        this.units = units;
        this.known = known;
    }

    /**
     * Reads the rows of a tier, each of one limit or of several. A limit goes to the table that is named after it.
     * Endpoints that a row names are not among the others of another row, in whichever table.
     */
    Collection<LimitTable> rows(Node list) {
        Map<String, LimitTable> tables = new LinkedHashMap<>();
        Set<String> named = new LinkedHashSet<>();
        Set<String> unlimited = new LinkedHashSet<>();
        for (Node node : nodes.items(list, "rows")) {
            Optional<Fields> row = Fields.of(node, "a row", KEYS_OF_ROW, nodes);
            Optional<Who> read = row.isPresent() ? who(row.get()) : Optional.empty();
            if (row.isEmpty() || read.isEmpty()) {
                continue;
            }
            Who who = read.get();
            named.addAll(who.endpoints);
            if (who.isUnlimited()) {
                unlimited.addAll(who.endpoints);
            }
            for (Limit limit : who.isUnlimited() ? List.<Limit>of() : limits(row.get())) {
                LimitTable empty = LimitTable.namedAfter(limit);
                LimitTable table = tables.getOrDefault(empty.name(), empty);
                tables.put(table.name(), longer(table, node, who, limit).orElse(table));
            }
        }
        for (Map.Entry<String, LimitTable> table : tables.entrySet()) {
            table.setValue(withUnlimited(table.getValue(), named, unlimited));
        }
        if (tables.isEmpty() && !unlimited.isEmpty()) {
            findings.add(list, "rows must have a limit");
        }
        return tables.values();
    }

    /** Returns a table whose rows for others leave out what rows of other tables name. */
    private static LimitTable withUnlimited(LimitTable table, Set<String> named, Set<String> unlimited) {
        boolean hasOthers = false;
        for (LimitTable.Row row : table.rows()) {
            hasOthers |= row.isForOthers() && !row.isForAll();
        }
        Set<String> more = new LinkedHashSet<>(hasOthers ? named : unlimited);
        for (LimitTable.Row row : table.rows()) {
            more.removeAll(row.endpoints());
            more.removeAll(row.patterns());
        }
        return more.isEmpty() ? table : table.unlimited(more.toArray(new String[0]));
    }

    Optional<LimitTable> table(Node node) {
        Optional<Fields> fields = Fields.of(node, "a table", List.of("name", "shadow", "rows"), nodes);
        if (fields.isEmpty()) {
            return Optional.empty();
        }
        Optional<Node> shadow = fields.get().get("shadow");
        boolean isShadow = shadow.isPresent() && isTrue(shadow.get());
        Optional<String> name = fields.get().requireText("name", "a table");
        Optional<LimitTable> empty = name.isPresent() ? emptyTable(node, name.get()) : Optional.empty();
        // Where the name is wrong, the rows are read all the same, for what is wrong in them.
        LimitTable table = empty.orElse(LimitTable.named("table"));
        for (Node row : fields.get().requireItems("rows", "a table")) {
            table = row(table, row);
        }
        return empty.isEmpty() ? empty : Optional.of(isShadow ? table.asShadow() : table);
    }

    private Optional<LimitTable> emptyTable(Node at, String name) {
        try {
            return Optional.of(LimitTable.named(name));
        } catch (IllegalArgumentException e) {
            return nodes.refused(at, e);
        }
    }

    /** Returns the table with a row more, or as it is if the row is wrong. */
    private LimitTable row(LimitTable table, Node node) {
        Optional<Fields> row = Fields.of(node, "a row", KEYS_OF_ROW, nodes);
        return row.isPresent() ? longer(table, row.get()).orElse(table) : table;
    }

    private Optional<LimitTable> longer(LimitTable table, Fields row) {
        row.refuse("limits", "a row of a table has one limit; a row of a tier may have several");
        Optional<Who> who = who(row);
        if (who.isPresent() && who.get().isUnlimited()) {
            return unlimited(table, row.node(), who.get());
        }
        boolean hasLimit = kinds(row).size() == 1 && !row.has("unlimited");
        Optional<Node> text = hasLimit ? row.require("limit", "a row") : Optional.empty();
        Optional<Limit> limit = text.isPresent() ? limit(text.get()) : Optional.empty();
        return who.isPresent() && limit.isPresent()
                ? longer(table, row.node(), who.get(), limit.get())
                : Optional.empty();
    }

    private Optional<LimitTable> unlimited(LimitTable table, Node at, Who who) {
        try {
            return Optional.of(table.unlimited(who.names()));
        } catch (IllegalArgumentException e) {
            return nodes.refused(at, e);
        }
    }

    private Optional<LimitTable> longer(LimitTable table, Node at, Who who, Limit limit) {
        try {
            return Optional.of(longer(table, who, limit));
        } catch (IllegalArgumentException e) {
            return nodes.refused(at, e);
        }
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

    /** Returns the keys of a row that say whom it is for. */
    private static List<String> kinds(Fields row) {
        List<String> kinds = new ArrayList<>();
        for (String kind : KINDS_OF_ROW) {
            if (row.has(kind)) {
                kinds.add(kind);
            }
        }
        return kinds;
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
        List<String> kinds = kinds(row);
        if (kinds.size() != 1) {
            findings.add(row.node(), "a row must have one of " + String.join(", ", KINDS_OF_ROW));
            return Optional.empty();
        }
        String kind = kinds.get(0);
        Node value = row.get(kind).orElseThrow();
        if (kind.equals("unlimited")) {
            row.refuse("limit", "an unlimited row has no limit");
            row.refuse("limits", "an unlimited row has no limit");
            row.refuse("named", "an unlimited row has no name");
            Optional<List<String>> names = endpoints(value);
            return names.isPresent() ? Optional.of(new Who(kind, names.get(), false, "")) : Optional.empty();
        }
        boolean isForOthers = kind.equals("others") || kind.equals("all");
        boolean isTogether = isForOthers ? isTogether(kind, value) : kind.equals("together");
        Optional<List<String>> names = isForOthers ? Optional.of(List.of()) : endpoints(value);
        boolean isNamed = isTogether && !kind.equals("all");
        Optional<String> group = isNamed ? row.requireText("named", "a row of endpoints together") : Optional.of("");
        if (!isTogether) {
            row.refuse("named", "a row that limits each endpoint alone has no name");
        } else if (!isNamed) {
            row.refuse("named", "a row for all endpoints has the name of its table");
        }
        return names.isPresent() && group.isPresent()
                ? Optional.of(new Who(kind, names.get(), isTogether, group.get()))
                : Optional.empty();
    }

    /** Reads the limits of a row of a tier: one, or a list. */
    private List<Limit> limits(Fields row) {
        if (row.has("limit") == row.has("limits")) {
            findings.add(row.node(), "a row of a tier must have one of limit, limits");
            return List.of();
        }
        List<Limit> limits = new ArrayList<>();
        for (Node node : row.has("limit")
                ? List.of(row.get("limit").orElseThrow())
                : row.items("limits", "the limits of a row")) {
            Optional<Limit> limit = limit(node);
            if (limit.isPresent()) {
                limits.add(limit.get());
            }
        }
        return limits;
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
        List<Node> items = nodes.items(list, "the endpoints of a row");
        List<String> names = nodes.names(items, "the name of an endpoint");
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
                ? nodes.attempt(node, () -> LimitTable.named("pattern").unlimited(named))
                        .map(table -> endpoints.stream().anyMatch(table::names))
                        .orElse(true)
                : endpoints.contains(named);
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
        Mark start = scalar.getStartMark();
        Mark end = scalar.getEndMark();
        String value = scalar.getValue();
        int added = end.getColumn() - start.getColumn() - value.codePointCount(0, value.length());
        int quotes = scalar.isPlain() ? 0 : 2;
        boolean isAsWritten = start.getLine() == end.getLine() && added == quotes;
        return isAsWritten ? quotes / 2 + value.codePointCount(0, index) : 0;
    }

    static boolean isPattern(String named) {
        return named.indexOf('*') >= 0;
    }
}
