package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Reservation;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A connection that is cut anywhere: all is sent again, and nothing is booked twice. */
class CutConnectionTest extends FaultInjectingTest {

    /* Up to the length of an answer to a call under two limits, in steps that fall on all parts of a number. */
    private static final int[] PLACES =
            IntStream.iterate(0, i -> i + 7).limit(12).toArray();

    private CuttingProxy proxy;
    private RedisRateLimiter limiter;

    @BeforeEach
    void build() {
        proxy = open(new CuttingProxy(open(new RedisServer())));
        limiter = patient(proxy.uri());
        assertUsed(limiter, 0);
    }

    @Test
    void aChargeIsBookedOnceWhereverItsAnswerIsCut() {
        for (int bytes : PLACES) {
            proxy.cutNextAnswerAfter(bytes);
            assertThat(admits(limiter, 1)).isTrue();
        }
        assertUsed(limiter, PLACES.length);
        assertThat(proxy.cutsDone()).isEqualTo(PLACES.length);
    }

    /** A part of an answer must not be taken for the beginning of the next one. */
    @Test
    void whatIsUsedIsToldRightlyWhereverTheAnswerIsCut() {
        assertThat(admits(limiter, 300)).isTrue();
        for (int bytes : new int[] {10, 30, 50}) {
            proxy.cutNextAnswerAfter(bytes);
            assertUsed(limiter, 300);
            proxy.cutNextAnswerAfter(bytes);
            assertThat(limiter.status("acme")).extracting(LimitStatus::used).containsExactly(300L, 300L);
        }
    }

    @Test
    void aChargeIsBookedOnceWhereverItIsCutItself() {
        for (int bytes : PLACES) {
            proxy.cutNextRequestAfter(9 * bytes);
            assertThat(admits(limiter, 1)).isTrue();
        }
        assertUsed(limiter, PLACES.length);
        assertThat(proxy.cutsDone()).isEqualTo(PLACES.length);
    }

    @Test
    void aChargeIsBookedOnceThoughTheAnswersToItsRepetitionsAreCutToo() {
        IntStream.range(0, 5).forEach(i -> proxy.cutNextAnswer());
        assertThat(admits(limiter, 7)).isTrue();
        assertUsed(limiter, 7);
        assertThat(proxy.cutsDone()).isEqualTo(5);
    }

    /** To settle with more than the estimate charges, to cancel gives back: both would show if they were done twice. */
    @Test
    void whatAReservationIsGivenMoreAndItsEndAreBookedOnce() {
        assertThat(admits(limiter, 500)).isTrue();
        Reservation settled = limiter.reserve("acme", "chat", tokens(100));
        Reservation cancelled = limiter.reserve("acme", "chat", tokens(50));
        proxy.cutNextAnswer();
        assertThat(settled.use(tokens(120)).isAdmitted()).isTrue();
        assertUsed(limiter, 670);
        proxy.cutNextAnswer();
        assertThat(settled.settle(tokens(130))).isTrue();
        assertUsed(limiter, 680);
        proxy.cutNextAnswer();
        assertThat(cancelled.cancel()).isTrue();
        assertUsed(limiter, 630);
        assertThat(proxy.cutsDone()).isEqualTo(3);
    }

    @Test
    void manyCallsOnTheirWayAreBookedOnceEach() {
        IntStream.of(1, 60, 200, 2_000).forEach(proxy::cutNextAnswerAfter);
        List<CompletableFuture<Decision>> calls = calls(300);
        assertThat(calls).allSatisfy(call -> assertThat(call.join()).isEqualTo(Decision.admitted()));
        assertUsed(limiter, 300);
        assertThat(proxy.cutsDone()).isEqualTo(4);
    }

    /** Lettuce does not send the oldest of them again, but fails it; it may have been charged. */
    @Test
    void manyCallsOnTheirWayAreBookedAtMostOnceEachWhenTheConnectionIsReset() {
        proxy.hold();
        List<CompletableFuture<Decision>> calls = calls(300);
        proxy.resetAtNextAnswer();
        proxy.letGo();
        long admitted = calls.stream().filter(call -> call.join().isAdmitted()).count();
        assertThat(admitted).isPositive();
        assertThat(limiter.status("acme", "chat"))
                .extracting(LimitStatus::used)
                .allSatisfy(used -> assertThat(used).isBetween(admitted, 300L));
        assertThat(proxy.cutsDone()).isEqualTo(1);
    }

    private List<CompletableFuture<Decision>> calls(int number) {
        return Stream.generate(() -> limiter.async().tryAcquire("acme", "chat", tokens(1)))
                .limit(number)
                .map(CompletionStage::toCompletableFuture)
                .toList();
    }
}
