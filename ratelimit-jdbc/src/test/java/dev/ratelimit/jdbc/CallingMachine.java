package dev.ratelimit.jdbc;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/**
 * A JVM whose threads call for organizations until they are refused, and write down each call that is admitted. They
 * wait while the database is away.
 */
final class CallingMachine {

    private static final int THREADS = 4;

    private CallingMachine() {}

    static InMemoryRateLimiter limiter(DataSource dataSource, long amount) {
        LimitTable table = LimitTable.named("calls per month").allTogether(Quota.perMonth(amount));
        return InMemoryRateLimiter.builder()
                .tier(Tier.named("tier").table(table).build())
                .quotas(JdbcQuotas.builder(dataSource)
                        .timeout(Duration.ofSeconds(20))
                        .build())
                .timeout(Duration.ofSeconds(20))
                .build();
    }

    static String organization(int number) {
        return "organization-" + number;
    }

    /**
     * Runs until all calls are refused, or the machine is killed. Each thread calls once, and goes on when the
     * other machines have called too.
     *
     * @param arguments the port and the schema of the database, the number of organizations, the amount of each, and a
     *     file for the calls that were admitted, each as the number of the organization
     */
    public static void main(String... arguments) throws Exception {
        int organizations = Integer.parseInt(arguments[2]);
        DataSource pool = PostgreSql.pool(Integer.parseInt(arguments[0]), arguments[1]);
        try (InMemoryRateLimiter limiter = limiter(pool, Long.parseLong(arguments[3]));
                DataOutputStream admitted = new DataOutputStream(new FileOutputStream(arguments[4]))) {
            AtomicInteger first = new AtomicInteger();
            AtomicInteger next = new AtomicInteger();
            if (isTold("ready")) {
                inThreads(() -> admits(limiter, first.getAndIncrement() % organizations, admitted));
            }
            if (isTold("called")) {
                inThreads(() -> call(limiter, next, organizations, admitted));
            }
        }
    }

    /** Says how far this machine is, and waits for the others. Returns false if the test has ended. */
    private static boolean isTold(String state) throws IOException {
        System.out.println(state);
        return System.in.read() >= 0;
    }

    private static void inThreads(Runnable calls) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(calls);
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** Calls for one organization after the other; all threads for the same one, if there are few. */
    private static void call(
            InMemoryRateLimiter limiter, AtomicInteger next, int organizations, DataOutputStream admitted) {
        for (int i = next.getAndIncrement(); i < Math.max(organizations, THREADS); i = next.getAndIncrement()) {
            int organization = i % organizations;
            while (admits(limiter, organization, admitted)) {}
        }
    }

    private static boolean admits(InMemoryRateLimiter limiter, int organization, DataOutputStream admitted) {
        Decision decision = limiter.tryAcquire(organization(organization), "chat");
        while (decision instanceof Rejected rejected && rejected.cause() instanceof StoreUnavailable) {
            pause();
            decision = limiter.tryAcquire(organization(organization), "chat");
        }
        if (decision.isAdmitted()) {
            write(organization, admitted);
        }
        return decision.isAdmitted();
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void write(int organization, DataOutputStream admitted) {
        synchronized (admitted) {
            try {
                admitted.writeInt(organization);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }
}
