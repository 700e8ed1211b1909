package dev.ratelimit.bench;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.RateLimiter;
import dev.ratelimit.bench.Phases.Phase;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every limiter runs through the same {@link Phases} with the real clock, all at the same time. */
class PeersTest {

    private static final int AMOUNT = 10;
    private static final int MOST_ROUNDS = 10;
    private static final Duration FIFTH = Duration.ofMillis(200);
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** What a limiter admitted in the phase that had its worst window. */
    record Measured(String name, Duration window, Phase phase) {

        long worst() {
            return phase.worst();
        }

        String configured() {
            return AMOUNT + " per " + (window.equals(SECOND) ? "1 s" : window.toMillis() + " ms");
        }

        String row() {
            return "| %s | %s | %d |".formatted(name, configured(), worst());
        }
    }

    private static List<Measured> ours = List.of();
    private static List<Measured> peers = List.of();

    @BeforeAll
    static void runAll() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<Measured>> our = List.of(
                    threads.submit(() -> rounds(FIFTH, window -> RatelimitRival.of(AMOUNT, window))),
                    threads.submit(() -> rounds(SECOND, window -> RatelimitRival.of(AMOUNT, window))));
            List<Future<Measured>> their = List.of(
                    threads.submit(() -> untilTooMuch(FIFTH, window -> Bucket4jRival.of(AMOUNT, window))),
                    threads.submit(() -> untilTooMuch(FIFTH, window -> Resilience4jRival.of(AMOUNT, window))),
                    threads.submit(() -> untilTooMuch(FIFTH, window -> FailsafeRival.of(AMOUNT, window))),
                    threads.submit(() -> untilTooMuch(FIFTH, window -> SmallRyeRival.of(AMOUNT, window))),
                    threads.submit(() -> untilTooMuch(SECOND, window -> GuavaRival.of(AMOUNT, window))),
                    threads.submit(() -> untilTooMuch(SECOND, window -> RatelimitjRival.of(AMOUNT, window))),
                    threads.submit(() -> untilTooMuch(SECOND, window -> SentinelRival.of(AMOUNT, window))));
            ours = all(our);
            peers = all(their);
        } finally {
            threads.shutdownNow();
        }
        write();
    }

    private static Measured wholeRound(Duration window, Function<Duration, Rival> rivals) {
        rivals.apply(window).tryAcquire(); // loads the classes, so that no call of a phase does
        Rival rival = rivals.apply(window);
        Phases phases = new Phases(rival, window);
        Phase worst = phases.run(0);
        for (int number = 1; number < Phases.NUMBER; number++) {
            worst = worse(worst, phases.run(number));
        }
        return new Measured(rival.name(), window, worst);
    }

    private static Phase worse(Phase one, Phase other) {
        return other.worst() > one.worst() ? other : one;
    }

    /** Runs rounds for the same time whatever the window, about nine seconds: five of 200 ms, or one of a second. */
    private static Measured rounds(Duration window, Function<Duration, Rival> rivals) {
        Measured measured = wholeRound(window, rivals);
        for (int round = 1; round < SECOND.dividedBy(window); round++) {
            measured = new Measured(
                    measured.name(),
                    window,
                    worse(measured.phase(), wholeRound(window, rivals).phase()));
        }
        return measured;
    }

    /** Goes on until one has shown too much: on a busy machine a thread may miss the moment. */
    private static Measured untilTooMuch(Duration window, Function<Duration, Rival> rivals) {
        Measured measured = rounds(window, rivals);
        for (int more = 1; more < MOST_ROUNDS && measured.worst() <= AMOUNT; more++) {
            measured = rounds(window, rivals);
        }
        return measured;
    }

    private static List<Measured> all(List<Future<Measured>> futures) throws Exception {
        List<Measured> measured = new ArrayList<>();
        for (Future<Measured> future : futures) {
            measured.add(future.get());
        }
        return measured;
    }

    private static void write() throws IOException {
        List<String> lines = new ArrayList<>(List.of("| limiter | configured | worst window |", "|---|---|---|"));
        ours.forEach(measured -> lines.add(measured.row()));
        peers.forEach(measured -> lines.add(measured.row()));
        Path report = Path.of(requireNonNull(System.getProperty("peers.report")));
        Files.write(report, lines);
        List<Measured> all = new ArrayList<>(ours);
        all.addAll(peers);
        PeersChart.write(all, AMOUNT, report.resolveSibling("peers.png"));
    }

    @Test
    void thisLibraryAdmitsTheAmountAndNeverMore() {
        assertThat(ours)
                .hasSize(2)
                .allSatisfy(measured -> assertThat(measured.worst()).isEqualTo(AMOUNT));
    }

    @Test
    void everyPeerAdmitsMoreThanTheAmountInSomeWindow() {
        assertThat(peers)
                .hasSize(7)
                .allSatisfy(measured -> assertThat(measured.worst()).isGreaterThan(AMOUNT));
    }

    @Test
    void theWorstWindowsAreDrawn() throws IOException {
        BufferedImage picture = ImageIO.read(Path.of(requireNonNull(System.getProperty("peers.report")))
                .resolveSibling("peers.png")
                .toFile());

        assertThat(picture.getWidth()).isEqualTo(1_800); // three columns
        assertThat(picture.getHeight()).isEqualTo(1_200); // three rows: two of ours, and seven peers
    }

    /** It lets the next caller wait for what this one took. */
    @Test
    void guavaAdmitsAnyNumberOfUnitsAtOnce() {
        assertThat(RateLimiter.create(5).tryAcquire(5_000)).isTrue();
    }
}
