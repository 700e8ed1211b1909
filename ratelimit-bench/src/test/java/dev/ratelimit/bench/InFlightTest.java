package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** What is measured, with rivals that ask nobody. */
class InFlightTest {

    private static final int IN_FLIGHT = 4;

    /** Answers as a function of how many calls there were before. */
    private record Scripted(AtomicInteger asked, IntFunction<CompletionStage<Boolean>> answers) implements RedisRival {

        Scripted(IntFunction<CompletionStage<Boolean>> answers) {
            this(new AtomicInteger(), answers);
        }

        @Override
        public CompletionStage<Boolean> ask(int organization) {
            return answers.apply(asked.getAndIncrement());
        }

        @Override
        public void close() {}
    }

    @Test
    void everyCallIsTimed() throws Exception {
        Scripted rival = new Scripted(asked -> CompletableFuture.supplyAsync(() -> true));
        InFlight.Pace pace = InFlight.measure(rival, 10, IN_FLIGHT, TimeUnit.MILLISECONDS.toNanos(20));
        assertThat(pace.latencies()).hasSize(rival.asked.get()).allMatch(nanos -> nanos >= 0);
        assertThat(pace.perSecond()).isPositive();
    }

    /** Each lasts an hour otherwise. */
    @Test
    void aRefusalOrAFailureEndsTheRunAndIsToldOf() {
        assertThatThrownBy(() -> measureAnHour(asked -> CompletableFuture.supplyAsync(() -> asked < 100)))
                .hasRootCauseInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> measureAnHour(asked -> asked < 100
                        ? CompletableFuture.supplyAsync(() -> true)
                        : CompletableFuture.failedFuture(new ArithmeticException("wrong"))))
                .hasRootCauseInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> measureAnHour(asked -> {
                    throw new ArithmeticException("wrong");
                }))
                .hasRootCauseInstanceOf(ArithmeticException.class);
    }

    private static void measureAnHour(IntFunction<CompletionStage<Boolean>> answers) throws InterruptedException {
        InFlight.measure(new Scripted(answers), 10, IN_FLIGHT, TimeUnit.HOURS.toNanos(1));
    }
}
