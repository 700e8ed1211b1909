package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.greenbytes.http.sfv.IntegerItem;
import org.greenbytes.http.sfv.ListElement;
import org.greenbytes.http.sfv.Parser;

/** A client that calls alone, and does what the fields say. */
class ObedientClientTest {

    /** An hour of calls, at any distance from each other. */
    record Traffic(List<Limit> limits, List<Integer> pauses, List<Integer> sizes) {}

    @Property(tries = 100)
    void whoObeysRetryAfterIsAdmitted(@ForAll("traffic") Traffic traffic) {
        Given given = Given.limits(traffic.limits.toArray(Limit[]::new));
        for (int i = 0; i < traffic.pauses.size(); i++) {
            given.time.advance(Duration.ofMillis(traffic.pauses.get(i)));
            Usage usage = Usage.of(Unit.CALLS, traffic.sizes.get(i % traffic.sizes.size()));
            Decision decision = given.call(usage);
            String wait = given.fields(decision, usage, Dialect.IETF).get("Retry-After");
            if (wait != null) {
                given.time.advance(Duration.ofSeconds(Long.parseLong(wait)));
                assertThat(given.call(usage)).isNotInstanceOf(Rejected.class);
            }
        }
    }

    @Property(tries = 100)
    void whoObeysRetryAfterInMillisecondsIsAdmitted(@ForAll("traffic") Traffic traffic) {
        Given given = Given.limits(traffic.limits.toArray(Limit[]::new));
        for (int i = 0; i < traffic.pauses.size(); i++) {
            given.time.advance(Duration.ofMillis(traffic.pauses.get(i)));
            String wait = given.fields(given.call(), Dialect.NONE).get("retry-after-ms");
            if (wait != null) {
                given.time.advance(Duration.ofMillis(Long.parseLong(wait)));
                assertThat(given.call()).isNotInstanceOf(Rejected.class);
            }
        }
    }

    /**
     * It calls while units remain of all limits, else it waits for the longest time of those of which none remain. What
     * it used before it read the fields may have overrun a limit.
     */
    @Property(tries = 100)
    void whoGoesByTheRemainingUnitsAloneIsNeverRefused(@ForAll("traffic") Traffic traffic) {
        Given given = Given.limits(traffic.limits.toArray(Limit[]::new));
        given.limiter.record("acme", "chat", Usage.of(Unit.CALLS, traffic.sizes.get(0)));
        given.time.advance(Duration.ofMillis(traffic.pauses.get(0)));
        Map<String, String> fields = given.fields(given.limiter.peek("acme", "chat", Usage.call()), Dialect.IETF);
        for (int pause : traffic.pauses) {
            long wait = 0;
            for (ListElement<?> limit :
                    Parser.parseList(fields.get("RateLimit")).get()) {
                if (number(limit, "r") == 0) {
                    wait = Math.max(wait, number(limit, "t"));
                }
            }
            given.time.advance(wait == 0 ? Duration.ofMillis(pause) : Duration.ofSeconds(wait));
            Decision decision = given.call();

            assertThat(decision).as(fields::toString).isNotInstanceOf(Rejected.class);
            fields = given.fields(decision, Dialect.IETF);
        }
    }

    private static long number(ListElement<?> item, String parameter) {
        return requireNonNull((IntegerItem) item.getParams().get(parameter)).getAsLong();
    }

    @Provide
    Arbitrary<Traffic> traffic() {
        Arbitrary<Integer> amounts = Arbitraries.integers().between(1, 12);
        Arbitrary<Integer> millis = Arbitraries.integers().between(1, 30_000);
        Arbitrary<Limit> limits = Combinators.combine(amounts, millis, amounts)
                .flatAs((amount, span, capacity) -> Arbitraries.of(
                                amount + " calls per " + span + " milliseconds, exact",
                                amount + " calls per fixed " + span + " milliseconds",
                                amount + " calls per " + span + " milliseconds with burst " + capacity,
                                10 * amount + " calls per calendar day")
                        .map(Limit::parse));
        return Combinators.combine(
                        limits.list().ofMinSize(1).ofMaxSize(4),
                        Arbitraries.integers()
                                .between(0, 4_000)
                                .list()
                                .ofMinSize(20)
                                .ofMaxSize(60),
                        Arbitraries.integers()
                                .between(1, 14)
                                .list()
                                .ofMinSize(1)
                                .ofMaxSize(5))
                .as(Traffic::new);
    }
}
