package dev.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Member;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutgoingLimiterTest {

    private static final Duration MARGIN = Duration.ofMillis(500);
    private static final Map<String, List<String>> IN_12_S = Map.of("Retry-After", List.of("12"));

    private final ManualTime time = new ManualTime();

    @Test
    void callsWaitForWhatTheVendorAskedFor() throws Exception {
        OutgoingLimiter vendor = limiter("10 calls per minute");

        assertThat(vendor.observe("us", "chat", 429, IN_12_S)).contains(Duration.ofSeconds(12));

        Rejected no = (Rejected) vendor.tryAcquire("us", "chat");
        assertThat(no.cause()).isEqualTo(new AskedToWait("chat"));
        assertThat(no.message()).isEqualTo("Endpoint \"chat\" asked to be called later");
        assertThat(no.suggestedStatus()).isEqualTo(503);
        assertThat(no.retryAfter()).contains(Duration.ofSeconds(12));
        assertThat(vendor.tryAcquire("us", "embed").isAdmitted()).isTrue();
        assertThat(vendor.tryAcquire("them", "chat").isAdmitted()).isTrue();
        long start = time.nanoTime();
        assertThat(vendor.waiting(Duration.ofMinutes(1)).acquire("us", "chat").isAdmitted())
                .isTrue();
        assertThat(time.nanoTime() - start)
                .isGreaterThanOrEqualTo(Duration.ofSeconds(12).toNanos());
        assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isTrue();
    }

    @Test
    void theMembersOfACallAreAskedForToo() {
        Tier each = Given.tier(RateLimit.perMinute(1));
        Tier ours = Given.tier(RateLimit.perMinute(10)).withMember("user", each);
        RateLimiter limiter = new ReferenceRateLimiter(organization -> ours, time);
        OutgoingLimiter vendor = OutgoingLimiter.of(limiter).withMargin(MARGIN);
        Caller one = vendor.caller("us").member("user", "u1");

        assertThat(vendor.tryAcquire(one, "chat").isAdmitted()).isTrue();
        assertThat(vendor.tryAcquire(vendor.caller("us").member("user", "u2"), "chat")
                        .isAdmitted())
                .isTrue();
        Rejected no = (Rejected) vendor.tryAcquire(one, "chat");
        assertThat(((LimitReached) no.cause()).applied().member()).contains(new Member("user", "u1"));
        assertThat(((LimitReached) no.cause()).applied().limit())
                .isEqualTo(RateLimit.of(Unit.CALLS, 1, Duration.ofMinutes(1).plus(MARGIN)));
    }

    @Test
    void aLaterAnswerShortensNoWait() {
        OutgoingLimiter vendor = limiter("10 calls per minute");
        vendor.observe("us", "chat", 429, IN_12_S);

        assertThat(vendor.observe("us", "chat", 200, Map.of())).isEmpty();
        assertThat(vendor.observe("us", "chat", 429, Map.of("Retry-After", List.of("0"))))
                .contains(Duration.ZERO);
        vendor.observe("us", "chat", 429, Map.of("Retry-After", List.of("3")));

        assertThat(wait(vendor.tryAcquire("us", "chat"))).isEqualTo(Duration.ofSeconds(12));
        vendor.observe("us", "chat", 429, Map.of("Retry-After", List.of("20")));
        assertThat(wait(vendor.tryAcquire("us", "chat"))).isEqualTo(Duration.ofSeconds(20));
    }

    @Test
    void noAnswerStopsCallsForLongerThanTheCap() {
        OutgoingLimiter vendor = limiter("10 calls per minute").withCap(Duration.ofSeconds(5));

        assertThat(vendor.observe("us", "chat", 429, IN_12_S)).contains(Duration.ofSeconds(5));
        time.advance(Duration.ofSeconds(5));

        assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isTrue();
    }

    @Test
    void everyQuestionRespectsTheWait() throws Exception {
        OutgoingLimiter vendor = limiter("10 calls per minute");
        vendor.observe("us", "chat", 503, IN_12_S);
        AsyncRateLimiter async = vendor.async();
        Usage call = Usage.call();

        assertAsked(vendor.peek("us", "chat", call));
        assertAsked(vendor.reserve("us", "chat", call).decision());
        assertAsked(vendor.bind("us", "chat").tryAcquire());
        assertAsked(async.tryAcquire("us", "chat").toCompletableFuture().get());
        assertAsked(async.peek("us", "chat", call).toCompletableFuture().get());
        assertAsked(
                async.reserve("us", "chat", call).toCompletableFuture().get().decision());
        Decision told = vendor.reporting().tryAcquire("us", "chat");
        assertAsked(told);
        assertThat(told.limits()).hasSize(1);
        OutgoingLimiter reporting = vendor.reporting();
        assertThat(reporting.reporting()).isSameAs(reporting);
        Decision toldLater = vendor.reporting()
                .async()
                .tryAcquire("us", "chat")
                .toCompletableFuture()
                .get();
        assertThat(toldLater.limits()).isEqualTo(told.limits());
    }

    @Test
    void whatHasHappenedIsChargedWhileCallsWait() throws Exception {
        OutgoingLimiter vendor = limiter("10 calls per minute");
        vendor.observe("us", "chat", 503, IN_12_S);
        AsyncRateLimiter async = vendor.async();

        assertThat(vendor.record("us", "chat", Usage.call()).isCharged()).isTrue();
        assertThat(async.record("us", "chat", Usage.call())
                        .toCompletableFuture()
                        .get()
                        .isCharged())
                .isTrue();

        assertThat(vendor.status("us", "chat").get(0).used()).isEqualTo(2);
        assertThat(vendor.status("us")).isEqualTo(vendor.status("us", "chat"));
        assertThat(async.status("us").toCompletableFuture().get()).isEqualTo(vendor.status("us"));
        assertThat(async.status("us", "chat").toCompletableFuture().get()).isEqualTo(vendor.status("us"));
        assertThat(async.caller("us")).isEqualTo(vendor.caller("us"));
    }

    @Test
    void aCallThatIsNotHeldIsDecidedByTheLimits() throws Exception {
        OutgoingLimiter vendor = limiter("3 calls per minute");
        AsyncRateLimiter async = vendor.async();

        assertThat(vendor.peek("us", "chat", Usage.call()).isAdmitted()).isTrue();
        assertThat(async.peek("us", "chat", Usage.call())
                        .toCompletableFuture()
                        .get()
                        .isAdmitted())
                .isTrue();
        assertThat(async.tryAcquire("us", "chat").toCompletableFuture().get().isAdmitted())
                .isTrue();
        Reservation reservation =
                async.reserve("us", "chat", Usage.call()).toCompletableFuture().get();
        assertThat(vendor.reserve("us", "chat", Usage.call()).decision().isAdmitted())
                .isTrue();
        assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isFalse();
        reservation.cancel();
        assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isTrue();
        Resolution refused = Rejected.permanent(new KeyUnknown(), "");
        assertThat(vendor.tryAcquire(refused, "chat")).isEqualTo(refused);
    }

    @Test
    void aWindowIsLongerByTheMargin() {
        OutgoingLimiter vendor = limiter("2 calls per 2 seconds").withMargin(MARGIN);
        vendor.tryAcquire("us", "chat");
        vendor.tryAcquire(vendor.caller("us"), "chat");

        assertThat(wait(vendor.tryAcquire("us", "chat"))).isEqualTo(Duration.ofMillis(2_500));
        time.advance(Duration.ofMillis(2_499));
        assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isFalse();
        time.advance(Duration.ofMillis(1));
        assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isTrue();
    }

    /** Calls are under way for up to the margin, and the vendor counts a call when it arrives. */
    @Test
    void aVendorThatCountsLateArrivalsSeesNoMoreThanItAllows() {
        OutgoingLimiter vendor = limiter("10 calls per 2 seconds").withMargin(MARGIN);
        RateLimiter atTheVendor = reference("10 calls per 2 seconds, exact");
        // The first calls take the whole margin to arrive, and later ones no time.
        int sent = 0;
        while (vendor.tryAcquire("us", "chat").isAdmitted()) {
            sent++;
        }
        time.advance(MARGIN);
        for (int i = 0; i < sent; i++) {
            assertThat(atTheVendor.tryAcquire("us", "chat").isAdmitted()).isTrue();
        }
        for (int step = 0; step < 5_000; step++) {
            if (vendor.tryAcquire("us", "chat").isAdmitted()) {
                assertThat(atTheVendor.tryAcquire("us", "chat").isAdmitted()).isTrue();
                sent++;
            }
            time.advance(Duration.ofMillis(1));
        }
        assertThat(sent).isEqualTo(30);
    }

    @Test
    void aBucketAndAQuotaRefuseForTheMarginLonger() {
        for (String limit : List.of("1 calls per 2 seconds with burst 1", "1 calls per fixed 2 seconds")) {
            OutgoingLimiter vendor = OutgoingLimiter.of(reference(limit)).withMargin(MARGIN);
            assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isTrue();

            Rejected no = (Rejected) vendor.tryAcquire("us", "chat");
            assertThat(no.retryAfter()).contains(Duration.ofMillis(2_500));
            assertThat(vendor.peek("us", "chat", Usage.call())).isEqualTo(no);
            time.advance(Duration.ofMillis(2_200));
            Rejected later = (Rejected) vendor.tryAcquire("us", "chat");
            assertThat(later.retryAfter()).contains(Duration.ofMillis(300));
            assertThat(later.cause()).isInstanceOf(LimitReached.class);
            assertThat(later.message()).isEqualTo(no.message()).startsWith("Slow down. Exceeded the limit of 1 call ");
            time.advance(Duration.ofMillis(300));
            assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isTrue();
            time.advance(Duration.ofMillis(1_500));
        }
    }

    /** A large call that was refused stops no small one that fits. */
    @Test
    void theMarginBeginsWhenTheWaitOfTheRefusalIsOver() {
        OutgoingLimiter vendor = limiter("1 calls per 2 seconds with burst 3").withMargin(MARGIN);
        vendor.tryAcquire("us", "chat", Usage.of(Unit.CALLS, 2));
        assertThat(vendor.tryAcquire("us", "chat", Usage.of(Unit.CALLS, 2)).isAdmitted())
                .isFalse();

        assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isTrue();
        time.advance(Duration.ofSeconds(2));
        assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isFalse();
        time.advance(MARGIN);
        assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isTrue();
    }

    @Test
    void aRefusalOfAReportingLimiterReportsWithItsMargin() {
        OutgoingLimiter vendor =
                limiter("1 calls per 2 seconds with burst 1").withMargin(MARGIN).reporting();
        vendor.tryAcquire("us", "chat");

        assertThat(vendor.tryAcquire("us", "chat").limits()).hasSize(1);
        assertThat(wait(vendor.reserve("us", "chat", Usage.call()).decision())).isEqualTo(Duration.ofMillis(2_500));
    }

    @Test
    void theLongestWindowGetsNoLonger() {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("t").each(RateLimit.of(Unit.CALLS, 1, Duration.ofNanos(1L << 60)), "chat"))
                .build();
        OutgoingLimiter vendor = OutgoingLimiter.of(new ReferenceRateLimiter(organization -> tier, time))
                .withMargin(MARGIN);

        assertThat(vendor.tryAcquire("us", "chat").isAdmitted()).isTrue();
        assertThat(wait(vendor.tryAcquire("us", "chat"))).isEqualTo(Duration.ofNanos(1L << 60));
    }

    @Test
    void whatIsOverIsDropped() {
        Holds holds = new Holds();
        Rejected refusal = Rejected.temporary(new AskedToWait("x"), "", 1);
        for (int i = 0; i < 5_000; i++) {
            holds.hold("us", "endpoint " + i, i, i + 10L, refusal, i);
        }
        assertThat(holds.size()).isLessThanOrEqualTo(1_024);
        assertThat(holds.refusal("us", "endpoint 4999", 5_008)).isNotNull();
        assertThat(holds.refusal("us", "endpoint 4999", 5_009)).isNull();
    }

    @Test
    void whatIsOutOfRangeIsRefused() {
        OutgoingLimiter vendor = limiter("1 calls per minute");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> vendor.withMargin(Duration.ofHours(2)))
                .withMessage("margin must be from 0 to 1 hour: margin=PT2H");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> vendor.withCap(Duration.ofNanos(-1)))
                .withMessage("cap must be from 0 to 366 days: cap=PT-0.000000001S");
    }

    private OutgoingLimiter limiter(String limit) {
        return OutgoingLimiter.of(reference(limit));
    }

    private RateLimiter reference(String limit) {
        Tier tier = Tier.named("vendor")
                .message("Slow down.")
                .table(LimitTable.named("t").each(Limit.parse(limit), "chat"))
                .build();
        return new ReferenceRateLimiter(organization -> tier, time);
    }

    private static Duration wait(Decision decision) {
        return ((Rejected) decision).retryAfter().orElseThrow();
    }

    private static void assertAsked(Decision decision) {
        assertThat(((Rejected) decision).cause()).isEqualTo(new AskedToWait("chat"));
    }
}
