package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TwinsTest {

    static List<Twin> twins() {
        return Twins.ALL;
    }

    @ParameterizedTest
    @MethodSource("twins")
    void aTwinIsTheShippedSourceWithOneMistake(Twin twin) throws Exception {
        assertThat(twin.compile()).isNotEmptyDirectory();
    }
}
