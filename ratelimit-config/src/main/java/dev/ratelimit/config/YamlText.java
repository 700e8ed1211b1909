package dev.ratelimit.config;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionEndEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.parser.Parser;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * A text of YAML or JSON. It is one document of a bounded size and depth, without tags and aliases, which a file of
 * tiers needs nowhere.
 *
 * <p>The bounds are checked on the stream of events, before the tree is built: a hostile text makes no deep recursion
 * and no large tree.
 */
final class YamlText {

    /** The longest text, in UTF-16 units. */
    static final int MAX_LENGTH = 1 << 20;

    /** The deepest nesting of lists and mappings; a tier file needs seven. */
    static final int MAX_DEPTH = 20;

    /** The most scalars, lists and mappings. */
    static final int MAX_NODES = 100_000;

    /** What ends a line for some tools only, and what stands for another character while JSON is read. */
    private static final String UNFIT = "\u0085\u2028\u2029" + JsonParser.ESCAPE;

    private YamlText() {}

    /** Returns the root of a text, or empty where something was found. */
    static Optional<Node> compose(String text, Findings findings) {
        if (text.length() > MAX_LENGTH) {
            findings.add(1, 1, "a tier file has at most " + MAX_LENGTH + " characters");
            return Optional.empty();
        }
        if (!hasFitCharacters(text, findings)) {
            return Optional.empty();
        }
        LoaderOptions options = new LoaderOptions();
        try {
            if (!isWithinBounds(JsonParser.of(text, options), findings)) {
                return Optional.empty();
            }
            Composer composer = new Composer(JsonParser.of(text, options), new Resolver(), options);
            Optional<Node> root = Optional.ofNullable(composer.getSingleNode());
            if (root.isEmpty()) {
                findings.add(1, 1, "the file is empty: it must have a key \"tiers\"");
            }
            return root;
        } catch (MarkedYAMLException e) {
            findings.add(e.getProblemMark(), "no YAML: " + e.getProblem());
        } catch (NumberFormatException e) { // of an escape that ends too early, or stands for no character
            findings.add(1, 1, "no YAML: an escape must have all its digits and stand for a character");
        } catch (YAMLException e) {
            findings.add(1, 1, "no YAML: " + e.getMessage());
        }
        return Optional.empty();
    }

    private static boolean hasFitCharacters(String text, Findings findings) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < text.length(); i = text.offsetByCodePoints(i, 1)) {
            int c = text.codePointAt(i);
            if (!StreamReader.isPrintable(c) || UNFIT.indexOf(c) >= 0) {
                findings.add(line, column, String.format("no YAML: this character must be written as \"\\u%04x\"", c));
                return false;
            }
            boolean endsLine = c == '\n' || (c == '\r' && !text.startsWith("\n", i + 1));
            line += endsLine ? 1 : 0;
            column = endsLine ? 1 : c == '\uFEFF' ? column : column + 1;
        }
        return true;
    }

    private static boolean isWithinBounds(Parser events, Findings findings) {
        boolean holds = true;
        int depth = 0;
        int nodes = 0;
        int documents = 0;
        while (events.peekEvent() != null) {
            Event event = events.getEvent();
            String broken = null;
            if (event instanceof DocumentStartEvent && ++documents > 1) {
                broken = "a tier file is one document";
            } else if (event instanceof CollectionEndEvent) {
                depth--;
            } else if (event instanceof NodeEvent node) {
                broken = brokenBy(node);
                if (++nodes > MAX_NODES) {
                    findings.add(event.getStartMark(), "a tier file has at most " + MAX_NODES + " values");
                    return false;
                }
                if (event instanceof CollectionStartEvent && ++depth > MAX_DEPTH) {
                    findings.add(event.getStartMark(), "lists and mappings are at most " + MAX_DEPTH + " deep");
                    return false;
                }
            }
            if (broken != null) {
                findings.add(event.getStartMark(), broken);
                holds = false;
            }
        }
        return holds;
    }

    private static @Nullable String brokenBy(NodeEvent event) {
        if (event instanceof AliasEvent) {
            return "a tier file has no aliases: put a text that begins with * in quotes";
        } else if (event.getAnchor() != null) {
            return "a tier file has no anchors: state the value itself";
        }
        boolean tagged = event instanceof ScalarEvent scalar
                ? scalar.getTag() != null
                : event instanceof CollectionStartEvent start && start.getTag() != null;
        return tagged ? "a tier file has no tags" : null;
    }
}
