package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.spi.TimeSource;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a limiter does with what a key was resolved to. */
class KeyResolutionTest {

    private static final Usage USAGE = Usage.of(Unit.TOKENS, 7);
    private static final Duration DAY = Duration.ofDays(1);
    private static final Resolution CALLER =
            Caller.of("acme", Tier.named("trial").build());
    private static final Rejected REFUSAL = Rejected.temporary(new KeyUnknown(), "", 5);

    private final HandScheduler scheduler = new HandScheduler();
    private final List<List<Object>> asked = new ArrayList<>();
    private final RateLimiter limiter = (RateLimiter) Proxy.newProxyInstance(
            RateLimiter.class.getClassLoader(), new Class<?>[] {RateLimiter.class}, this::answer);

    /** Notes what the methods that a backend implements are asked, and admits everything. */
    private Object answer(Object proxy, Method method, Object[] arguments) throws Throwable {
        if (method.isDefault()) {
            return InvocationHandler.invokeDefault(proxy, method, arguments);
        }
        if (method.getName().equals("timeSource")) {
            return TimeSource.system();
        }
        List<Object> call = new ArrayList<>(List.of(method.getName()));
        call.addAll(Arrays.asList(arguments));
        asked.add(call);
        return method.getReturnType() == Reservation.class
                ? new ScriptedAttempts(new SleptTime()).thenAdmit().get()
                : Decision.admitted();
    }

    @AfterEach
    void shutDown() {
        scheduler.shutdownNow();
    }

    @Test
    void aCallerIsDecidedByTheLimiter() throws InterruptedException {
        assertThat(limiter.tryAcquire(CALLER, "chat")).isEqualTo(Decision.admitted());
        assertThat(limiter.tryAcquire(CALLER, "chat", USAGE)).isEqualTo(Decision.admitted());
        assertThat(limiter.peek(CALLER, "chat", USAGE)).isEqualTo(Decision.admitted());
        assertThat(limiter.reserve(CALLER, "chat", USAGE).decision()).isEqualTo(Decision.admitted());
        assertThat(limiter.acquire(CALLER, "chat", USAGE, DAY)).isEqualTo(Decision.admitted());
        assertThat(limiter.acquireAsync(CALLER, "chat", USAGE, DAY, scheduler))
                .isCompletedWithValue(Decision.admitted());
        assertThat(asked)
                .containsExactly(
                        List.of("tryAcquire", CALLER, "chat", Usage.call()),
                        List.of("tryAcquire", CALLER, "chat", USAGE),
                        List.of("peek", CALLER, "chat", USAGE),
                        List.of("reserve", CALLER, "chat", USAGE),
                        List.of("reserve", CALLER, "chat", USAGE),
                        List.of("reserve", CALLER, "chat", USAGE));
    }

    @Test
    void aRefusedKeyIsRefusedAtOnceAndTheLimiterIsNotAsked() throws InterruptedException {
        Resolution who = REFUSAL;
        assertThat(limiter.tryAcquire(who, "chat")).isSameAs(REFUSAL);
        assertThat(limiter.tryAcquire(who, "chat", USAGE)).isSameAs(REFUSAL);
        assertThat(limiter.peek(who, "chat", USAGE)).isSameAs(REFUSAL);
        Reservation reservation = limiter.reserve(who, "chat", USAGE);
        assertThat(reservation.decision()).isSameAs(REFUSAL);
        assertThat(reservation.settle(USAGE)).isFalse();
        assertThat(limiter.acquire(who, "chat", USAGE, DAY)).isSameAs(REFUSAL);
        assertThat(limiter.acquireAsync(who, "chat", USAGE, DAY, scheduler)).isCompletedWithValue(REFUSAL);
        assertThat(asked).isEmpty();
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByNameAlsoOfARefusedKey() {
        Resolution nobody = null;
        assertThatNullPointerException()
                .isThrownBy(() -> limiter.tryAcquire(nobody, "chat"))
                .withMessage("who");
        assertThatNullPointerException()
                .isThrownBy(() -> limiter.reserve((Resolution) REFUSAL, null, USAGE))
                .withMessage("endpoint");
        assertThatNullPointerException()
                .isThrownBy(() -> limiter.peek((Resolution) REFUSAL, "chat", null))
                .withMessage("usage");
        assertThatNullPointerException()
                .isThrownBy(() -> limiter.acquire((Resolution) REFUSAL, "chat", USAGE, null))
                .withMessage("maxWait");
        assertThatNullPointerException()
                .isThrownBy(() -> limiter.acquireAsync((Resolution) REFUSAL, "chat", USAGE, DAY, null))
                .withMessage("scheduler");
    }

    @Test
    void aWaitThatCannotBeIsRefusedAlsoOfARefusedKey() {
        Duration negative = Duration.ofSeconds(-1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.acquire((Resolution) REFUSAL, "chat", USAGE, negative))
                .withMessage("maxWait must be >= 0: maxWait=PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.acquireAsync((Resolution) REFUSAL, "chat", USAGE, negative, scheduler))
                .withMessage("maxWait must be >= 0: maxWait=PT-1S");
    }
}
