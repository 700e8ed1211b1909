package dev.ratelimit.micrometer;

import dev.ratelimit.spi.Printable;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.DoubleAdder;

/**
 * Sums by meter and tags, which are registered as counters with each registry that is bound: those there are, and later
 * ones when they are made. Sums are exact up to 2<sup>53</sup>, and never fall.
 *
 * <p>A tag has at most {@value #MAX_VALUES} values, {@value #NONE} included; {@value #OTHER} stands for all further
 * ones.
 *
 * <p>Safe for use by many threads. To make a counter takes a lock; to add to one does not.
 */
final class Counters {

    /** The most values of a tag, besides {@value #OTHER}. */
    static final int MAX_VALUES = 100;

    /** The value of a tag that does not apply. */
    static final String NONE = "none";

    static final String OTHER = "other";

    /** What is counted, by the name and the description of its meter. */
    record Name(String text, String description) {}

    private record Id(Name name, Tags tags) {}

    private final Tags common;
    private final Map<Id, DoubleAdder> sums = new HashMap<>();
    private final Map<String, Set<String>> values = new HashMap<>();
    private final List<MeterRegistry> registries = new ArrayList<>();

    /**
     * Makes counters.
     *
     * @param common tags of all of them
     */
    Counters(Tags common) {
        this.common = common;
    }

    /** Registers all counters, and later ones when they are made. */
    synchronized void bindTo(MeterRegistry registry) {
        registries.add(registry);
        sums.forEach((id, sum) -> register(registry, id, sum));
    }

    /**
     * Returns the sum of a counter, the same for the same tags.
     *
     * @param name the meter
     * @param tags keys and values by turns
     */
    synchronized DoubleAdder of(Name name, String... tags) {
        Tags bounded = common;
        for (int i = 0; i < tags.length; i += 2) {
            bounded = bounded.and(Tag.of(tags[i], bounded(tags[i], tags[i + 1])));
        }
        Id id = new Id(name, bounded);
        DoubleAdder known = sums.get(id);
        if (known != null) {
            return known;
        }
        DoubleAdder sum = new DoubleAdder();
        sums.put(id, sum);
        registries.forEach(registry -> register(registry, id, sum));
        return sum;
    }

    private String bounded(String tag, String value) {
        String printable = value.isBlank() ? NONE : Printable.name(value);
        Set<String> known = values.computeIfAbsent(tag, none -> new HashSet<>(Set.of(NONE)));
        boolean isKnown = known.contains(printable) || (known.size() < MAX_VALUES && known.add(printable));
        return isKnown ? printable : OTHER;
    }

    private static void register(MeterRegistry registry, Id id, DoubleAdder sum) {
        FunctionCounter.builder(id.name.text, sum, DoubleAdder::sum)
                .description(id.name.description)
                .tags(id.tags)
                .register(registry);
    }
}
