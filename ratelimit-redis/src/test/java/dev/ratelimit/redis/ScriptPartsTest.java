package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The parts of the script as texts: what each one declares, and what it assigns. */
class ScriptPartsTest {

    private static final String NAMES = "([A-Za-z_]\\w*(?:\\s*,\\s*[A-Za-z_]\\w*)*)";

    /* A name, or names, that stand at the beginning of a statement and before a single sign of equality. */
    private static final Pattern ASSIGNED = Pattern.compile("(?m)^\\s*" + NAMES + "\\s*=(?!=)");

    private static final Pattern LOCAL = Pattern.compile("\\blocal\\s+(?!function)" + NAMES);
    private static final Pattern FUNCTION = Pattern.compile("\\blocal\\s+function\\s+(\\w+)");
    private static final Pattern PARAMETERS = Pattern.compile("\\bfunction\\s*[\\w.]*\\(" + NAMES + "\\)");
    private static final Pattern LOOP = Pattern.compile("\\bfor\\s+" + NAMES + "\\s*(?:=|in\\b)");

    static Stream<String> parts() {
        return Script.PARTS.stream();
    }

    private static Set<String> names(String text, Pattern... patterns) {
        Set<String> names = new TreeSet<>();
        for (Pattern pattern : patterns) {
            pattern.matcher(text)
                    .results()
                    .map((MatchResult found) -> found.group(1).split("\\s*,\\s*"))
                    .forEach(found -> names.addAll(List.of(found)));
        }
        return names;
    }

    /** Returns the statements: no comments, and no fields in braces, which look like assignments. */
    private static String statements(String part) {
        return Script.read(part).replaceAll("--.*", "").replaceAll("(?s)\\{[^{}]*\\}", "{}");
    }

    @ParameterizedTest
    @MethodSource("parts")
    void assignNoLocalOfAnotherPartAndNoGlobal(String part) {
        String text = statements(part);
        assertThat(names(text, LOCAL, FUNCTION, PARAMETERS, LOOP)).containsAll(names(text, ASSIGNED));
    }

    @ParameterizedTest
    @MethodSource("parts")
    void beginWithTheirNumberAndWithWhatTheyReadAndSet(String part) {
        assertThat(Script.read(part))
                .startsWith("-- " + part.substring(0, 2) + " ")
                .contains("\n-- Reads: ", "\n-- Sets: ");
    }

    @ParameterizedTest
    @MethodSource("parts")
    void areNoWiderThan120Columns(String part) {
        assertThat(Script.read(part).lines()).allMatch(line -> line.length() <= 120);
    }

    @Test
    void haveTheValuesOfConstantsInPlaceOfTheirNames() {
        assertThat(Script.CONSTANTS)
                .hasSize((int) Script.read("00-constants")
                        .lines()
                        .filter(line -> line.startsWith("local"))
                        .count())
                .containsEntry("BASE", "9007199254740992")
                .containsEntry("MINUTE", "60000000");
        assertThat(Script.TEXT.replaceAll("--.*", ""))
                .doesNotContainPattern("\\b(" + String.join("|", Script.CONSTANTS.keySet()) + ")\\b");
    }

    /** Each place has three digits, so the usual part finds it by its number. */
    @Test
    void haveThePlacesOfMarksInOrder() {
        String marks = Script.CONSTANTS.getOrDefault("MARKS_AT", "").replace("'", "");
        String units = Script.CONSTANTS.getOrDefault("UNITS_AT", "").replace("'", "");
        for (int place = 128; place <= 960; place += 32) {
            int digits = (place - 128) * 3 / 32;
            assertThat(marks.substring(digits, digits + 3)).isEqualTo("" + place);
            assertThat(units.substring(digits, digits + 3)).isEqualTo("" + (place + 16));
        }
        assertThat(marks).hasSameSizeAs(units).hasSize((960 - 128) * 3 / 32 + 3);
    }

    @Test
    void standInTheOrderOfTheirNumbers() {
        assertThat(Script.PARTS).isSorted();
    }

    @Test
    void anAssignmentToALocalOfAnotherPartIsFound() {
        assertThat(names("local a\na, b = 1, 2\nif a == b then\n  c = 3\nend\n", ASSIGNED))
                .containsExactly("a", "b", "c");
    }
}
