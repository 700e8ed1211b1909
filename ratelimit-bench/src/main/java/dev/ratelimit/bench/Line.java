package dev.ratelimit.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A benchmark with one set of parameters, which takes one time.
 *
 * @param benchmark its class and method
 * @param parameters its parameters with their values, {@value #THREADS} among them where the number of threads is not
 *     the one that the benchmark asks for
 */
record Line(String benchmark, Map<String, String> parameters) {

    /** The name that the number of threads has among the parameters. */
    static final String THREADS = "threads";

    Line {
        parameters = Map.copyOf(parameters);
    }

    /** Returns a line of a benchmark with parameters, each a name and a value. */
    static Line of(String benchmark, String... namesAndValues) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            parameters.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return new Line(benchmark, parameters);
    }

    /** Returns the same line with one more parameter. */
    Line with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(parameters);
        more.put(name, value);
        return new Line(benchmark, more);
    }

    /** Returns the benchmark and its parameters in the order of their names, for people. */
    String inWords() {
        List<String> words = new ArrayList<>(List.of(benchmark));
        parameters.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(parameter -> words.add(parameter.getKey() + " " + parameter.getValue()));
        return String.join(", ", words);
    }
}
