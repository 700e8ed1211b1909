package dev.ratelimit.spring.boot;

import dev.ratelimit.Tier;
import dev.ratelimit.config.TierFile;
import dev.ratelimit.config.TierFileError;
import dev.ratelimit.config.TierFileException;
import dev.ratelimit.spi.Printable;
import dev.ratelimit.spring.boot.TierProperties.Members;
import dev.ratelimit.spring.boot.TierProperties.Row;
import dev.ratelimit.spring.boot.TierProperties.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads tiers of {@code application.yml}. Boot binds their texts; they are written as a tier file, which is read as any
 * other. So a tier means the same here and there. Each line of the text is of one property, by which an error finds its
 * way back.
 *
 * <p>Boot takes more for a text than a tier file does: the truth value that YAML 1.1 makes of {@code on}, a number, and
 * a text with commas for a list. All of these are refused here as they are there, by what stands in the source.
 */
final class InlineTiers {

    private static final String ROOT = "ratelimit";

    private final Function<String, @Nullable Object> sources;
    private final Findings findings;
    private final StringBuilder text = new StringBuilder();
    private final List<String> properties = new ArrayList<>();

    private InlineTiers(Function<String, @Nullable Object> sources, Findings findings) {
        this.sources = sources;
        this.findings = findings;
    }

    /**
     * Reads tiers.
     *
     * @param bound what Boot has bound
     * @param sources gives what stands in a source for a property, null if nothing does
     * @param findings takes what is wrong
     * @return the tiers by name; of use only if nothing was found
     */
    static Map<String, Tier> read(
            RateLimitProperties bound, Function<String, @Nullable Object> sources, Findings findings) {
        return new InlineTiers(sources, findings).read(bound);
    }

    private Map<String, Tier> read(RateLimitProperties bound) {
        line(ROOT, "{");
        texts("units", ROOT + ".units", bound.units());
        texts("endpoints", ROOT + ".endpoints", bound.endpoints());
        list("tiers", ROOT + ".tiers", bound.tiers(), this::tier);
        line(ROOT, "}");
        try {
            return TierFile.parse(text.toString()).tiers();
        } catch (TierFileException e) {
            for (TierFileError error : e.errors()) {
                findings.add(properties.get(error.line() - 1), error.rule());
            }
            return Map.of();
        }
    }

    private void tier(String at, TierProperties tier) {
        line(at, "{");
        text("name", at + ".name", tier.name());
        text("account", at + ".account", tier.account());
        text("message", at + ".message", tier.message());
        text("other-endpoints", at + ".other-endpoints", tier.otherEndpoints());
        list("members", at + ".members", orNull(tier.members()), this::members);
        list("tables", at + ".tables", orNull(tier.tables()), this::table);
        list("rows", at + ".rows", orNull(tier.rows()), this::row);
        line(at, "},");
    }

    private void members(String at, Members members) {
        line(at, "{");
        text("kind", at + ".kind", members.kind());
        text("tier", at + ".tier", members.tier());
        line(at, "},");
    }

    private void table(String at, Table table) {
        line(at, "{");
        text("name", at + ".name", table.name());
        line(at + ".shadow", "shadow: " + table.shadow() + ",");
        list("rows", at + ".rows", orNull(table.rows()), this::row);
        line(at, "},");
    }

    private void row(String at, Row row) {
        line(at, "{");
        texts("each", at + ".each", row.each());
        texts("together", at + ".together", row.together());
        text("others", at + ".others", row.others());
        text("all", at + ".all", row.all());
        texts("unlimited", at + ".unlimited", row.unlimited());
        text("named", at + ".named", row.named());
        text("limit", at + ".limit", row.limit());
        texts("limits", at + ".limits", row.limits());
        line(at, "},");
    }

    private static <T> @Nullable List<T> orNull(List<T> list) {
        return list.isEmpty() ? null : list;
    }

    private <T> void list(String key, String at, @Nullable List<T> items, BiConsumer<String, T> writer) {
        if (items == null) {
            return;
        }
        refuseScalar(at);
        line(at, key + ": [");
        for (int i = 0; i < items.size(); i++) {
            writer.accept(at + '[' + i + ']', items.get(i));
        }
        line(at, "],");
    }

    private void texts(String key, String at, @Nullable List<String> items) {
        list(key, at, items, (item, value) -> {
            refuseNoText(item);
            line(item, quoted(value) + ",");
        });
    }

    private void text(String key, String at, @Nullable String value) {
        if (value != null) {
            refuseNoText(at);
            line(at, key + ": " + quoted(value) + ",");
        }
    }

    private void refuseScalar(String at) {
        if (sources.apply(at) instanceof CharSequence scalar && !scalar.isEmpty()) {
            findings.add(at, "must be a list, such as [a, b]");
        }
    }

    private void refuseNoText(String at) {
        Object source = sources.apply(at);
        if (source instanceof Boolean || source instanceof Number) {
            findings.add(at, "must be a text, and " + source + " is none for some tools: put the text in quotes");
        }
    }

    private void line(String property, String line) {
        text.append(line).append('\n');
        properties.add(property);
    }

    /** Returns a text in double quotes, on one line. */
    private static String quoted(String value) {
        StringBuilder quoted = new StringBuilder("\"");
        value.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
            } else if (Printable.isPrintable(c) || c > 0xFFFF) {
                quoted.appendCodePoint(c);
            } else {
                quoted.append(String.format("\\u%04x", c));
            }
        });
        return quoted.append('"').toString();
    }
}
