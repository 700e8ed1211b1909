package dev.ratelimit.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Quota;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What the metrics are in registries: bounded, told apart, complete, and for nothing more of garbage. */
class RegistriesTest extends CountedLimiterTest {

    @Test
    void aTagHasAtMost100ValuesAndThenOther() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        for (int i = 0; i < 3_000; i++) {
            limiter.tryAcquire(Caller.of("acme", tier("tier " + i, Quota.perDay(0))), "chat");
        }

        Set<String> tiers = new TreeSet<>();
        for (Meter meter : registry.find("ratelimit.rejections").meters()) {
            tiers.add(String.valueOf(meter.getId().getTag("tier")));
        }
        assertThat(tiers).hasSize(100).contains("tier 0", "tier 98", "other").doesNotContain("tier 99");
        assertThat(count(
                        "ratelimit.rejections",
                        "tier",
                        "other",
                        "member",
                        "none",
                        "table",
                        "t",
                        "scope",
                        "chat",
                        "cause",
                        "larger-than-limit"))
                .isEqualTo(2_901);
    }

    @Test
    void tagsArePrintableAndBounded() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        limiter.tryAcquire(Caller.of("acme", tier("a\r\n\ud800" + "x".repeat(1 << 20), Quota.perDay(0))), "chat");

        assertThat(valuesOf(registry)).allMatch(value -> value.length() <= 256 && !value.contains("\n"));
    }

    @Test
    void limitersAreToldApartByTheirTags() {
        RateLimitMetrics outgoing = RateLimitMetrics.create(Tag.of("limiter", "outgoing"));
        outgoing.bindTo(registry);
        limiter(TRIAL).tryAcquire("acme", "chat");
        limiter(TRIAL).tryAcquire("acme", "chat");
        InMemoryRateLimiter.builder().tier(TRIAL).listener(outgoing).build().tryAcquire("acme", "chat");

        assertThat(registry.get("ratelimit.decisions")
                        .tags("limiter", "outgoing", "tier", "trial", "outcome", "admitted")
                        .functionCounter()
                        .count())
                .isEqualTo(1);
        assertThat(valuesOf(registry)).contains("outgoing");
    }

    @Test
    void aRegistryThatIsBoundLaterHasAllThatWasCounted() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        limiter.tryAcquire("acme", "chat");
        SimpleMeterRegistry later = new SimpleMeterRegistry();
        metrics.bindTo(later);
        limiter.tryAcquire("acme", "chat");
        limiter.tryAcquire("acme", "chat");

        for (MeterRegistry each : List.of(registry, later)) {
            assertThat(count(each, "ratelimit.decisions", "tier", "trial", "outcome", "admitted"))
                    .isEqualTo(2);
            assertThat(count(each, "ratelimit.decisions", "tier", "trial", "outcome", "rejected"))
                    .isEqualTo(1);
        }
    }

    @Test
    void threadsThatMeetTiersAndRegistriesAtOnceLoseNothing() throws Exception {
        int threads = 4;
        int calls = 2_000;
        InMemoryRateLimiter limiter = limiter(TRIAL);
        List<SimpleMeterRegistry> registries = new ArrayList<>();
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            SimpleMeterRegistry own = new SimpleMeterRegistry();
            registries.add(own);
            Thread thread = new Thread(() -> {
                awaitQuietly(start);
                for (int i = 0; i < calls; i++) {
                    if (i == calls / 2) {
                        metrics.bindTo(own);
                    }
                    limiter.tryAcquire(Caller.of("acme", tier("tier " + i % 50, Quota.perDay(0))), "chat");
                }
            });
            thread.start();
            running.add(thread);
        }
        start.countDown();
        for (Thread thread : running) {
            thread.join();
        }

        for (MeterRegistry each : registries) {
            double all = 0;
            for (int i = 0; i < 50; i++) {
                all += count(each, "ratelimit.decisions", "tier", "tier " + i, "outcome", "rejected");
            }
            assertThat(all).isEqualTo(threads * calls);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void anAdmissionAllocatesNothingMore() {
        Caller caller = Caller.of("acme", TRIAL);
        Usage usage = Usage.of(Unit.TOKENS, 3);
        count(caller, usage, 1_000);

        Allocation allocation = new Allocation();
        count(caller, usage, 10_000);

        assertThat(allocation.bytes()).isLessThan(10_000);
        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "admitted"))
                .isEqualTo(11_000);
    }

    private void count(Caller caller, Usage usage, int times) {
        for (int i = 0; i < times; i++) {
            metrics.onAdmitted(caller, "chat", usage);
            metrics.onSettled(caller, "chat", usage, usage);
        }
    }
}
