package dev.ratelimit.bench;

import io.lettuce.core.api.sync.RedisCommands;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What some runs of one limiter on Redis have shown. For one thread. */
final class Series {

    private final RedisRival rival;
    private final RedisCommands<String, String> server;
    private final List<InFlight.Pace> runs = new ArrayList<>();
    private long sent;
    private double busySeconds;

    Series(RedisRival rival, RedisCommands<String, String> server) {
        this.rival = rival;
        this.server = server;
    }

    void run(int organizations, int inFlight, long nanos) throws InterruptedException {
        server.configResetstat();
        double before = processorSeconds();
        runs.add(InFlight.measure(rival, organizations, inFlight, nanos));
        busySeconds += processorSeconds() - before;
        sent += rival.sent(new CommandCounts(server.info("commandstats")));
    }

    /** Returns the decisions in a second, the median of the runs. */
    double perSecond() {
        double[] rates =
                runs.stream().mapToDouble(InFlight.Pace::perSecond).sorted().toArray();
        return rates[rates.length / 2];
    }

    /** Returns the time in microseconds in which 99 of 100 calls of all runs were answered. */
    double p99() {
        long[] nanos = latencies().mapToLong(Long::longValue).sorted().toArray();
        return nanos[nanos.length * 99 / 100] / 1e3;
    }

    /** Returns how many commands were sent for each decision. */
    double commands() {
        return (double) sent / latencies().count();
    }

    /** Returns the processor time in microseconds that the server took for each decision, the kernel's included. */
    double serverMicros() {
        return 1e6 * busySeconds / latencies().count();
    }

    private double processorSeconds() {
        return server.info("cpu")
                .lines()
                .filter(line -> line.matches("used_cpu_(user|sys):.*"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(':') + 1)))
                .sum();
    }

    private Stream<Long> latencies() {
        return runs.stream().flatMap(run -> run.latencies().stream());
    }
}
