package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A call is decided by what is known when it is made, and charged for the rest when it ends. */
class SettlingTest {

    private static final String TRACE = """
            at,in,out,took
            0,10,50,6
            1,10,70,2
            3,10,20,10
            4,10,0,0
            10,20,0,0
            13,50,0,0
            """;

    @TempDir
    Path folder;

    /*
     * 100 tokens in ten seconds. Charged at once, the first call uses 60, and of the others only that of 80 does not
     * fit. With the durations of the trace: 0: 10. Its 50 follow at 6. 1: 20. Its 70 follow at 3, before those of the
     * first call. 3: 90, and 10 more just fit. Its 20 follow at 13. 4: 100. The 10 of 0 expire in 6 s. 6: 150, that is
     * 50 too many. 10: 140. 20 fit when the 10 of 1 and the 80 of 3 have expired, in 3 s. 13: 70, those of 6 and the 20
     * of the call that ends now. 50 more fit when those of 6 have expired, in 3 s. If calls take no time, those of 0
     * and 1 leave 140 behind, 40 too many; the 60 of 0 expire at 10. If they take milliseconds, 50 of these expire 6 ms
     * later. If all take 6 s, four calls begin before the 50 at 6, the 70 at 7 and the 20 at 9: then 180 are in use. At
     * 10 it is 170, at 13 it is 150; enough of them have expired when the 70 have, at 17.
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            --charge tokens=in+out                                                           | \
            true 9 true true true true          | 0
            --charge tokens=in --charge-after tokens=out --duration took                     | \
            true true true 6 3 3                | 50
            --charge tokens=in --charge-after tokens=out                                     | \
            true true 7 6 true true             | 40
            --charge tokens=in --charge-after tokens=out --duration took --duration-unit ms  | \
            true true 7.006 6.006 0.006 true    | 40
            --charge tokens=in --charge-after tokens=out --duration 6s                       | \
            true true true true 7 4             | 80
            """)
    void callsThatOverlapAreDecidedBeforeTheEarlierOnesAreChargedInFull(String options, String decided, long overrun)
            throws IOException {
        Path decisions = folder.resolve("decisions.csv");

        Run run = replay(TRACE, options + " --limit tokens=100/10s --format json --decisions " + decisions);

        assertThat(run.err()).isEmpty();
        assertThat(Files.readAllLines(decisions).stream().skip(1).map(SettlingTest::answer))
                .containsExactly(decided.split(" ", -1));
        if (overrun == 0) {
            assertThat(run.out()).doesNotContain("overrun");
        } else {
            assertThat(run.out()).contains(",\"overrun\":" + overrun + "}");
        }
    }

    /** Returns true if the call was admitted, and else the wait. */
    private static String answer(String decision) {
        return decision.contains(",true,") ? "true" : decision.substring(decision.lastIndexOf(',') + 1);
    }

    @Test
    void callsThatOutlastTheTraceAreSettledToo() throws IOException {
        Run run = replay(
                "at,in,out\n0,10,1200\n",
                "--charge tokens=in --charge-after tokens=out --duration 30d"
                        + " --limit tokens=100/ever --limit calls=1/1m");

        assertThat(run).isEqualTo(new Run(0, """
                tokens=100/ever and calls=1/1m
                1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z

                calls     1
                admitted  1  100.0 %
                rejected  0    0.0 %

                rejected  by limit           scope    table            overrun by
                       0  100 tokens in all  default  tokens=100/ever       1,110

                organization  calls  admitted  rejected
                default           1         1         0  0.0 %
                """, ""));
    }

    @Test
    void whatIsChargedOnlyAfterwardsIsKnownToBeCharged() throws IOException {
        Run run = replay(TRACE, "--charge-after bananas=out --limit bananas=50/ever");

        assertThat(run.err()).isEmpty();
        // The 50 of the first call leave nothing, but a call that is not known to need any is refused by an overrun
        // only.
        assertThat(run.out())
                .contains("admitted  2 ", "       4  50 bananas in all  default  bananas=50/ever          70");
    }

    @Test
    void theDemoCanBeChargedAfterwards() {
        Run run = Run.of("--demo", "--charge-after", "tokens=tokens", "--duration", "2s", "--limit", "tokens=1/ever");

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("overrun by");
    }

    @Test
    void callsThatEndAtTheSameTimeAreSettledInTheOrderOfTheRows() {
        Tier tier = Tier.named("tokens")
                .table(LimitTable.named("tokens").eachOtherEndpoint(Quota.lifetime(Unit.TOKENS, 0)))
                .build();
        List<Long> overruns = new ArrayList<>();
        Replay replay = new Replay(tier, List.of(new DecisionListener() {
            @Override
            public void decided(Row row, Decision decision) {}

            @Override
            public void overran(LimitStatus status) {
                overruns.add(status.overrun());
            }
        }));

        for (int i = 0; i < 6; i++) {
            Usage used = Usage.of(Unit.TOKENS, 1L << i);
            replay.decide(new Row(i, "acme", "chat", Usage.call(), Optional.of(new Row.Outcome(9, used))));
        }
        replay.finish();

        assertThat(overruns).containsExactly(1L, 3L, 7L, 15L, 31L, 63L);
    }

    private Run replay(String trace, String options) throws IOException {
        Path file = Files.writeString(folder.resolve("trace.csv"), trace);
        List<String> args = new ArrayList<>(List.of(file.toString(), "--time", "at", "--time-unit", "s"));
        args.addAll(Arrays.asList(options.split(" +", -1)));
        return Run.of(args.toArray(String[]::new));
    }
}
