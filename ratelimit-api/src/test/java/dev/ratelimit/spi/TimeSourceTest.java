package dev.ratelimit.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class TimeSourceTest {

    private final TimeSource system = TimeSource.system();

    @Test
    void aThreadSleepsUntilItIsInterrupted() throws Exception {
        FutureTask<Boolean> sleep = new FutureTask<>(() -> {
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> system.sleep(Long.MAX_VALUE));
            return Thread.currentThread().isInterrupted();
        });
        Thread sleeper = new Thread(sleep);
        sleeper.start();
        while (sleeper.getState() != Thread.State.TIMED_WAITING && !sleep.isDone()) {
            Thread.onSpinWait();
        }
        sleeper.interrupt();
        assertThat(sleep.get()).isFalse();
    }

    @Test
    void aThreadThatIsInterruptedDoesNotSleep() {
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> system.sleep(Long.MAX_VALUE));
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void noTimeIsNotSlept() throws InterruptedException {
        system.sleep(0);
        system.sleep(Long.MIN_VALUE);
    }
}
