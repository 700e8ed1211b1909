package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options that make no sense end the program with 2 and a sentence, before anything is read or written. */
class OptionErrorsTest {

    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            --time at                                      | a trace must be given, or --demo
            TRACE                                          | --time must name the column of the times
            TRACE --demo                                   | a trace must not be with --demo
            --demo --time at                               | --time must not be with --demo
            --demo --time-unit s                           | --time-unit must not be with --demo
            --demo --organization org                      | --organization must not be with --demo
            --demo --organization-name org                 | --organization-name must not be with --demo
            --demo --endpoint path                         | --endpoint must not be with --demo
            --demo --endpoint-name path                    | --endpoint-name must not be with --demo
            --demo --member user=u                         | --member must not be with --demo
            TRACE --time at --member user                  | must be KIND=COLUMN: user
            TRACE --time at --member user=                 | must be KIND=COLUMN: user=
            TRACE --time at --member =u                    | kind must be a letter and up to 63 letters, digits, - or _
            TRACE --time at --member user=a --member user=b | --member user must be given once
            TRACE --time at --organization a --organization-name b | --organization must not be with --organization-name
            TRACE --time at --endpoint a --endpoint-name b | --endpoint must not be with --endpoint-name
            --demo --tier faq:gold                         | \
            unknown tier "faq:gold", known are faq:production, faq:trial, faq:trial-one-total, \
            going-live:production, going-live:trial, limited-access:limited
            --demo --tier faq:trial --limit calls=1/1m     | --limit must not be with --tier
            --demo --tiers TIERS --limit calls=1/1m        | --limit must not be with --tiers
            --demo --tiers absent.yaml                     | no file that can be read: absent.yaml
            --demo --tiers FOLDER                          | no file that can be read: FOLDER
            --demo --tiers TRACE                           | trace.csv:1:1:
            --demo --tiers TIERS                           | \
            --tier must name one of the tiers of TIERS, which are trial, busy
            --demo --tiers TIERS --tier gold               | which are trial, busy: gold
            --demo --tiers TIERS --tier busy               | --duration must say how long calls take
            --demo --limit calls=1/1m --limit calls=1/60s  | --limit calls=1/60s must not be given twice
            --demo --limit bananas=1/1m --charge-after a=tokens | \
            unknown unit "bananas" in --limit bananas=1/1m, known are calls, characters, tokens, nano-usd, a; \
            --charge and --charge-after introduce others
            --demo --limit bananas=1/1m                    | \
            unknown unit "bananas" in --limit bananas=1/1m, known are calls, characters, tokens, nano-usd
            --demo --limit calls=1/1m,until-reached        | \
            until-reached must be with one of day, week, month, year, ever
            --demo --limit calls=1                         | or UNIT=AMOUNT/SPAN[,until-reached]
            --demo --charge tokens                         | must be UNIT=COLUMN[+COLUMN...]: tokens
            --demo --charge tokens=a+                      | must be UNIT=COLUMN[+COLUMN...]: tokens=a+
            --demo --charge =a                             | must be UNIT=COLUMN[+COLUMN...]: =a
            --demo --charge calls=a                        | must not charge calls, because every row is one call
            --demo --charge a=b --charge a=c               | --charge a must be given once, as a=COLUMN+COLUMN for a sum
            --demo --charge tokens=price                   | \
            demo:1: no column "price", only time, organization, endpoint, tokens
            --demo --charge-after tokens                   | must be UNIT=COLUMN[+COLUMN...]: tokens
            --demo --charge-after calls=a                  | must not charge calls, because every row is one call
            --demo --charge-after a=b --charge-after a=c   | \
            --charge-after a must be given once, as a=COLUMN+COLUMN for a sum
            --demo --charge-after tokens=price             | \
            demo:1: no column "price", only time, organization, endpoint, tokens
            --demo --charge-after tokens=tokens --duration 1.5s | \
            demo:1: no column "1.5s", only time, organization, endpoint, tokens
            --demo --charge-after a=tokens --duration 99999d | must be at most 2^60 ns
            --demo --charge-after a=tokens --duration 1s --duration 2s | should be specified only once
            --demo --charge-after a=tokens --duration tokens --duration-unit m | must be one of s, ms, us, ns: m
            --demo --charge-after a=tokens --duration-unit ms | --duration-unit must be with --duration COLUMN
            --demo --charge-after a=tokens --duration 2s --duration-unit s | \
            --duration-unit must be with --duration COLUMN
            --demo --duration 2s                           | --duration must be with --charge-after
            TRACE --time at --duration at                  | --duration must be with --charge-after
            --demo --duration-unit s                       | --duration-unit must be with --duration COLUMN
            --demo --max-disorder soon                     | \
            must be a number and one of ms, s, m, h, d, such as 90s: soon
            --demo --format yaml                           | must be one of text, json: yaml
            TRACE --time at --time-unit days               | must be one of s, ms, us, ns: days
            --demo --chart                                 | --chart
            --demo --colour                                | --colour
            absent.csv --time at                           | no file that can be read: absent.csv
            trace.xml --time at                            | must end in .csv, .jsonl, .ndjson or .json
            trace.gz --time at                             | must end in .csv, .jsonl, .ndjson or .json
            --demo --chart FOLDER/absent/chart.png         | no folder for
            --demo --decisions FOLDER                      | must not replace what is not a file
            --demo --decisions FOLDER/a --chart FOLDER/./a | must not be written twice
            TRACE --time at --decisions TRACE              | must not replace a trace that is read
            --demo --exact --exact                         | should be specified only once
            --demo --tier faq:trial --tier faq:trial       | should be specified only once
            - - --time at                                  | standard input must be given once
            """)
    void anErrorSaysWhatIsWrong(String commandLine, String message) throws IOException {
        Path trace = Files.writeString(folder.resolve("trace.csv"), "at,org,path\n2026-01-05T09:00:00Z,acme,chat\n");
        Path tiers = Files.writeString(folder.resolve("tiers.yaml"), """
                tiers:
                  - name: trial
                    tables: [{name: calls, rows: [{others: each, limit: 20 calls per minute}]}]
                  - name: busy
                    tables: [{name: calls, rows: [{others: each, limit: 20 calls in flight for 10 minutes}]}]
                """);
        UnaryOperator<String> named = text -> text.replace("TRACE", trace.toString())
                .replace("TIERS", tiers.toString())
                .replace("FOLDER", folder.toString());

        Run run = Run.of(named.apply(commandLine).split(" ", -1));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).startsWith("error: ").contains(named.apply(message));
        assertThat(run.out()).isEmpty();
        assertThat(folder).isDirectoryNotContaining(file -> !file.equals(trace) && !file.equals(tiers));
    }

    @Test
    void aUnitThatAChargeIntroducesMayBeLimited() {
        Run run = Run.of("--demo", "--charge", "bananas=tokens", "--limit", "bananas=1000/1m");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("1,000 bananas per minute");
    }

    @Test
    void aLimitThatNothingIsChargedToIsWarnedOf() {
        Run run = Run.of("--demo", "--tier", "limited-access:limited");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).startsWith("warning: limits of characters count nothing");
    }

    @ParameterizedTest
    @CsvSource({"--help, ratelimit-replay TRACE...", "--version, ratelimit-replay"})
    void helpAndVersionGoToStandardOutput(String option, String text) {
        Run run = Run.of(option);

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains(text);
        assertThat(run.err()).isEmpty();
    }
}
