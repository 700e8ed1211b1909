package dev.ratelimit.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class InTurnTest {

    private final Deque<Runnable> threads = new ArrayDeque<>();
    private final List<Integer> done = new ArrayList<>();
    private boolean closed;

    private final InTurn inTurn = new InTurn(
            task -> {
                if (closed) {
                    throw new RejectedExecutionException();
                }
                threads.add(task);
            },
            3);

    private void execute(int number) {
        inTurn.execute(() -> done.add(number));
    }

    @Test
    void othersHaveTheirTurnAfterEachTask() {
        execute(1);
        execute(2);
        threads.add(() -> done.add(100));
        execute(3);
        assertThat(threads).hasSize(2);
        assertThat(inTurn.waiting()).isEqualTo(2);
        while (!threads.isEmpty()) {
            threads.remove().run();
        }
        assertThat(done).containsExactly(1, 100, 2, 3);
        assertThat(inTurn.waiting()).isZero();
    }

    @Test
    void moreThanTheMostAreRejectedUntilOneIsDone() {
        execute(1);
        execute(2);
        execute(3);
        assertThatThrownBy(() -> execute(4)).isInstanceOf(RejectedExecutionException.class);
        threads.remove().run();
        execute(5);
        threads.remove().run();
        threads.remove().run();
        threads.remove().run();
        assertThat(done).containsExactly(1, 2, 3, 5);
    }

    @Test
    void whatWaitsIsDoneWhenTheThreadsEnd() {
        execute(1);
        execute(2);
        execute(3);
        closed = true;
        threads.remove().run();
        assertThat(done).containsExactly(1, 2, 3);
        assertThatThrownBy(() -> execute(4)).isInstanceOf(RejectedExecutionException.class);
        assertThat(inTurn.waiting()).isZero();
    }

    @Test
    void aTaskThatFailsEndsItsTurn() {
        inTurn.execute(() -> {
            throw new IllegalStateException("for a test");
        });
        execute(2);
        assertThatThrownBy(() -> threads.remove().run()).isInstanceOf(IllegalStateException.class);
        threads.remove().run();
        assertThat(done).containsExactly(2);
    }
}
