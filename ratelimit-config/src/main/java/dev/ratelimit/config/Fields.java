package dev.ratelimit.config;

import static java.util.stream.Collectors.joining;

import dev.ratelimit.spi.Printable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** The entries of a mapping: each of a known key, stated once. */
final class Fields {

    private final MappingNode mapping;
    private final NodeReader reader;
    private final Findings findings;
    private final Map<String, Node> values = new HashMap<>();

    private Fields(MappingNode mapping, NodeReader reader) {
        this.mapping = mapping;
        this.reader = reader;
        this.findings = reader.findings;
    }

    /** Reads a mapping, or finds that the node is none. Keys that are not known or repeated are found, too. */
    static Optional<Fields> of(Node node, String what, List<String> known, NodeReader reader) {
        if (!(node instanceof MappingNode mapping)) {
            reader.findings.add(node, what + " must be a mapping of " + listed(known));
            return Optional.empty();
        }
        Fields fields = new Fields(mapping, reader);
        for (NodeTuple entry : mapping.getValue()) {
            fields.add(entry, what, known);
        }
        return Optional.of(fields);
    }

    private void add(NodeTuple entry, String what, List<String> known) {
        Node key = entry.getKeyNode();
        Node value = entry.getValueNode();
        if (!(key instanceof ScalarNode scalar)) {
            findings.add(key, "a key must be a word");
        } else if (!known.contains(scalar.getValue())) {
            String name = Printable.name(scalar.getValue());
            findings.add(
                    key,
                    isCutOff(scalar, value)
                            ? "unknown key \"" + name
                                    + "\"; if it belongs to the text before it, put that text in quotes"
                            : "unknown key \"" + name + "\" of " + what + "; known are " + listed(known));
        } else if (values.putIfAbsent(scalar.getValue(), value) != null) {
            findings.add(key, "the key \"" + scalar.getValue() + "\" must be stated once");
        }
    }

    /** Tells whether an entry looks like the rest of an unquoted text with a comma, as of {@code 3,000 calls}. */
    private static boolean isCutOff(ScalarNode key, Node value) {
        boolean isDigits =
                !key.getValue().isEmpty() && Character.isDigit(key.getValue().charAt(0));
        return isDigits || NodeReader.isEmpty(value);
    }

    private static String listed(List<String> known) {
        return known.stream().sorted().collect(joining(", "));
    }

    /** Returns the mapping itself, as a place. */
    Node node() {
        return mapping;
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    Optional<Node> get(String key) {
        return Optional.ofNullable(values.get(key));
    }

    /** Returns the value of a key that must be there. */
    Optional<Node> require(String key, String what) {
        Optional<Node> value = get(key);
        if (value.isEmpty()) {
            findings.add(mapping, what + " must have a key \"" + key + '"');
        }
        return value;
    }

    void refuse(String key, String rule) {
        Optional<Node> value = get(key);
        if (value.isPresent()) {
            findings.add(value.get(), rule);
        }
    }

    Optional<String> requireText(String key, String what) {
        Optional<Node> value = require(key, what);
        return value.isPresent() ? reader.text(value.get(), "the " + key + " of " + what) : Optional.empty();
    }

    Optional<String> text(String key, String what) {
        Optional<Node> value = get(key);
        return value.isPresent() ? reader.text(value.get(), what) : Optional.empty();
    }

    /** Returns the items of a list that must be there. */
    List<Node> requireItems(String key, String what) {
        require(key, what);
        return items(key, key);
    }

    /** Returns the items of a list that may be left out. */
    List<Node> items(String key, String what) {
        Optional<Node> list = get(key);
        return list.isPresent() ? reader.items(list.get(), what) : List.of();
    }
}
