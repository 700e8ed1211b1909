package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.ratelimit.Usage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandoverTest {

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 1_023, 1_024, 1_025, 100_000})
    void allRowsArriveInTheirOrder(long count) throws IOException {
        List<Row> arrived = new ArrayList<>();

        Handover.run(sink -> LongStream.range(0, count).forEach(time -> sink.accept(row(time))), arrived::add);

        assertThat(arrived)
                .extracting(Row::time)
                .isEqualTo(LongStream.range(0, count).boxed().toList());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 100_000})
    void aFailureToReadIsThrown(long count) {
        assertThatIOException()
                .isThrownBy(() -> Handover.run(
                        sink -> {
                            LongStream.range(0, count).forEach(time -> sink.accept(row(time)));
                            throw new IOException("torn cable");
                        },
                        row -> {}))
                .withMessage("torn cable");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 100_000})
    void aFailureToDecideIsThrown(long count) {
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> Handover.run(
                        sink -> LongStream.range(0, count).forEach(time -> sink.accept(row(time))), row -> {
                            throw new IllegalStateException("disk full");
                        }))
                .withMessage("disk full");
    }

    private static Row row(long time) {
        return new Row(time, "acme", "chat", Usage.call());
    }
}
