package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinesTest {

    private static final int MOST = 20_000;

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "\n", "a\n", "a\r\nb", "a\rb\r", "\r\n\r\n", "\n\r", "a\n\nb"})
    void linesAreThoseOfTheJdk(String text) throws IOException {
        assertThat(lines(text)).isEqualTo(text.lines().toList());
    }

    /** Also where a line end falls between two reads of the buffer. */
    @Test
    void longLinesAreThoseOfTheJdk() throws IOException {
        Random random = new Random(3);
        for (int i = 0; i < 200; i++) {
            StringBuilder text = new StringBuilder();
            for (int j = random.nextInt(5); j >= 0; j--) {
                text.append("x".repeat(random.nextBoolean() ? 8_190 + random.nextInt(5) : random.nextInt(MOST)));
                text.append(new String[] {"\n", "\r", "\r\n", "\n\n", "\r\r\n"}[random.nextInt(5)]);
            }
            assertThat(lines(text.toString())).isEqualTo(text.toString().lines().toList());
        }
    }

    @Test
    void aByteOrderMarkIsLeftOutBeforeTheFirstLineOnly() throws IOException {
        assertThat(lines("\uFEFFa\n\uFEFFb")).containsExactly("a", "\uFEFFb");
        assertThat(lines("\uFEFF")).isEmpty();
    }

    @Test
    void ofALineThatIsTooLongTheBeginningIsKeptAndTheNextFollows() throws IOException {
        Lines lines = new Lines(new StringReader("x".repeat(30_000) + "\nshort\n1234567890"), 10);
        assertThat(lines.next()).isTrue();
        assertThat(lines.isTooLong()).isTrue();
        assertThat(lines.beginning()).isEqualTo("x".repeat(10));
        assertThat(lines.next()).isTrue();
        assertThat(lines.isTooLong()).isFalse();
        assertThat(lines.beginning()).isEqualTo("short");
        assertThat(lines.next()).isTrue();
        assertThat(lines.isTooLong()).isFalse();
        assertThat(lines.next()).isFalse();
    }

    private static List<String> lines(String text) throws IOException {
        Lines lines = new Lines(new StringReader(text), MOST);
        List<String> read = new ArrayList<>();
        while (lines.next()) {
            assertThat(lines.isTooLong()).isFalse();
            read.add(new String(lines.chars(), 0, lines.length()));
            assertThat(lines.isBlank()).isEqualTo(read.get(read.size() - 1).isBlank());
        }
        return read;
    }
}
