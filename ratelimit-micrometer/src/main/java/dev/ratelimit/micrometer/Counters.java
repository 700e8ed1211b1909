package dev.ratelimit.micrometer;

import dev.ratelimit.spi.Printable;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.function.Supplier;

/**
 * Sums, timers and gauges by meter and tags, which are registered with each registry that is bound: those there are,
 * and later ones when they are made. Sums are exact up to 2<sup>53</sup>, and never fall. A timer lacks what it was
 * told before its registry was bound.
 *
 * <p>A tag has at most {@value #MAX_VALUES} values, {@value #NONE} included; {@value #OTHER} stands for all further
 * ones.
 *
 * <p>Safe for use by many threads. To make a meter takes a lock; to add to one does not.
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

    /** What is registered with each registry. */
    private interface Registered {

        void with(MeterRegistry registry, Id id);
    }

    /** A sum, told as a counter. */
    private record Sum(DoubleAdder sum) implements Registered {

        @Override
        public void with(MeterRegistry registry, Id id) {
            FunctionCounter.builder(id.name.text, sum, DoubleAdder::sum)
                    .description(id.name.description)
                    .tags(id.tags)
                    .register(registry);
        }
    }

    /** A sum less others, told as a gauge. */
    private record Difference(DoubleAdder sum, List<DoubleAdder> less) implements Registered {

        @Override
        public void with(MeterRegistry registry, Id id) {
            Gauge.builder(id.name.text, this::value)
                    .description(id.name.description)
                    .tags(id.tags)
                    .register(registry);
        }

        /* The others are read first: what they count was added to the sum before. */
        private double value() {
            double off = less.stream().mapToDouble(DoubleAdder::sum).sum();
            return Math.max(0, sum.sum() - off);
        }
    }

    /** One timer for each registry. */
    static final class Times implements Registered {

        private final List<Timer> timers = new CopyOnWriteArrayList<>();

        private Times() {}

        void record(Duration time) {
            for (Timer timer : timers) {
                timer.record(time);
            }
        }

        @Override
        public void with(MeterRegistry registry, Id id) {
            timers.add(Timer.builder(id.name.text)
                    .description(id.name.description)
                    .tags(id.tags)
                    .register(registry));
        }
    }

    private final Tags common;
    private final Map<Id, Registered> meters = new HashMap<>();
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

    /** Registers all meters, and later ones when they are made. */
    synchronized void bindTo(MeterRegistry registry) {
        registries.add(registry);
        meters.forEach((id, meter) -> meter.with(registry, id));
    }

    /**
     * Returns the sum of a counter, the same for the same tags.
     *
     * @param name the meter
     * @param tags keys and values by turns
     */
    DoubleAdder of(Name name, String... tags) {
        return meter(name, tags, () -> new Sum(new DoubleAdder())).sum;
    }

    /** Returns the timers of the same name and tags. */
    Times times(Name name, String... tags) {
        return meter(name, tags, Times::new);
    }

    /** Returns the sum of which a gauge tells what is left: the sum less others, and not below zero. */
    DoubleAdder less(List<DoubleAdder> others, Name name, String... tags) {
        return meter(name, tags, () -> new Difference(new DoubleAdder(), others)).sum;
    }

    @SuppressWarnings("unchecked") // all meters of a name are of one type
    private synchronized <T extends Registered> T meter(Name name, String[] tags, Supplier<T> make) {
        Tags bounded = common;
        for (int i = 0; i < tags.length; i += 2) {
            bounded = bounded.and(Tag.of(tags[i], bounded(tags[i], tags[i + 1])));
        }
        Id id = new Id(name, bounded);
        T known = (T) meters.get(id);
        if (known != null) {
            return known;
        }
        T made = make.get();
        meters.put(id, made);
        registries.forEach(registry -> made.with(registry, id));
        return made;
    }

    private String bounded(String tag, String value) {
        String printable = value.isBlank() ? NONE : Printable.name(value);
        Set<String> known = values.computeIfAbsent(tag, none -> new HashSet<>(Set.of(NONE)));
        boolean isKnown = known.contains(printable) || (known.size() < MAX_VALUES && known.add(printable));
        return isKnown ? printable : OTHER;
    }
}
