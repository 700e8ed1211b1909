package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import java.lang.reflect.Method;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** A server that takes longer than callers wait. */
class SlowServerTest extends FaultInjectingTest {

    /** Nothing but the limiter's patience ends the calls: the server answers none until all are decided. */
    @Test
    void callsAreDecidedWithoutItUntilItAnswersAgainAndWhatItWasSentStaysCharged() throws InterruptedException {
        CuttingProxy proxy = open(new CuttingProxy(open(new RedisServer())));
        RedisRateLimiter limiter = impatient(proxy.uri());
        assertThat(admits(limiter, 1)).isTrue();
        proxy.hold();
        int[] asked = new int[1];
        assertThat(outages.nextDuring(() -> {
                    asked[0]++;
                    assertThat(limiter.tryAcquire("acme", "chat", tokens(1)))
                            .isInstanceOfSatisfying(
                                    Rejected.class,
                                    rejected -> assertThat(rejected.cause()).isEqualTo(new StoreUnavailable()));
                }))
                .contains("TimeoutException");
        proxy.letGo();
        assertThat(outages.nextDuring(() -> limiter.peek("acme", "chat", tokens(1))))
                .isEqualTo("back");
        // Listeners hear of it a little later: more calls may have been decided, but none has asked.
        assertThat(asked[0]).isGreaterThanOrEqualTo(3);
        assertUsed(limiter, 1 + 3);
    }

    /**
     * None is answered until all have asked, so that a thread that kept its carrier while it waits would keep the last
     * ones from asking.
     */
    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void moreVirtualThreadsWaitForItThanThereCanBeCarriers() throws Exception {
        int threads = 300; // the JDK makes 256 carriers at most, unless there are more processors
        CountDownLatch unasked = new CountDownLatch(threads);
        CountDownLatch unanswered = new CountDownLatch(threads);
        CuttingProxy proxy = open(new CuttingProxy(open(new RedisServer())));
        RedisRateLimiter limiter = open(builder(proxy.uri())
                .timeout(LONG)
                .tiers(organization -> {
                    unasked.countDown();
                    return TIER;
                })
                .build());
        proxy.hold();
        Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
        for (int i = 0; i < threads; i++) {
            Runnable call = () -> {
                if (admits(limiter, 1)) {
                    unanswered.countDown();
                }
            };
            start.invoke(null, call);
        }
        assertThat(unasked.await(LONG.toSeconds() / 2, TimeUnit.SECONDS)).isTrue();
        assertThat(unanswered.getCount()).isEqualTo(threads);
        proxy.letGo();
        assertThat(unanswered.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertUsed(limiter, threads);
    }
}
