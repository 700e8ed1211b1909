package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The sentences of the pages are short: the longest of each page have at most 30 words on average. */
class SentencesTest {

    private static final int LONGEST = 10;
    private static final double MOST_WORDS = 30;
    private static final int LONGEST_HEADING = 80;

    /** Blocks of code, tables and headings. */
    private static final Pattern NOT_PROSE = Pattern.compile("(?ms)^```.*?^```|<!--.*?-->|^(?: {4}|\\||#)[^\n]*$");

    private static final Pattern CODE_BLOCK = Pattern.compile("(?ms)^```.*?^```");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ .*$");
    private static final Pattern CODE = Pattern.compile("`[^`]*`");
    private static final Pattern LINK = Pattern.compile("\\[([^\\]]*)]\\([^)]*\\)");
    private static final Pattern PARAGRAPH_END = Pattern.compile("\n\\s*\n|\n(?=\\s*(?:[-*]|\\d+\\.) )");
    private static final Pattern SENTENCE_END = Pattern.compile("(?<=[.!?])\\s+");

    @Test
    void theLongestSentencesOfEachPageAreShort() throws IOException {
        int read = 0;
        for (Path page : Pages.all()) {
            List<String> longest = longest(Files.readString(page));
            assertThat(longest.stream().mapToInt(SentencesTest::words).average().orElse(0))
                    .as("words of the longest sentences of %s: %s", page, longest)
                    .isLessThanOrEqualTo(MOST_WORDS);
            read++;
        }
        assertThat(read).isGreaterThan(20);
    }

    /** A paragraph that was joined to the heading above it would be read by nobody, nor by this test. */
    @Test
    void headingsAreShort() throws IOException {
        int read = 0;
        for (Path page : Pages.all()) {
            List<String> headings = HEADING.matcher(
                            CODE_BLOCK.matcher(Files.readString(page)).replaceAll(""))
                    .results()
                    .map(MatchResult::group)
                    .toList();
            assertThat(headings)
                    .as("headings of %s", page)
                    .isNotEmpty()
                    .allSatisfy(heading -> assertThat(heading).hasSizeLessThanOrEqualTo(LONGEST_HEADING));
            read += headings.size();
        }
        assertThat(read).isGreaterThan(100);
    }

    @Test
    void whatIsNoSentenceIsNotCounted() {
        String page = """
                # A heading

                - One item of `some.code(with, arguments)` and [a link](of/it.md).
                - Another one:
                  it goes on!

                    mvn not counted

                | a | table |
                """;

        assertThat(longest(page))
                .containsExactlyInAnyOrder("- One item of code and a link.", "- Another one:\n  it goes on!");
    }

    private static List<String> longest(String page) {
        String prose = NOT_PROSE.matcher(page).replaceAll("");
        prose = LINK.matcher(CODE.matcher(prose).replaceAll("code")).replaceAll("$1");
        return PARAGRAPH_END
                .splitAsStream(prose)
                .flatMap(paragraph -> Stream.of(SENTENCE_END.split(paragraph.strip(), -1)))
                .filter(sentence -> !sentence.isBlank())
                .sorted((one, other) -> words(other) - words(one))
                .limit(LONGEST)
                .toList();
    }

    private static int words(String sentence) {
        return sentence.strip().split("\\s+", -1).length;
    }
}
