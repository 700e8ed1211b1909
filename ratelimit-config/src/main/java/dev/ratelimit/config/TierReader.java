package dev.ratelimit.config;

import static java.util.stream.Collectors.joining;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.Printable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Reads the tiers of a file from its tree. A method for each kind of mapping; what is wrong is found and reading goes
 * on with what follows, so that one reading finds everything.
 *
 * <p>A file is read while an application starts. What every file has is read by loops and conditions: the first call of
 * each lambda makes a class, and dozens of them took as long as all else that reads a file.
 */
final class TierReader {

    private static final List<String> BUILT_IN = List.of("calls", "characters", "tokens", "usd");

    private final NodeReader nodes;
    private final Findings findings;
    private final Set<Unit> units =
            new LinkedHashSet<>(List.of(Unit.CALLS, Unit.CHARACTERS, Unit.TOKENS, Unit.NANO_USD));

    /** The endpoints that rows may name; empty: any. */
    private Optional<Set<String>> known = Optional.empty();

    /** By the name of a tier: what it says of its members. */
    private final Map<String, List<MemberRow>> members = new HashMap<>();

    /**
     * Which tier the members of a kind have.
     *
     * @param node where it stands
     * @param kind the kind of the members
     * @param tier the name of a tier of the same file
     */
    private record MemberRow(Node node, String kind, String tier) {}

    TierReader(Findings findings) {
        this.nodes = new NodeReader(findings);
        this.findings = findings;
    }

    /** Returns the tiers by name, in the order of the file; of use only if nothing was found. */
    Map<String, Tier> tiers(Node root) {
        Map<String, Tier> tiers = new LinkedHashMap<>();
        Optional<Fields> file = Fields.of(root, "a tier file", List.of("units", "endpoints", "tiers"), nodes);
        if (file.isPresent()) {
            readUnits(file.get());
            readEndpoints(file.get());
            for (Node node : file.get().requireItems("tiers", "a tier file")) {
                Optional<Tier> tier = tier(node);
                if (tier.isPresent() && tiers.putIfAbsent(tier.get().name(), tier.get()) != null) {
                    findings.add(
                            node,
                            "a tier must have a name of its own: "
                                    + Printable.name(tier.get().name()));
                }
            }
        }
        return withMembers(tiers);
    }

    private void readUnits(Fields file) {
        for (Node node : file.items("units", "units")) {
            unit(node);
        }
    }

    private void readEndpoints(Fields file) {
        Optional<Node> list = file.get("endpoints");
        if (list.isPresent()) {
            known = Optional.of(
                    Set.copyOf(nodes.names(nodes.items(list.get(), "endpoints"), "the name of an endpoint")));
            refusePatterns(list.get());
        }
    }

    /** Returns the tiers with those of their members, which may stand before them or behind. */
    private Map<String, Tier> withMembers(Map<String, Tier> tiers) {
        Map<String, Tier> whole = new LinkedHashMap<>(tiers);
        for (Map.Entry<String, Tier> entry : whole.entrySet()) {
            for (MemberRow row : members.getOrDefault(entry.getKey(), List.of())) {
                entry.setValue(with(entry.getValue(), row, tiers));
            }
        }
        return Collections.unmodifiableMap(whole);
    }

    private Tier with(Tier tier, MemberRow row, Map<String, Tier> tiers) {
        Tier each = tiers.get(row.tier);
        if (each == null) {
            findings.add(
                    row.node,
                    "unknown tier \"" + Printable.name(row.tier) + "\"; known are "
                            + tiers.keySet().stream().map(Printable::name).collect(joining(", ")));
        } else if (members.containsKey(row.tier)) {
            findings.add(row.node, "a tier of members must have no members: tier=" + Printable.name(row.tier));
        } else if (tier.members().containsKey(row.kind)) {
            findings.add(row.node, "members of a kind must have one tier: kind=" + row.kind);
        } else {
            return nodes.attempt(row.node, () -> tier.withMember(row.kind, each))
                    .orElse(tier);
        }
        return tier;
    }

    private void refusePatterns(Node list) {
        if (list instanceof SequenceNode endpoints) {
            for (Node item : endpoints.getValue()) {
                if (item instanceof ScalarNode scalar && TableReader.isPattern(scalar.getValue())) {
                    findings.add(item, "endpoints must be names; a row may have the pattern");
                }
            }
        }
    }

    private void unit(Node node) {
        nodes.text(node, "the name of a unit").ifPresent(name -> {
            boolean isNew = !BUILT_IN.contains(name)
                    && nodes.attempt(node, () -> new Unit(name)).map(units::add).orElse(true);
            if (!isNew) {
                findings.add(node, "unit \"" + Printable.name(name) + "\" is known already");
            }
        });
    }

    private Optional<Tier> tier(Node node) {
        List<String> keys = List.of("name", "account", "message", "other-endpoints", "members", "tables", "rows");
        TableReader tableReader = new TableReader(nodes, units, known);
        Optional<Fields> read = Fields.of(node, "a tier", keys, nodes);
        if (read.isEmpty()) {
            return Optional.empty();
        }
        Fields fields = read.get();
        Optional<String> name = fields.requireText("name", "a tier");
        // Where the name is wrong, all else is read all the same, for what is wrong in it.
        Optional<Tier.Builder> named = name.isPresent() ? builder(node, name.get()) : Optional.empty();
        Tier.Builder tier = named.orElse(Tier.named("tier"));
        Optional<String> account = fields.text("account", "an account");
        Optional<String> message = fields.text("message", "a message");
        for (Node item : fields.items("tables", "tables")) {
            Optional<LimitTable> table = tableReader.table(item);
            if (table.isPresent()) {
                add(tier, item, table.get());
            }
        }
        Optional<Node> rows = fields.get("rows");
        if (rows.isPresent()) {
            for (LimitTable table : tableReader.rows(rows.get())) {
                add(tier, rows.get(), table);
            }
        }
        Optional<Node> ofMembers = fields.get("members");
        List<MemberRow> memberRows = ofMembers.isPresent() ? memberRows(ofMembers.get()) : List.of();
        if (name.isPresent() && !memberRows.isEmpty()) {
            members.putIfAbsent(name.get(), memberRows);
        }
        Optional<Node> others = fields.get("other-endpoints");
        if (others.isPresent() && isRefused(others.get())) {
            tier.refuseOtherEndpoints();
        }
        if (message.isPresent()) {
            tier.message(message.get());
        }
        if (account.isPresent()) {
            setAccount(tier, node, account.get());
        }
        return named.isPresent() ? built(tier, node) : Optional.empty();
    }

    private Optional<Tier.Builder> builder(Node at, String name) {
        try {
            return Optional.of(Tier.named(name));
        } catch (IllegalArgumentException e) {
            return nodes.refused(at, e);
        }
    }

    private void add(Tier.Builder tier, Node at, LimitTable table) {
        try {
            tier.table(table);
        } catch (IllegalArgumentException e) {
            nodes.refused(at, e);
        }
    }

    private void setAccount(Tier.Builder tier, Node at, String account) {
        try {
            tier.account(account);
        } catch (IllegalArgumentException e) {
            nodes.refused(at, e);
        }
    }

    private Optional<Tier> built(Tier.Builder tier, Node at) {
        try {
            return Optional.of(tier.build());
        } catch (IllegalArgumentException e) {
            return nodes.refused(at, e);
        }
    }

    private List<MemberRow> memberRows(Node list) {
        List<MemberRow> rows = new ArrayList<>();
        for (Node node : nodes.items(list, "members")) {
            Optional<Fields> fields = Fields.of(node, "members", List.of("kind", "tier"), nodes);
            if (fields.isPresent()) {
                Optional<String> kind = fields.get().requireText("kind", "members");
                Optional<String> tier = fields.get().requireText("tier", "members");
                if (kind.isPresent() && tier.isPresent()) {
                    rows.add(new MemberRow(node, kind.get(), tier.get()));
                }
            }
        }
        return rows;
    }

    private boolean isRefused(Node node) {
        boolean isRefused =
                node instanceof ScalarNode scalar && scalar.getValue().equals("refused");
        if (!isRefused) {
            findings.add(node, "other-endpoints must be \"refused\", or not be stated");
        }
        return isRefused;
    }
}
