package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LookAheadTest {

    private static final int MAX_DISORDER = 10;

    private final List<Row> passedOn = new ArrayList<>();
    private final LookAhead lookAhead = new LookAhead(Duration.ofNanos(MAX_DISORDER), passedOn::add);

    @Property
    void rowsComeInTheOrderOfTimeAndEqualOnesInTheirOwn(
            @ForAll @Size(max = 200) List<@IntRange(max = MAX_DISORDER) Integer> delays) {
        List<Row> read = new ArrayList<>();
        for (int i = 0; i < delays.size(); i++) {
            read.add(row(i / 3 + MAX_DISORDER - delays.get(i), "call " + i));
        }

        List<Row> ordered = new ArrayList<>();
        LookAhead reordering = new LookAhead(Duration.ofNanos(MAX_DISORDER), ordered::add);
        read.forEach(reordering::add);
        reordering.flush();

        read.sort(Comparator.comparingLong(Row::time));
        assertThat(ordered).isEqualTo(read);
    }

    @Test
    void aRowIsPassedOnOnceOneWasReadThatIsLaterByTheDisorderAllowed() {
        lookAhead.add(row(100, "a"));
        lookAhead.add(row(109, "b"));
        assertThat(passedOn).isEmpty();

        lookAhead.add(row(110, "c"));
        assertThat(passedOn).extracting(Row::endpoint).containsExactly("a");
    }

    @Test
    void aRowFurtherBehindThanAllowedIsRefused() {
        lookAhead.add(row(100, "a"));
        lookAhead.add(row(90, "just in time"));

        assertThatExceptionOfType(BadValueException.class)
                .isThrownBy(() -> lookAhead.add(row(89, "late")))
                .withMessageContaining("--max-disorder");
    }

    @Test
    void moreRowsThanFitPassOnTheEarliestBeforeItsTime() {
        for (int i = 0; i <= LookAhead.CAPACITY; i++) {
            lookAhead.add(row(i < 2 ? i : 5, "call"));
        }
        assertThat(passedOn).extracting(Row::time).containsExactly(0L);

        lookAhead.add(row(1, "behind the one that waits longest"));
        assertThat(passedOn).extracting(Row::time).containsExactly(0L, 1L);

        lookAhead.add(row(1, "as early as the last one passed on"));
        assertThatExceptionOfType(BadValueException.class)
                .isThrownBy(() -> lookAhead.add(row(0, "earlier than the last one passed on")))
                .withMessageContaining(LookAhead.CAPACITY + " rows");
    }

    private static Row row(long time, String endpoint) {
        return new Row(time, "default", endpoint, Usage.call());
    }
}
