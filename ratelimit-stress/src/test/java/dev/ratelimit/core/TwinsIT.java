package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.core.Jcstress.Verdict;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Shows that the races can fail: each mistake is seen by the test that is there for it. */
class TwinsIT {

    /** Enough to see each mistake many times where two cores are free. */
    private static final String OPTIONS = "-sc false -af NONE -f 1 -fsm 1 -iters 5 -time 200 -jvmArgs -Xmx256m";

    /** On a busy machine threads seldom run at the same time. */
    private static final int ATTEMPTS = 5;

    static List<Twin> twins() {
        return Twins.ALL;
    }

    @ParameterizedTest
    @MethodSource("twins")
    void aMistakeIsSeen(Twin twin) throws Exception {
        Path classes = twin.compile();
        String[] options = Stream.concat(Stream.of("-t", twin.check().getName() + "$"), Stream.of(OPTIONS.split(" ")))
                .toArray(String[]::new);
        Verdict verdict = Verdict.HELD;
        for (int i = 0; i < ATTEMPTS && verdict == Verdict.HELD; i++) {
            verdict = Jcstress.run(twin.name(), List.of(classes), options);
        }
        assertThat(verdict).isEqualTo(Verdict.FORBIDDEN_SEEN);
    }
}
