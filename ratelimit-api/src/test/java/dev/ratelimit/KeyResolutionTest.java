package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

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
        if (method.getName().equals("async")) {
            return AsyncRateLimiter.immediate((RateLimiter) proxy);
        }
        List<Object> call = new ArrayList<>(List.of(method.getName()));
        call.addAll(Arrays.asList(arguments));
        asked.add(call);
        boolean refused = arguments[0] instanceof Rejected;
        if (method.getReturnType() == List.class) {
            return List.of();
        }
        if (method.getReturnType() == Reservation.class) {
            return refused
                    ? Reservation.rejected((Rejected) arguments[0])
                    : new ScriptedAttempts(new SleptTime()).thenAdmit().get();
        }
        return refused ? arguments[0] : Decision.admitted();
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
        assertThat(limiter.waiting(DAY).acquire(CALLER, "chat", USAGE)).isEqualTo(Decision.admitted());
        assertThat(limiter.waiting(DAY).acquireAsync(CALLER, "chat", USAGE, scheduler))
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
    void theAsynchronousViewAsksTheSameQuestions() {
        AsyncRateLimiter async = limiter.async();
        assertThat(async.tryAcquire(CALLER, "chat")).isCompletedWithValue(Decision.admitted());
        assertThat(async.peek(CALLER, "chat", USAGE)).isCompletedWithValue(Decision.admitted());
        assertThat(async.reserve(CALLER, "chat", USAGE)).isCompleted();
        assertThat(async.status(CALLER, "chat")).isCompletedWithValue(List.of());
        assertThat(async.status(CALLER)).isCompletedWithValue(List.of());
        assertThat(asked)
                .containsExactly(
                        List.of("tryAcquire", CALLER, "chat", Usage.call()),
                        List.of("peek", CALLER, "chat", USAGE),
                        List.of("reserve", CALLER, "chat", USAGE),
                        List.of("status", CALLER, "chat"),
                        List.of("status", CALLER));
    }

    @Test
    void aRefusedKeyIsRefusedAtOnceHoweverLongItsCallMayWait() throws InterruptedException {
        assertThat(limiter.waiting(DAY).acquire(REFUSAL, "chat", USAGE)).isSameAs(REFUSAL);
        assertThat(limiter.waiting(DAY).reserve(REFUSAL, "chat", USAGE).decision())
                .isSameAs(REFUSAL);
        assertThat(limiter.waiting(DAY).acquireAsync(REFUSAL, "chat", USAGE, scheduler))
                .isCompletedWithValue(REFUSAL);
    }
}
