package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The sample of {@link Reservation} charges what was used, and nothing where the call fails, however it fails. */
class ReservationSampleTest {

    private static final int PROMPT = 100;
    private static final int MOST_OF_AN_ANSWER = 200;

    private final RateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(Tier.named("tier")
                    .table(LimitTable.named("tokens").eachOtherEndpoint(Quota.lifetime(Unit.TOKENS, 1_000)))
                    .build())
            .build();

    /** Answers, or fails. */
    @FunctionalInterface
    interface Model {
        Answer answer(String prompt) throws Exception;
    }

    record Answer(int tokens) {}

    private Answer ask(Model model) throws Exception {
        int promptTokens = PROMPT;
        int maxTokens = MOST_OF_AN_ANSWER;
        String prompt = "hello";
        // sample: dev/ratelimit/Reservation.java
        Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, promptTokens + maxTokens));
        if (reservation.decision() instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter());
        }
        try {
            Answer answer = model.answer(prompt);
            reservation.settle(Usage.of(Unit.TOKENS, promptTokens + answer.tokens()));
            return answer;
        } finally {
            reservation.cancel(); // gives all back if something was thrown, and changes nothing once it is settled
        }
        // end of sample
    }

    private static Answer tooManyRequests(String message, Optional<?> retryAfter) {
        assertThat(message).startsWith("Exceeded the limit of 1,000 tokens in all");
        assertThat(retryAfter).isEmpty();
        return new Answer(-1);
    }

    @Test
    void anAnswerIsChargedByWhatItUsed() throws Exception {
        assertThat(ask(prompt -> new Answer(7))).isEqualTo(new Answer(7));
        assertThat(used()).isEqualTo(PROMPT + 7);
    }

    @Test
    void aCallWhoseEstimateDoesNotFitIsRefusedAndChargesNothing() throws Exception {
        assertThat(ask(prompt -> new Answer(850))).isEqualTo(new Answer(850));
        assertThat(ask(prompt -> new Answer(7))).isEqualTo(new Answer(-1));
        assertThat(used()).isEqualTo(PROMPT + 850);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureOfAnyKindChargesNothing(Throwable failure) {
        for (int i = 0; i < 10; i++) {
            assertThat(catchThrowable(() -> ask(prompt -> fail(failure)))).isSameAs(failure);
            assertThat(used()).isZero();
        }
    }

    static Throwable[] failures() {
        return new Throwable[] {
            new IllegalStateException(),
            new IOException(),
            new InterruptedException(),
            new StackOverflowError(),
            new Throwable()
        };
    }

    /** Throws anything, as code of another language or a lenient compiler does. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> Answer fail(Throwable failure) throws T {
        throw (T) failure;
    }

    private long used() {
        return limiter.status("acme", "chat").get(0).used();
    }
}
