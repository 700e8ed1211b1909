package dev.ratelimit.bench;

import com.zaxxer.hikari.HikariDataSource;
import dev.ratelimit.Quota;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A JVM whose threads call for all organizations in turn, for each until it is refused. It first does so for a while
 * with other organizations, so that its code is compiled. Then it writes "ready", waits for a line, and writes how many
 * calls it made, {@link CallTimes#perMille} of them, and how many of each organization were admitted.
 */
final class DrainingMachine {

    static final int THREADS = 4;

    private final SqlRival rival;
    private final int offset;
    private final int organizations;
    private final long nanos;
    private final AtomicIntegerArray admitted;
    private final AtomicIntegerArray refused;
    private final AtomicInteger open;

    /**
     * Makes it.
     *
     * @param offset the number of its first organization
     */
    private DrainingMachine(SqlRival rival, int offset, int organizations, long nanos) {
        this.rival = rival;
        this.offset = offset;
        this.organizations = organizations;
        this.nanos = nanos;
        this.admitted = new AtomicIntegerArray(organizations);
        this.refused = new AtomicIntegerArray(organizations);
        this.open = new AtomicInteger(organizations);
    }

    /**
     * Runs until all organizations are refused, or the time is over.
     *
     * @param arguments the name of a {@link SqlLimiter}, the URL of the database, a schema, the number of
     *     organizations, the amount of each, the seconds after which it stops, where in the turn it begins, and
     *     for how many seconds it calls for other organizations before
     */
    public static void main(String... arguments) throws Exception {
        int organizations = Integer.parseInt(arguments[3]);
        Scopes quota = new Scopes("1", List.of(List.of(Quota.perMonth(Long.parseLong(arguments[4])))));
        long nanos = TimeUnit.SECONDS.toNanos(Long.parseLong(arguments[5]));
        int first = Integer.parseInt(arguments[6]);
        long warmUp = TimeUnit.SECONDS.toNanos(Long.parseLong(arguments[7]));
        SqlLimiter limiter = SqlLimiter.valueOf(arguments[0]);
        try (HikariDataSource pool = SqlServer.pool(arguments[1], arguments[2], THREADS)) {
            try (SqlRival rival = limiter.open(pool, quota, 2 * organizations)) {
                String unused = new DrainingMachine(rival, organizations, organizations, warmUp).drain(first);
            }
            try (SqlRival rival = limiter.open(pool, quota, organizations)) {
                DrainingMachine machine = new DrainingMachine(rival, 0, organizations, nanos);
                System.out.println("ready");
                if (System.in.read() >= 0) {
                    System.out.println(machine.drain(first));
                }
            }
        }
    }

    private String drain(int first) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        AskingThreads.Pace pace = AskingThreads.measure(THREADS, (thread, times) -> {
            int organization = (first + thread * organizations / THREADS) % organizations;
            long asked = System.nanoTime();
            while (open.get() > 0 && asked - end < 0) {
                if (refused.get(organization) == 0) {
                    call(organization);
                    times.add(System.nanoTime() - asked);
                }
                organization = (organization + 1) % organizations;
                asked = System.nanoTime();
            }
        });
        long calls = pace.times().stream().mapToLong(CallTimes::count).sum();
        return Stream.of(
                        LongStream.of(calls),
                        LongStream.of(CallTimes.perMille(pace.times())),
                        IntStream.range(0, organizations).mapToLong(admitted::get))
                .flatMap(LongStream::boxed)
                .map(String::valueOf)
                .collect(Collectors.joining(" "));
    }

    private void call(int organization) {
        if (rival.ask(offset + organization)) {
            admitted.incrementAndGet(organization);
        } else if (refused.compareAndSet(organization, 0, 1)) {
            open.decrementAndGet();
        }
    }
}
