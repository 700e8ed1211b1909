package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.languagetool.JLanguageTool;
import org.languagetool.Languages;
import org.languagetool.rules.RuleMatch;
import org.languagetool.rules.spelling.SpellingCheckRule;

/** Spelling and grammar of the pages, by LanguageTool. {@code words.txt} has the words that it does not know. */
class GrammarTest {

    /** Code, tables, headings and comments; what is left of a sentence reads on. */
    private static final Pattern NOT_PROSE = Pattern.compile("(?ms)^```.*?^```|<!--.*?-->|^(?: {4}|\\||#)[^\n]*$");

    private static final Pattern CODE = Pattern.compile("`[^`]*`");
    private static final Pattern LINK = Pattern.compile("\\[([^\\]]*)]\\([^)]*\\)");

    /** Rules that do not see code for what it is, know a term by another spelling, or are a matter of style. */
    private static final Set<String> NOT_OURS = Set.of(
            "ARROWS",
            "A_CD_NNS",
            "A_NUMBER_NNS",
            "COMMA_COMPOUND_SENTENCE_2",
            "DASH_RULE",
            "EN_A_VS_AN",
            "EN_COMPOUNDS_HASH_TAG",
            "EN_UNPAIRED_QUOTES",
            "ENGLISH_WORD_REPEAT_BEGINNING_RULE",
            "GITHUB",
            "ID_CASING",
            "NUMBERS_IN_WORDS",
            "OUTSIDE_OF",
            "RELATIVE_CLAUSE_AGREEMENT",
            "SENTENCE_WHITESPACE",
            "SUMMER_TIME",
            "UPPERCASE_SENTENCE_START",
            "WHEN_WHERE",
            "WHITESPACE_RULE");

    private final JLanguageTool tool = new JLanguageTool(Languages.getLanguageForShortCode("en-US"));

    GrammarTest() {
        NOT_OURS.forEach(tool::disableRule);
    }

    @Test
    void pagesAreWrittenAsTheLanguageIs() throws IOException {
        List<String> words = Files.readAllLines(Path.of("src/test/resources/words.txt"));
        tool.getAllActiveRules().stream()
                .filter(SpellingCheckRule.class::isInstance)
                .map(SpellingCheckRule.class::cast)
                .forEach(rule -> rule.addIgnoreTokens(words));
        List<String> found = new ArrayList<>();
        for (Path page : Pages.all()) {
            if (page.toString().contains("/benchmarks/")) {
                continue; // tables that a program writes
            }
            String prose = prose(Files.readString(page));
            for (RuleMatch match : tool.check(prose)) {
                found.add("%s: %s: %s: %s"
                        .formatted(
                                Pages.ROOT.relativize(page),
                                match.getRule().getId(),
                                prose.substring(match.getFromPos(), match.getToPos()),
                                match.getSentence().getText().strip()));
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void aFaultIsFound() throws IOException {
        assertThat(tool.check(prose("This are a sentence with a wrnog word."))).hasSizeGreaterThanOrEqualTo(2);
    }

    private static String prose(String page) {
        String prose = NOT_PROSE.matcher(page).replaceAll("");
        return LINK.matcher(CODE.matcher(prose).replaceAll("X"))
                .replaceAll("$1")
                .replace("**", "");
    }
}
