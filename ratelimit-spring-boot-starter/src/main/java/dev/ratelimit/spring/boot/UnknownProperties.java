package dev.ratelimit.spring.boot;

import dev.ratelimit.spring.boot.RateLimitPropertyException.Finding;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;

/**
 * Finds properties that no record has, and says which names are known in their place.
 *
 * <p>Boot's own check names none, and passes over an unknown name beside a known one in an item of a list: {@code
 * revokd: true} of a key, or {@code shadwo: true} of a table. Like Boot's, this one leaves out environment variables
 * and the properties of the JVM.
 */
final class UnknownProperties {

    private final ConfigurationPropertyName root;
    private final Type type;
    private final Map<Class<?>, Map<String, Part>> parts = new HashMap<>();
    private final Set<ConfigurationPropertyName> found = new HashSet<>();
    private final List<Finding> findings = new ArrayList<>();

    /**
     * A part of a record.
     *
     * @param name its name in a property, such as usage-page
     * @param type what Boot binds there
     */
    private record Part(String name, Type type) {

        static Part of(Parameter parameter) {
            return new Part(DataObjectPropertyName.toDashedForm(parameter.getName()), parameter.getParameterizedType());
        }
    }

    private UnknownProperties(String root, Type type) {
        this.root = ConfigurationPropertyName.of(root);
        this.type = type;
    }

    /** Returns a finding for each unknown name below {@code ratelimit}, where Boot binds several records. */
    static List<Finding> findings(Iterable<ConfigurationPropertySource> sources) {
        UnknownProperties unknown = new UnknownProperties("ratelimit", RateLimitProperties.class);
        Map<String, Part> known = unknown.partsOf(RateLimitProperties.class);
        known.putAll(unknown.partsOf(RequestProperties.class));
        known.putAll(unknown.partsOf(BackendProperties.class));
        known.put("jdbc", new Part("jdbc", JdbcProperties.class));
        return unknown.findingsIn(sources);
    }

    /**
     * Returns a finding for each unknown name, however many properties stand below it.
     *
     * @param root the name below which properties are looked at
     * @param type what Boot binds there: a record, or a list of records
     * @param sources what the properties stand in
     */
    static List<Finding> findings(String root, Type type, Iterable<ConfigurationPropertySource> sources) {
        return new UnknownProperties(root, type).findingsIn(sources);
    }

    private List<Finding> findingsIn(Iterable<ConfigurationPropertySource> sources) {
        UnboundElementsSourceFilter filter = new UnboundElementsSourceFilter();
        for (ConfigurationPropertySource source : sources) {
            if (source instanceof IterableConfigurationPropertySource names && filter.apply(source)) {
                for (ConfigurationPropertyName name : names) {
                    if (root.isAncestorOf(name)) {
                        find(name);
                    }
                }
            }
        }
        return findings;
    }

    private void find(ConfigurationPropertyName name) {
        Type parent = type;
        for (int place = root.getNumberOfElements(); place < name.getNumberOfElements(); place++) {
            if (rawType(parent) == Map.class) {
                return; // of any keys
            }
            Type part = part(parent, name, place);
            if (part == null) {
                if (found.add(name.chop(place + 1))) {
                    findings.add(new Finding(name.toString(), rule(name.chop(place), parent)));
                }
                return;
            }
            parent = part;
        }
    }

    /** Returns the type of what an element of a name stands for, null if it stands for nothing. */
    private @Nullable Type part(Type parent, ConfigurationPropertyName name, int place) {
        if (rawType(parent) == List.class) {
            return name.isNumericIndex(place) ? ((ParameterizedType) parent).getActualTypeArguments()[0] : null;
        }
        Part part = partsOf(parent).get(name.getElement(place, Form.UNIFORM));
        return part == null ? null : part.type;
    }

    private String rule(ConfigurationPropertyName parent, Type type) {
        if (rawType(type) == List.class) {
            return "unknown; " + parent + " is a list, which begins with " + parent + "[0]";
        }
        Set<String> known = new TreeSet<>();
        partsOf(type).values().forEach(part -> known.add(part.name));
        return known.isEmpty()
                ? "unknown; " + parent + " is one value"
                : "unknown; known below " + parent + " are " + String.join(", ", known);
    }

    /** Returns the parts of a record by their names as Boot compares them; none of any other type. */
    private Map<String, Part> partsOf(Type type) {
        Class<?> raw = rawType(type);
        Map<String, Part> known = parts.get(raw);
        if (known == null) {
            known = new HashMap<>();
            if (raw.isRecord()) {
                // By the constructor that Boot binds by: a native image knows no other part of a record.
                for (Parameter part : raw.getDeclaredConstructors()[0].getParameters()) {
                    known.put(part.getName().toLowerCase(Locale.ROOT), Part.of(part));
                }
            }
            parts.put(raw, known);
        }
        return known;
    }

    private static Class<?> rawType(Type type) {
        return (Class<?>) (type instanceof ParameterizedType generic ? generic.getRawType() : type);
    }
}
