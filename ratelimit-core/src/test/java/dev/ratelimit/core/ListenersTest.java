package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.testkit.ManualTime;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ListenersTest {

    private static final Tier TIER = Tier.named("trial")
            .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(20), "chat"))
            .build();
    private static final Caller CALLER = Caller.of("acme", TIER);
    private static final Usage USAGE = Usage.call();
    private static final AppliedLimit LIMIT = TIER.limitsFor("chat").get(0);
    private static final Rejected REJECTED = Rejected.permanent(new LimitReached(LIMIT), "");
    private static final LimitStatus STATUS = LimitStatus.of(LIMIT, 19, 0, Optional.empty());

    private final List<String> heard = new ArrayList<>();
    private final FailureLog log = new FailureLog();
    private final ManualTime time = new ManualTime(ManualTime.DEFAULT_START, Long.MAX_VALUE);

    /** Notes every event with its arguments, and has a share of its own. */
    private RateLimitListener noting(String name, List<Double> share) {
        return (RateLimitListener) Proxy.newProxyInstance(
                ListenersTest.class.getClassLoader(),
                new Class<?>[] {RateLimitListener.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("nearLimitAt")) {
                        return share;
                    }
                    heard.add(name + " " + method.getName() + Arrays.asList(arguments));
                    return null;
                });
    }

    private RateLimitListener noting(String name) {
        return noting(name, List.of());
    }

    private static RateLimitListener throwing(Throwable thrown) {
        return new RateLimitListener() {
            @Override
            public void onForgotten(String organization) {
                sneak(thrown);
            }
        };
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    private Listeners listeners(RateLimitListener... listeners) {
        return new Listeners(List.of(listeners), new ThrottledLog(time, () -> log));
    }

    @Test
    void everyEventIsToldToEveryListenerInTheOrderInWhichTheyWereAdded() {
        Listeners listeners = listeners(noting("first"), noting("second"));
        Usage actual = Usage.call().andCharacters("hello");
        listeners.onDecided(CALLER, "chat", USAGE, Decision.admitted());
        listeners.onDecided(CALLER, "chat", USAGE, REJECTED);
        Recorded recorded = Recorded.charged(REJECTED);
        listeners.onRecorded(CALLER, "chat", USAGE, recorded);
        listeners.onRecorded(CALLER, "chat", USAGE, Recorded.notCharged(REJECTED));
        listeners.onSettled(CALLER, "chat", USAGE, actual);
        listeners.onCancelled(CALLER, "chat", USAGE);
        listeners.onForgotten("acme");
        List<String> events = List.of(
                "onAdmitted" + List.of(CALLER, "chat", USAGE),
                "onRejected" + List.of(CALLER, "chat", USAGE, REJECTED),
                "onRecorded" + List.of(CALLER, "chat", USAGE, recorded),
                "onSettled" + List.of(CALLER, "chat", USAGE, actual),
                "onCancelled" + List.of(CALLER, "chat", USAGE),
                "onForgotten[acme]");
        assertThat(heard)
                .containsExactlyElementsOf(events.stream()
                        .flatMap(event -> Stream.of("first " + event, "second " + event))
                        .toList());
    }

    @Test
    void thereIsNoEventThatIsNotPassedOn() {
        assertThat(Arrays.stream(Listeners.class.getDeclaredMethods()).map(Method::getName))
                .containsAll(Arrays.stream(RateLimitListener.class.getDeclaredMethods())
                        .filter(method -> !method.isSynthetic() && method.getReturnType() == void.class)
                        .map(Method::getName)
                        .toList());
    }

    @Test
    void aNearLimitIsToldToTheOneListenerWhoseShareItReached() {
        Listeners listeners =
                listeners(noting("first", List.of(0.5)), noting("second"), noting("third", List.of(0.95)));
        listeners.onCharged(CALLER, "chat", STATUS, 1);
        assertThat(heard).containsExactly("third onNearLimit" + List.of(CALLER, "chat", STATUS));
    }

    @Test
    void aShareIsReachedByTheChargeThatLedToIt() {
        Listeners listeners = listeners(noting("only", List.of(0.8)));
        assertThat(listeners.isCrossed(LIMIT.limit(), 15, 0, 15)).as("below").isFalse();
        assertThat(listeners.isCrossed(LIMIT.limit(), 16, 0, 1)).as("to it").isTrue();
        assertThat(listeners.isCrossed(LIMIT.limit(), 20, 0, 20)).as("past it").isTrue();
        assertThat(listeners.isCrossed(LIMIT.limit(), 17, 0, 1)).as("from it").isFalse();
        assertThat(listeners.isCrossed(LIMIT.limit(), 16, 0, 0)).as("at it").isFalse();
        assertThat(listeners.isCrossed(LIMIT.limit(), 16, 0, -4))
                .as("back to it")
                .isFalse();
        assertThat(listeners.isCrossed(LIMIT.limit(), 31, 20, 31))
                .as("below, with what is granted")
                .isFalse();
        assertThat(listeners.isCrossed(LIMIT.limit(), 32, 20, 32))
                .as("to it, with what is granted")
                .isTrue();
    }

    @Test
    void aSoftQuotaIsToldWhenItIsUsedUpToo() {
        Listeners listeners = listeners(noting("only", List.of(0.8)));
        Quota quota = Quota.perMonth(10);
        Quota soft = quota.withOverrun(Overrun.NEVER_REFUSES);
        assertThat(listeners.isCrossed(quota, 11, 0, 2)).isFalse();
        assertThat(listeners.isCrossed(soft, 11, 0, 2)).isTrue();
        assertThat(listeners().isCrossed(soft, 11, 0, 2))
                .as("without listeners")
                .isFalse();
    }

    @Test
    void aShareOutOfItsRangeIsRefused() {
        for (double share : new double[] {0, -0.1, 1.1, Double.NaN}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> listeners(noting("odd", List.of(share))))
                    .withMessage("nearLimitAt must be > 0 and <= 1: nearLimitAt=" + share);
        }
    }

    static List<Throwable> failuresOfAListener() {
        return List.of(
                new IllegalStateException("bad"),
                new AssertionError("bad"),
                new NoClassDefFoundError("bad"),
                new StackOverflowError("bad"),
                new Exception("bad"));
    }

    @ParameterizedTest
    @MethodSource("failuresOfAListener")
    void whatAListenerThrowsIsLoggedAndKeepsNoOtherFromHearing(Throwable thrown) {
        RateLimitListener bad = throwing(thrown);
        listeners(noting("first"), bad, noting("last")).onForgotten("acme");
        assertThat(heard).containsExactly("first onForgotten[acme]", "last onForgotten[acme]");
        assertThat(log.thrown).containsExactly(thrown);
        assertThat(log.messages)
                .containsExactly("WARNING A listener threw an exception: listener="
                        + bad.getClass().getName() + ", suppressed=0");
    }

    @Test
    void aNearLimitThatAListenerFailsOnIsLoggedToo() {
        Listeners listeners = listeners(new RateLimitListener() {
            @Override
            public List<Double> nearLimitAt() {
                return List.of(0.8);
            }

            @Override
            public void onNearLimit(Caller caller, String endpoint, LimitStatus status) {
                throw new IllegalStateException("bad");
            }
        });
        listeners.onCharged(CALLER, "chat", STATUS, 4);
        assertThat(log.thrown).hasSize(1);
    }

    @Test
    void aListenerThatKeepsFailingIsLoggedOnceAMinute() {
        Listeners listeners = listeners(throwing(new IllegalStateException("bad")));
        for (int i = 0; i < 120; i++) {
            listeners.onForgotten("acme");
            time.advance(Duration.ofSeconds(1));
        }
        listeners.onForgotten("acme");
        assertThat(log.messages)
                .extracting(message -> message.replaceAll(".*suppressed=", ""))
                .containsExactly("0", "59", "59");
    }

    @Test
    void aLogThatFailsTooChangesNothingForTheCaller() {
        ThrottledLog failing = new ThrottledLog(time, () -> {
            throw new IllegalStateException("disk full");
        });
        Listeners listeners =
                new Listeners(List.of(throwing(new IllegalStateException("bad")), noting("last")), failing);
        listeners.onForgotten("acme");
        assertThat(heard).containsExactly("last onForgotten[acme]");
    }

    @Test
    void withoutListenersThereIsNobodyToTell() {
        assertThat(listeners().isEmpty()).isTrue();
        assertThat(listeners(noting("only")).isEmpty()).isFalse();
    }
}
