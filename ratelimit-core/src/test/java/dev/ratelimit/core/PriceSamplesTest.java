package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.tiers.FaqEdition;
import dev.ratelimit.tiers.PriceList;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The samples of prices do what they say. */
class PriceSamplesTest {

    // sample: dev/ratelimit/tiers/PriceList.java
    static final Unit INPUT = new Unit("input tokens");
    static final Unit OUTPUT = new Unit("output tokens");

    static final PriceList PRICES =
            PriceList.empty().perMillion(INPUT, new BigDecimal("2.50")).perMillion(OUTPUT, new BigDecimal("10.00"));
    // end of sample

    static final Unit CACHED = new Unit("cached tokens");

    // sample: dev/ratelimit/tiers/PriceList.java
    static final PriceList WEIGHTS = PriceList.into(new Unit("weighted tokens"))
            .weight(INPUT, 1, 1)
            .weight(CACHED, 1, 10)
            .weight(OUTPUT, 4, 1);
    // end of sample

    private static final Answer REFUSED = new Answer(-1);

    private final RateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(FaqEdition.productionWithSpendingLimit(new BigDecimal("0.005")))
            .build();

    /** Answers, or fails. */
    @FunctionalInterface
    interface Model {
        Answer answer(String prompt);
    }

    record Answer(long tokens) {}

    private Answer ask(Model model) {
        String prompt = "hello";
        long promptTokens = 812;
        // sample: dev/ratelimit/tiers/PriceList.java
        Usage input = Usage.of(INPUT, promptTokens);
        Reservation reservation = limiter.reserve("acme", "chat", PRICES.priced(input));
        if (reservation.decision() instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter());
        }
        try {
            Answer answer = model.answer(prompt);
            reservation.settle(PRICES.priced(input.and(OUTPUT, answer.tokens())));
            return answer;
        } finally {
            reservation.cancel(); // changes nothing once it is settled
        }
        // end of sample
    }

    private static Answer tooManyRequests(String message, Optional<Duration> retryAfter) {
        assertThat(message)
                .isEqualTo(
                        "Exceeded the limit of $0.005 per calendar month for group \"all endpoints\" (spending limit)");
        assertThat(retryAfter).isPresent();
        return REFUSED;
    }

    @Test
    void theCostIsChargedAndNoneOfACallThatFails() {
        assertThat(ask(prompt -> new Answer(150))).isEqualTo(new Answer(150));
        assertThat(nanoDollars()).isEqualTo(2_030_000 + 1_500_000);
        Error failure = new StackOverflowError();
        assertThat(catchThrowable(() -> ask(prompt -> {
                    throw failure;
                })))
                .isSameAs(failure);
        assertThat(nanoDollars()).isEqualTo(2_030_000 + 1_500_000);
        assertThat(ask(prompt -> new Answer(1))).isEqualTo(new Answer(1));
        assertThat(ask(prompt -> new Answer(1))).isEqualTo(REFUSED);
    }

    private long nanoDollars() {
        return limiter.status("acme", "chat").stream()
                .filter(status -> status.applied().limit().unit().equals(Unit.NANO_USD))
                .mapToLong(LimitStatus::used)
                .sum();
    }

    @Test
    void weightedTokensCountByTheirWeight() {
        assertThat(WEIGHTS.cost(Usage.of(INPUT, 100).and(CACHED, 1_000).and(OUTPUT, 25)))
                .isEqualTo(300);
    }
}
