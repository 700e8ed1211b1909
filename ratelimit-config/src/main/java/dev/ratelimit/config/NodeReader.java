package dev.ratelimit.config;

import dev.ratelimit.spi.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Reads the nodes of a tree: mappings, lists and texts. What is wrong with one is found, and nothing is returned. */
final class NodeReader {

    /** What YAML 1.1, and with it many tools, reads as no text: truth values, nothing, numbers, times, dates. */
    private static final Pattern NO_TEXT_IN_YAML_1_1 = Pattern.compile(
            "y|n|yes|no|on|off|true|false|null|~|=|<<|[-+]?\\.(inf|nan)|0x[0-9a-f_]+|0b[01_]+|0o[0-7]+"
                    + "|[-+]?\\.?[0-9][0-9_,.:]*(e[-+]?[0-9]+)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t ].*)?",
            Pattern.CASE_INSENSITIVE);

    private static final String QUOTES = ": put the text in quotes";

    final Findings findings;

    NodeReader(Findings findings) {
        this.findings = findings;
    }

    /** Returns the items of a list, none where the node is no list. */
    List<Node> items(Node node, String what) {
        if (node instanceof SequenceNode list) {
            if (list.getValue().isEmpty()) {
                findings.add(node, what + " must be at least one");
            }
            return list.getValue();
        }
        findings.add(node, what + " must be a list, such as [a, b]" + (isEmpty(node) ? QUOTES : ""));
        return List.of();
    }

    /** Tells whether a key has no value. */
    static boolean isEmpty(Node node) {
        return node instanceof ScalarNode scalar
                && scalar.isPlain()
                && scalar.getValue().isEmpty();
    }

    /** Returns a text that every tool reads as one. */
    Optional<String> text(Node node, String what) {
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

    /** Returns the texts among the items of a list. */
    List<String> names(List<Node> items, String what) {
        List<String> names = new ArrayList<>();
        for (Node item : items) {
            Optional<String> name = text(item, what);
            if (name.isPresent()) {
                names.add(name.get());
            }
        }
        return names;
    }

    /** Does what the API may refuse, and finds what it says then. Of what few files have. */
    <T> Optional<T> attempt(Node at, Supplier<T> making) {
        try {
            return Optional.of(making.get());
        } catch (IllegalArgumentException e) {
            return refused(at, e);
        }
    }

    /** Finds what the API says. */
    <T> Optional<T> refused(Node at, IllegalArgumentException refusal) {
        findings.add(at, String.valueOf(refusal.getMessage()));
        return Optional.empty();
    }
}
