package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** What holds when many threads call at once, on the clocks of the JVM. */
abstract class ThreadScenarios {

    private static final int THREADS = 4;
    private static final int CALLS_PER_THREAD = 5_000;

    private final RateLimiterContract contract;

    ThreadScenarios(RateLimiterContract contract) {
        this.contract = contract;
    }

    /** An admitted call: it was decided at some time from start to end, in nanoseconds. */
    record Call(long start, long end, long units) {}

    @RepeatedTest(3)
    void noWindowHoldsMoreThanTheAmount() throws Exception {
        long tenCalls = contract.timeOfACall().multipliedBy(10).toNanos();
        long ticks = Math.max(1, tenCalls / contract.resolution().toNanos());
        RateLimit brief = RateLimit.of(Unit.CALLS, 10, contract.resolution().multipliedBy(ticks));
        RateLimit longer = RateLimit.of(Unit.CALLS, 100, brief.window().multipliedBy(20));
        List<Call> admitted = admittedCalls(Scenarios.tierOf(brief, longer));
        assertThat(admitted).as("some calls were refused").hasSizeLessThan(THREADS * CALLS_PER_THREAD);
        assertNoWindowIsOverfull(admitted, brief);
        assertNoWindowIsOverfull(admitted, longer);
    }

    /** Calls that start at or after t and end before t + window were all decided in that window. */
    static void assertNoWindowIsOverfull(List<Call> calls, RateLimit limit) {
        List<Call> byStart = calls.stream()
                .sorted((a, b) -> Long.signum(a.start() - b.start()))
                .toList();
        long window = limit.window().toNanos();
        for (int i = 0; i < byStart.size(); i++) {
            long t = byStart.get(i).start();
            long units = byStart.subList(i, byStart.size()).stream()
                    .takeWhile(call -> call.start() - t < window)
                    .filter(call -> call.end() - t < window)
                    .mapToLong(Call::units)
                    .sum();
            assertThat(units).as("%s, in the window from call %d on", limit, i).isLessThanOrEqualTo(limit.amount());
        }
    }

    @Test
    void aQuotaIsSpentToTheLastUnitAndNotBeyond() throws Exception {
        List<Call> admitted = admittedCalls(Scenarios.tierOf(Quota.lifetime(Unit.CALLS, 1_000)));
        assertThat(admitted.stream().mapToLong(Call::units).sum()).isEqualTo(1_000);
    }

    @Test
    void everyLimitIsChargedExactlyWhatIsAdmitted() throws Exception {
        Quota smaller = Quota.lifetime(Unit.CALLS, 900);
        Quota larger = Quota.lifetime(Unit.CALLS, 2_000);
        Tier tier = Scenarios.tierOf(RateLimit.perDay(1_000), smaller, larger);
        RateLimiter limiter = contract.create(organization -> tier, TimeSource.system());
        List<Call> admitted = admittedCalls(limiter);
        long units = admitted.stream().mapToLong(Call::units).sum();
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsOnly(units);
    }

    private List<Call> admittedCalls(Tier tier) throws InterruptedException, ExecutionException {
        return admittedCalls(contract.create(organization -> tier, TimeSource.system()));
    }

    private static List<Call> admittedCalls(RateLimiter limiter) throws InterruptedException, ExecutionException {
        return Race.of(THREADS, thread -> call(limiter)).stream()
                .flatMap(List::stream)
                .toList();
    }

    private static List<Call> call(RateLimiter limiter) {
        List<Call> admitted = new ArrayList<>();
        for (int i = 0; i < CALLS_PER_THREAD; i++) {
            int units = 1 + i % 3;
            Usage usage = Usage.of(Unit.CALLS, units);
            long start = System.nanoTime();
            if (limiter.tryAcquire("acme", "chat", usage).isAdmitted()) {
                admitted.add(new Call(start, System.nanoTime(), units));
            }
        }
        return admitted;
    }
}
