package dev.ratelimit.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a number of calls under way for a time: as soon as one is answered, the next is asked for, on the thread that
 * brought the answer.
 */
final class InFlight {

    private final RedisRival rival;
    private final int organizations;
    private final long nanos;
    private final CountDownLatch running;
    private final long start = System.nanoTime();
    private volatile @Nullable Throwable failure;

    private InFlight(RedisRival rival, int organizations, int inFlight, long nanos) {
        this.rival = rival;
        this.organizations = organizations;
        this.nanos = nanos;
        running = new CountDownLatch(inFlight);
    }

    /**
     * What was seen.
     *
     * @param perSecond decisions in a second
     * @param latencies the time of each in nanoseconds, in any order
     */
    record Pace(double perSecond, List<Long> latencies) {}

    /** Asks for calls of organizations at random; throws {@link IllegalStateException} if one is refused. */
    static Pace measure(RedisRival rival, int organizations, int inFlight, long nanos) throws InterruptedException {
        return new InFlight(rival, organizations, inFlight, nanos).run(inFlight);
    }

    private Pace run(int inFlight) throws InterruptedException {
        SplittableRandom seeds = new SplittableRandom(inFlight);
        List<Lane> lanes = new ArrayList<>();
        for (int i = 0; i < inFlight; i++) {
            lanes.add(new Lane(seeds.split()));
        }
        lanes.forEach(Lane::ask);
        running.await();
        double seconds = (System.nanoTime() - start) / 1e9;
        Throwable failed = failure;
        if (failed != null) {
            throw new CompletionException(failed);
        }
        List<Long> latencies =
                lanes.stream().flatMap(lane -> lane.latencies.stream()).toList();
        return new Pace(latencies.size() / seconds, latencies);
    }

    /** One call under way. What it keeps is handed on from thread to thread with the answers. */
    private final class Lane {

        private final SplittableRandom random;
        private final List<Long> latencies = new ArrayList<>();
        private long asked;

        Lane(SplittableRandom random) {
            this.random = random;
        }

        void ask() {
            asked = System.nanoTime();
            if (failure != null || asked - start >= nanos) {
                running.countDown();
                return;
            }
            try {
                rival.ask(random.nextInt(organizations)).whenComplete(this::answered);
            } catch (RuntimeException e) {
                answered(null, e);
            }
        }

        private void answered(@Nullable Boolean admitted, @Nullable Throwable thrown) {
            if (thrown != null || !Boolean.TRUE.equals(admitted)) {
                failure = thrown != null ? thrown : new IllegalStateException("every call must be admitted");
                running.countDown();
                return;
            }
            latencies.add(System.nanoTime() - asked);
            ask();
        }
    }
}
