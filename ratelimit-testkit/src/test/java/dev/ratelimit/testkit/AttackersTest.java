package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AttackersTest {

    private enum Kind {
        ONE,
        OTHER
    }

    @Test
    void allThreadsAttackByAllKindsUntilTheyAreClosed() {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        CountDownLatch three = new CountDownLatch(3);
        AtomicInteger made = new AtomicInteger();
        Attackers<Kind> attackers = Attackers.start(Kind.class, 3, (kind, random) -> {
            if (threads.add(Thread.currentThread())) {
                three.countDown();
            }
            three.await();
            made.incrementAndGet();
        });
        while (attackers.areBusyUntil(10)) {
            Thread.onSpinWait();
        }
        attackers.close();
        int all = made.get();

        assertThat(threads).hasSize(3);
        assertThat(attackers.areBusyUntil(all)).as("after the end").isFalse();
        assertThat(attackers.haveMade(10)).isTrue();
        assertThat(attackers.haveMade(all)).isFalse();
        assertThat(attackers.toString()).startsWith("attacks {ONE=").contains(", OTHER=");
        assertThat(made).hasValue(all);
    }

    @Test
    void anAttackThatFailsEndsTheWaitAndFailsTheTest() {
        Attackers<Kind> attackers = Attackers.start(Kind.class, 1, (kind, random) -> {
            throw new IOException("no answer");
        });
        while (attackers.areBusyUntil(1)) {
            Thread.onSpinWait();
        }

        assertThat(attackers.haveMade(1)).isFalse();
        assertThatThrownBy(attackers::close)
                .isInstanceOf(AssertionError.class)
                .hasMessage("an attack must not fail")
                .hasRootCauseMessage("no answer");
    }

    @Test
    void somebodyMustAttack() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Attackers.start(Kind.class, 0, (kind, random) -> {}))
                .withMessage("threads must be > 0: threads=0");
    }
}
