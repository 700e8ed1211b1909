package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Where an organization stands with all its limits. */
abstract class OverviewScenarios extends Scenarios {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("minutes")
                    .each(RateLimit.perMinute(5), "chat", "embed")
                    .eachOtherEndpoint(RateLimit.perMinute(9)))
            .table(LimitTable.named("months")
                    .unlimited("embed")
                    .together("talk", Quota.perMonth(50), "chat", "coral")
                    .otherEndpointsTogether("remaining", Quota.perMonth(90)))
            .build();

    OverviewScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private void assertOverview(String... lines) {
        List<LimitStatus> overview = limiter.status("acme");
        assertThat(overview)
                .extracting(status -> status.applied().table() + ", "
                        + status.applied().scope().name() + ": " + status.used())
                .containsExactly(lines);
    }

    @Test
    void allLimitsThatTheTablesNameAreThereUsedOrNot() {
        under(TIER);
        assertOverview(
                "minutes, chat: 0",
                "minutes, embed: 0",
                "minutes, coral: 0",
                "months, talk: 0",
                "months, remaining: 0");
        admits(1).calling("coral").admits(2);
        assertOverview(
                "minutes, chat: 1",
                "minutes, embed: 0",
                "minutes, coral: 2",
                "months, talk: 3",
                "months, remaining: 0");
    }

    @Test
    void otherEndpointsAreThereByNameAsLongAsTheyHaveUsedSomething() {
        under(TIER);
        at(0).calling("rerank").admits(3);
        at(10_000).calling("classify").admits(1).calling("tokenize").admits(0);
        assertOverview(
                "minutes, chat: 0",
                "minutes, embed: 0",
                "minutes, coral: 0",
                "months, talk: 0",
                "months, remaining: 4",
                "minutes, classify: 1",
                "minutes, rerank: 3");
        at(60_000);
        assertThat(limiter.status("acme"))
                .extracting(status -> status.applied().scope().name())
                .containsExactly("chat", "embed", "coral", "talk", "remaining", "classify");
    }

    @Test
    void anOverviewTellsWhatAStatusTells() {
        under(TIER).calling("rerank").admits(3).calling("chat").admits(2).after(Duration.ofSeconds(7));
        for (LimitStatus status : limiter.status("acme")) {
            String endpoint = status.applied().scope().name();
            boolean group = List.of("talk", "remaining").contains(endpoint);
            String called = !group ? endpoint : endpoint.equals("talk") ? "chat" : "rerank";
            assertThat(limiter.status("acme", called)).contains(status);
        }
        assertThat(limiter.status("acme"))
                .filteredOn(status -> status.applied().scope().name().equals("rerank"))
                .singleElement()
                .returns(6L, LimitStatus::remaining)
                .returns(Optional.of(Duration.ofSeconds(53)), LimitStatus::resetAfter);
    }

    @Test
    void anOverviewIsOfTheCallersTierAndAccount() {
        under(TIER).calling("rerank").admits(3);
        Tier other = tierOf(RateLimit.perMinute(9)).withAccount("other");
        assertThat(limiter.status(Caller.of("acme", other))).isEmpty();
        assertThat(limiter.status(Caller.of("acme", TIER.withoutTable("months"))))
                .extracting(LimitStatus::used)
                .containsExactly(0L, 0L, 3L);
        assertThat(limiter.status(Caller.of("umbrella", TIER)))
                .extracting(LimitStatus::used)
                .containsOnly(0L);
    }

    @Test
    void shadowsAreThereToo() {
        under(Tier.named("tier")
                .table(LimitTable.named("minutes")
                        .each(RateLimit.perMinute(5), "chat")
                        .asShadow())
                .build());
        admits(1);
        assertOverview("minutes, chat: 1");
        assertThat(limiter.status("acme").get(0).applied().shadow()).isTrue();
    }
}
