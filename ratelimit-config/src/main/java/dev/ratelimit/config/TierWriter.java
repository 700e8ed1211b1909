package dev.ratelimit.config;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** Writes tiers as a tier file: a row a line, every text in double quotes. */
final class TierWriter {

    private static final Set<Unit> BUILT_IN = Set.of(Unit.CALLS, Unit.CHARACTERS, Unit.TOKENS, Unit.NANO_USD);

    private TierWriter() {}

    static String text(Collection<Tier> tiers) {
        DumperOptions options = new DumperOptions();
        options.setSplitLines(false); // one row a line, however long
        options.setIndicatorIndent(2);
        options.setIndentWithIndicator(true);
        StringWriter text = new StringWriter();
        new Yaml(options).serialize(file(tiers), text);
        return text.toString();
    }

    private static Node file(Collection<Tier> tiers) {
        List<NodeTuple> entries = new ArrayList<>();
        List<Node> units = tiers.stream()
                .flatMap(tier -> tier.tables().stream())
                .flatMap(table -> table.rows().stream())
                .flatMap(row -> row.limit().stream())
                .map(limit -> limit.unit())
                .filter(unit -> !BUILT_IN.contains(unit))
                .distinct()
                .map(unit -> text(unit.name()))
                .toList();
        if (!units.isEmpty()) {
            entries.add(entry("units", list(units, FlowStyle.FLOW)));
        }
        entries.add(entry("tiers", list(tiers.stream().map(TierWriter::tier).toList(), FlowStyle.BLOCK)));
        return mapping(entries, FlowStyle.BLOCK);
    }

    private static Node tier(Tier tier) {
        List<NodeTuple> entries = new ArrayList<>();
        entries.add(entry("name", text(tier.name())));
        if (!tier.account().equals(Tier.DEFAULT_ACCOUNT)) {
            entries.add(entry("account", text(tier.account())));
        }
        if (!tier.message().isEmpty()) {
            entries.add(entry("message", text(tier.message())));
        }
        if (tier.refusesOtherEndpoints()) {
            entries.add(entry("other-endpoints", word("refused")));
        }
        if (!tier.members().isEmpty()) {
            List<Node> members = new ArrayList<>();
            tier.members()
                    .forEach((kind, each) -> members.add(mapping(
                            List.of(entry("kind", text(kind)), entry("tier", text(each.name()))), FlowStyle.FLOW)));
            entries.add(entry("members", list(members, FlowStyle.BLOCK)));
        }
        if (!tier.tables().isEmpty()) {
            List<Node> tables = tier.tables().stream().map(TierWriter::table).toList();
            entries.add(entry("tables", list(tables, FlowStyle.BLOCK)));
        }
        return mapping(entries, FlowStyle.BLOCK);
    }

    private static Node table(LimitTable table) {
        List<NodeTuple> entries = new ArrayList<>();
        entries.add(entry("name", text(table.name())));
        if (table.isShadow()) {
            entries.add(entry("shadow", word("true")));
        }
        List<Node> rows = table.rows().stream().map(TierWriter::row).toList();
        entries.add(entry("rows", list(rows, rows.isEmpty() ? FlowStyle.FLOW : FlowStyle.BLOCK)));
        return mapping(entries, FlowStyle.BLOCK);
    }

    private static Node row(LimitTable.Row row) {
        List<NodeTuple> entries = new ArrayList<>();
        boolean isTogether = row.group().isPresent();
        if (row.isForOthers()) {
            entries.add(entry(row.isForAll() ? "all" : "others", word(isTogether ? "together" : "each")));
        } else {
            String kind = row.limit().isEmpty() ? "unlimited" : isTogether ? "together" : "each";
            List<Node> names = Stream.concat(row.endpoints().stream(), row.patterns().stream())
                    .map(TierWriter::text)
                    .toList();
            entries.add(entry(kind, list(names, FlowStyle.FLOW)));
        }
        row.group()
                .filter(group -> !row.isForAll())
                .map(Scope::name)
                .ifPresent(name -> entries.add(entry("named", text(name))));
        row.limit().ifPresent(limit -> entries.add(entry("limit", text(limit.toString()))));
        return mapping(entries, FlowStyle.FLOW);
    }

    private static NodeTuple entry(String key, Node value) {
        return new NodeTuple(word(key), value);
    }

    private static Node mapping(List<NodeTuple> entries, FlowStyle style) {
        return new MappingNode(Tag.MAP, entries, style);
    }

    private static Node list(List<Node> items, FlowStyle style) {
        return new SequenceNode(Tag.SEQ, items, style);
    }

    private static Node text(String text) {
        return new ScalarNode(Tag.STR, text, null, null, ScalarStyle.DOUBLE_QUOTED);
    }

    private static Node word(String word) {
        return new ScalarNode(word.equals("true") ? Tag.BOOL : Tag.STR, word, null, null, ScalarStyle.PLAIN);
    }
}
