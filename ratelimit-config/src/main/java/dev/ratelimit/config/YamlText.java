package dev.ratelimit.config;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.parser.Parser;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * A text of YAML 1.2, of which JSON is a part. It is one document of a bounded size and depth, without tags and
 * aliases, which a file of tiers needs nowhere.
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

    private YamlText() {}

    /** Returns the root of a text, or empty where something was found. */
    static Optional<Node> compose(String text, Findings findings) {
        if (text.length() > MAX_LENGTH) {
            findings.add(1, 1, "a tier file has at most " + MAX_LENGTH + " characters");
            return Optional.empty();
        }
        LoadSettings settings = LoadSettings.builder()
                .setCodePointLimit(MAX_LENGTH)
                .setAllowDuplicateKeys(true) // all of them are found together, not the first
                .build();
        try {
            if (!isWithinBounds(parser(settings, text), findings)) {
                return Optional.empty();
            }
            Optional<Node> root = new Composer(settings, parser(settings, text)).getSingleNode();
            if (root.isEmpty()) {
                findings.add(1, 1, "the file is empty: it must have a key \"tiers\"");
            }
            return root;
        } catch (MarkedYamlEngineException e) {
            Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
            mark.ifPresentOrElse(
                    where -> findings.add(where, "no YAML: " + e.getProblem()),
                    () -> findings.add(1, 1, "no YAML: " + e.getProblem()));
        } catch (YamlEngineException e) {
            findings.add(1, 1, "no YAML: " + e.getMessage());
        }
        return Optional.empty();
    }

    private static Parser parser(LoadSettings settings, String text) {
        return new ParserImpl(settings, new StreamReader(settings, text));
    }

    private static boolean isWithinBounds(Parser events, Findings findings) {
        boolean holds = true;
        int depth = 0;
        int nodes = 0;
        int documents = 0;
        while (events.hasNext()) {
            Event event = events.next();
            String broken = null;
            if (event instanceof DocumentStartEvent && ++documents > 1) {
                broken = "a tier file is one document";
            } else if (event instanceof CollectionEndEvent) {
                depth--;
            } else if (event instanceof NodeEvent node) {
                broken = brokenBy(node);
                if (++nodes > MAX_NODES) {
                    findings.add(mark(event), "a tier file has at most " + MAX_NODES + " values");
                    return false;
                }
                if (event instanceof CollectionStartEvent && ++depth > MAX_DEPTH) {
                    findings.add(mark(event), "lists and mappings are at most " + MAX_DEPTH + " deep");
                    return false;
                }
            }
            if (broken != null) {
                findings.add(mark(event), broken);
                holds = false;
            }
        }
        return holds;
    }

    private static @Nullable String brokenBy(NodeEvent event) {
        if (event.getEventId() == Event.ID.Alias) {
            return "a tier file has no aliases: put a text that begins with * in quotes";
        } else if (event.getAnchor().isPresent()) {
            return "a tier file has no anchors: state the value itself";
        }
        boolean tagged = event instanceof ScalarEvent scalar
                ? scalar.getTag().isPresent()
                : event instanceof CollectionStartEvent start && start.getTag().isPresent();
        return tagged ? "a tier file has no tags" : null;
    }

    private static Mark mark(Event event) {
        return event.getStartMark().orElseThrow();
    }
}
