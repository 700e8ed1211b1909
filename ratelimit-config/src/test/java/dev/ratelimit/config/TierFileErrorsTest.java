package dev.ratelimit.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong is said, with its place and the rule; all of it at once. */
class TierFileErrorsTest {

    private static final String START = "tiers: [{name: t, tables: [{name: tb, rows: [";
    private static final String END = "]}]}]";

    static Stream<Arguments> wrongTexts() {
        return Stream.of(
                wrong("", "1:1: the file is empty: it must have a key \"tiers\""),
                wrong("# nothing\n", "1:1: the file is empty: it must have a key \"tiers\""),
                wrong("- a", "1:1: a tier file must be a mapping of endpoints, tiers, units"),
                wrong("units: [images]", "1:1: a tier file must have a key \"tiers\""),
                wrong("tiers:", "1:7: tiers must be a list, such as [a, b]: put the text in quotes"),
                wrong("tiers: []", "1:8: tiers must be at least one"),
                wrong("tiers: free", "1:8: tiers must be a list, such as [a, b]"),
                wrong(
                        "tiers: [free]",
                        "1:9: a tier must be a mapping of account, members, message, name, other-endpoints, rows,"
                                + " tables"),
                wrong(
                        "tiers: [{nam: x}]",
                        "1:9: a tier must have a key \"name\"",
                        "1:10: unknown key \"nam\" of a tier; known are account, members, message, name,"
                                + " other-endpoints, rows, tables"),
                wrong("tiers: [{name: x}, {name: x}]", "1:20: a tier must have a name of its own: x"),
                wrong("tiers: [{name: x, name: y}]", "1:19: the key \"name\" must be stated once"),
                wrong("tiers: [{name: ' '}]", "1:9: name must be not blank: name=\" \""),
                wrong("tiers: [{name: [x]}]", "1:16: the name of a tier must be a text"),
                wrong(
                        "tiers: [{name: no}]",
                        "1:16: the name of a tier must be a text, and no is none for some tools: put the text in "
                                + "quotes"),
                wrong(
                        "tiers: [{name: 12:30}]",
                        "1:16: the name of a tier must be a text, and 12:30 is none for some tools: put the text in"
                                + " quotes"),
                wrong(
                        "tiers: [{name: 1e3}]",
                        "1:16: the name of a tier must be a text, and 1e3 is none for some tools: put the text in"
                                + " quotes"),
                wrong(
                        "tiers: [{name: }]",
                        "1:15: the name of a tier must be a text, and nothing is none for some tools: put the text in"
                                + " quotes"),
                wrong("units: [tokens]\ntiers: [{name: x}]", "1:9: unit \"tokens\" is known already"),
                wrong("units: [a, a]\ntiers: [{name: x}]", "1:12: unit \"a\" is known already"),
                row("{each: [chat]}", "1:46: a row must have a key \"limit\""),
                row(
                        "{limit: 1 calls per minute}",
                        "1:46: a row must have one of each, together, others, all, unlimited"),
                row(
                        "{each: [a], others: each, limit: 1 call per minute}",
                        "1:46: a row must have one of each, together, others, all, unlimited"),
                row(
                        "{each: a, limit: 1 call per minute}",
                        "1:53: the endpoints of a row must be a list, such as [a, b]"),
                row("{each: [], limit: 1 call per minute}", "1:53: the endpoints of a row must be at least one"),
                row(
                        "{each: [a, a], limit: 1 call per minute}",
                        "1:46: endpoint must be named once in a row: endpoint=a"),
                row(
                        "{each: [a], limit: 1 call per minute}, {each: [a], limit: 2 calls per minute}",
                        "1:85: endpoint \"a\" must stand in one row of a table only: row (a: 2 calls per minute) "
                                + "and row"
                                + " (a: 1 call per minute) of table \"tb\""),
                row(
                        "{together: [a], limit: 1 call per minute}",
                        "1:46: a row of endpoints together must have a key \"named\""),
                row(
                        "{each: [a], named: g, limit: 1 call per minute}",
                        "1:65: a row that limits each endpoint alone has no name"),
                row("{others: all, limit: 1 call per minute}", "1:55: others must be \"each\" or \"together\""),
                row("{unlimited: [a], limit: 1 call per minute}", "1:70: an unlimited row has no limit"),
                row(
                        "{each: [a], limit: 1 call a minute}",
                        "1:72: expected \"per\", \"in all\" or \"in flight for\": limit=1 call a minute"),
                row(
                        "{each: [a], limit: '1 call a minute'}",
                        "1:73: expected \"per\", \"in all\" or \"in flight for\": limit=1 call a minute"),
                row( // with an escape in it only the beginning of a text is known
                        "{each: [a], limit: \"1\\ call a minute\"}",
                        "1:65: expected \"per\", \"in all\" or \"in flight for\": limit=1 call a minute"),
                row(
                        "{each: [a], limit: 1 banana per minute}",
                        "1:67: unknown unit, known are calls, characters, nano-usd, tokens: limit=1 banana per"
                                + " minute"),
                row(
                        "{each: [a], limit: 3,000 calls per minute}",
                        "1:66: expected a unit, such as calls or \"input tokens\" in quotes: limit=3",
                        "1:67: unknown key \"000 calls per minute\"; if it belongs to the text before it, put that text"
                                + " in quotes"),
                wrong(
                        "tiers: [{name: t, tables: [{name: tb, shadow: yes, rows: [{each: [a], limit: 1 call per "
                                + "day}]}]}]",
                        "1:47: shadow must be true or false"),
                wrong(
                        "endpoints: [chat]\ntiers: [{name: t, tables: [{name: tb, rows: [{each: [Chat], limit: 1 "
                                + "call per"
                                + " day}]}]}]",
                        "2:54: unknown endpoint \"Chat\"; known are chat"),
                wrong(
                        "endpoints: [chat]\ntiers: [{name: t, rows: [{each: [chat/*, c*], limit: 1 call per day}]}]",
                        "2:34: no endpoint matches \"chat/*\"; known are chat"),
                wrong(
                        "endpoints: [a*, b]\ntiers: [{name: t, rows: [{each: [b], limit: 1 call per day}]}]",
                        "1:13: endpoints must be names; a row may have the pattern"),
                row(
                        "{each: [a*b*], limit: 1 call per minute}",
                        "1:46: endpoint must be a name, or a pattern with one *: endpoint=\"a*b*\""),
                row(
                        "{each: [a*], limit: 1 call per minute}, {unlimited: ['*b']}",
                        "1:86: what matches the equally long patterns \"*b\" and \"a*\" must stand in one row of a"
                                + " table only: row (*b: unlimited) and row (a*: 1 call per minute) of table \"tb\""),
                row(
                        "{each: [a], limits: [1 call per minute]}",
                        "1:46: a row must have a key \"limit\"",
                        "1:66: a row of a table has one limit; a row of a tier may have several"),
                row(
                        "{all: together, named: g, limit: 1 call per minute}",
                        "1:69: a row for all endpoints has the name of its table"),
                row("{all: every, limit: 1 call per minute}", "1:52: all must be \"each\" or \"together\""),
                row(
                        "{each: [a], limit: 1 call per minute}, {all: each, limit: 1 call per minute}",
                        "1:85: a row for all endpoints must be the only row of its table: row (all endpoints: 1"
                                + " call per minute) and row (a: 1 call per minute) of table \"tb\""),
                wrong(
                        "tiers: [{name: t, rows: [{each: [a], limit: 1 call per minute, limits: [1 call per day]}]}]",
                        "1:26: a row of a tier must have one of limit, limits"),
                wrong(
                        "tiers: [{name: t, rows: [{each: [a]}]}]",
                        "1:26: a row of a tier must have one of limit, limits"),
                wrong(
                        "tiers: [{name: t, rows: [{each: [a], limits: []}]}]",
                        "1:46: the limits of a row must be at least one"),
                wrong("tiers: [{name: t, rows: [{unlimited: [a]}]}]", "1:25: rows must have a limit"),
                wrong(
                        "tiers: [{name: t, rows: [{each: [a], limits: [1 call per day, 2 calls per calendar day]}]}]",
                        "1:26: endpoint \"a\" must stand in one row of a table only: row (a: 2 calls per calendar"
                                + " day) and row (a: 1 call per day) of table \"calls per day\""),
                wrong(
                        "tiers: [{name: t, tables: [{name: calls per day, rows: [{each: [b], limit: 1 call per day}]}],"
                                + " rows: [{each: [a], limit: 1 call per day}]}]",
                        "1:102: table must have a name of its own in the tier: table=calls per day"),
                wrong(
                        "tiers: [{name: t, other-endpoints: allowed}]",
                        "1:36: other-endpoints must be \"refused\", or not be stated"),
                wrong(
                        "tiers: [{name: t, other-endpoints: refused, rows: [{all: each, limit: 1 call per day}]}]",
                        "1:9: table must be without a row for other or all endpoints, in a tier that refuses other"
                                + " endpoints: table=calls per day"),
                wrong(
                        "tiers: [{name: t, members: [{kind: user, tier: u}]}, {name: v}]",
                        "1:29: unknown tier \"u\"; known are t, v"),
                wrong(
                        "tiers: [{name: t, members: [{kind: user, tier: u}]}, {name: u, account: a}]",
                        "1:29: tier must be without an account and members of its own, as a tier of members: tier=u"),
                wrong(
                        "tiers: [{name: t, members: [{kind: user, tier: u}]},"
                                + " {name: u, members: [{kind: user, tier: v}]}, {name: v}]",
                        "1:29: a tier of members must have no members: tier=u"),
                wrong(
                        "tiers: [{name: t, members: [{kind: user, tier: t}]}]",
                        "1:29: a tier of members must have no members: tier=t"),
                wrong(
                        "tiers: [{name: t, members: [{kind: user, tier: u}, {kind: user, tier: u}]}, {name: u}]",
                        "1:52: members of a kind must have one tier: kind=user"),
                wrong(
                        "tiers: [{name: t, members: [{kind: a user, tier: u}]}, {name: u}]",
                        "1:29: kind must be a letter and up to 63 letters, digits, - or _: kind=\"a user\""),
                wrong("tiers: [{name: t, members: [{kind: user}]}]", "1:29: members must have a key \"tier\""),
                wrong("tiers: [{name: t, members: []}]", "1:28: members must be at least one"),
                wrong("tiers: [{name: a}]\n---\ntiers: [{name: b}]", "2:1: a tier file is one document"),
                wrong(
                        "tiers: [&a {name: a}, *a]",
                        "1:9: a tier file has no anchors: state the value itself",
                        "1:23: a tier file has no aliases: put a text that begins with * in quotes"),
                row(
                        "{each: [*a], limit: 1 call per minute}",
                        "1:54: a tier file has no aliases: put a text that begins with * in quotes"),
                wrong("tiers: !!seq [{name: a}]", "1:8: a tier file has no tags"),
                wrong(
                        "tiers: [{<<: {name: a}}]",
                        "1:9: a tier must have a key \"name\"",
                        "1:10: unknown key \"<<\" of a tier; known are account, members, message, name,"
                                + " other-endpoints, rows, tables"),
                wrong("tiers: [{name: a}", "1:18: no YAML: expected ',' or ']', but got <stream end>"),
                wrong("tiers: " + "[".repeat(21) + "]".repeat(21), "1:27: lists and mappings are at most 20 deep"));
    }

    private static Arguments row(String row, String... errors) {
        return wrong(START + row + END, errors);
    }

    private static Arguments wrong(String text, String... errors) {
        return Arguments.of(text, List.of(errors));
    }

    @ParameterizedTest
    @MethodSource("wrongTexts")
    void aWrongTextIsRefusedWithPlaceAndRule(String text, List<String> errors) {
        assertThat(errorsOf(text)).isEqualTo(errors);
    }

    @Test
    void allThatIsWrongIsSaidAtOnceInTheOrderOfTheText() {
        assertThat(errorsOf("""
                        units: [no]
                        tiers:
                          - name: a
                            tables:
                              - name: on
                                rows:
                                  - {each: [x], limit: 5 calls per month}
                                  - {each: [z], limit: 5}
                          - name: a
                            acount: b
                        """))
                .containsExactly(
                        "1:9: the name of a unit must be a text, and no is none for some tools: put the text in quotes",
                        "5:15: the name of a table must be a text, and on is none for some tools: put the text in"
                                + " quotes",
                        "7:44: say \"per calendar month\" or \"per 30 days\": limit=5 calls per month",
                        "8:33: expected a unit, such as calls or \"input tokens\" in quotes: limit=5",
                        "9:5: a tier must have a name of its own: a",
                        "10:5: unknown key \"acount\" of a tier; known are account, members, message, name,"
                                + " other-endpoints, rows, tables");
    }

    @Test
    void theMessageListsTwentyErrors() {
        String text = "tiers: [" + "{}, ".repeat(25) + "{name: a}]";

        TierFileException e = catchThrowableOfType(TierFileException.class, () -> TierFile.parse(text));

        assertThat(e.errors()).hasSize(25);
        assertThat(String.valueOf(e.getMessage()).lines()).hasSize(21).last().isEqualTo("and 5 more");
        assertThat(e.getMessage()).startsWith("text:1:9: a tier must have a key \"name\"" + System.lineSeparator());
    }

    static List<String> errorsOf(String text) {
        TierFileException e = catchThrowableOfType(TierFileException.class, () -> TierFile.parse(text));
        return e.errors().stream()
                .map(error -> error.line() + ":" + error.column() + ": " + error.rule())
                .toList();
    }
}
