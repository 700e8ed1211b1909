package dev.ratelimit.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Member;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UsageJsonTest {

    @Test
    void everyLimitIsToldWithItsPeriod() {
        Tier tier = Tier.named("trial")
                .table(LimitTable.named("calls per month").otherEndpointsTogether("all", Quota.perMonth(1_000)))
                .build();
        RateLimiter limiter = new Given(tier).limiter;
        limiter.record("acme", "chat", Usage.of(Unit.CALLS, 2));

        // sample: dev/ratelimit/http/UsageJson.java
        byte[] body = UsageJson.of(limiter.status("acme"), limiter.timeSource().instant());
        // end of sample

        assertThat(body)
                .asString(UTF_8)
                .isEqualTo("{\"limits\":[{\"table\":\"calls per month\",\"scope\":\"all\",\"scope-kind\":\"group\","
                        + "\"limit\":\"1,000 calls per calendar month\",\"unit\":\"calls\",\"shadow\":false,"
                        + "\"most\":1000,\"used\":2,\"granted\":0,\"remaining\":998,\"overrun\":0,"
                        + "\"period-start\":\"2025-01-01T00:00:00Z\",\"period-end\":\"2025-02-01T00:00:00Z\","
                        + "\"next-release-after-ms\":2678400000,\"reset-after-ms\":2678400000}]}");
    }

    @Test
    @SuppressWarnings("unchecked")
    void eachKindIsToldInItsOwnWay() throws Exception {
        Given given = Given.limits(
                "5 calls per minute",
                "2 calls in all",
                "3 calls per 10 seconds with burst 5",
                "9 calls in flight for 1 hour",
                "7 calls per call");
        given.limiter.record("acme", "chat", Usage.of(Unit.CALLS, 4));
        given.time.advance(Duration.ofMillis(1_500));

        byte[] body = UsageJson.of(given.limiter.status("acme", "chat"), given.time.instant());

        List<Map<String, Object>> limits = (List<Map<String, Object>>) Json.read(body, "limits");
        assertThat(limits).extracting(limit -> limit.get("used")).containsExactly(4L, 4L, 4L, 0L, 0L);
        assertThat(limits).extracting(limit -> limit.get("most")).containsExactly(5L, 2L, 5L, 9L, 7L);
        assertThat(limits).extracting(limit -> limit.get("overrun")).containsExactly(0L, 2L, 0L, 0L, 0L);
        assertThat(limits).extracting(limit -> limit.get("scope-kind")).containsOnly("endpoint");
        assertThat(limits.get(0)).containsEntry("reset-after-ms", 58_500L).doesNotContainKey("period-end");
        assertThat(limits.get(1)).doesNotContainKeys("reset-after-ms", "next-release-after-ms", "period-start");
        assertThat(limits.get(2)).containsEntry("next-release-after-ms", 1_834L);
    }

    @Test
    @SuppressWarnings("unchecked")
    void aLimitOfAMemberSaysWhose() throws Exception {
        LimitStatus ofUser = LimitStatus.of(
                AppliedLimit.of("calls", new Scope.Endpoint("chat"), Quota.perDay(1))
                        .of(new Member("user", "u\n7")),
                1,
                0,
                Optional.empty());

        byte[] body = UsageJson.of(List.of(ofUser), Instant.EPOCH);

        assertThat(((List<Map<String, Object>>) Json.read(body, "limits")).get(0))
                .containsEntry("member", "u\ufffd7")
                .containsEntry("member-kind", "user");
    }

    @Test
    @SuppressWarnings("unchecked")
    void namesAreBoundedAndPrintable() throws Exception {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("t\r\n\"".repeat(1 << 18)).each(Quota.perDay(1), "chat"))
                .build();

        byte[] body = UsageJson.of(new Given(tier).limiter.status("acme"), Instant.EPOCH);

        assertThat(body.length).isLessThan(2_048);
        Map<String, Object> limit = ((List<Map<String, Object>>) Json.read(body, "limits")).get(0);
        assertThat(limit.getOrDefault("table", "").toString())
                .startsWith("t\ufffd\ufffd\"t")
                .hasSize(256);
    }

    @Test
    void callersAreToldWithTheirTiersAndMembers() {
        Tier tier = Tier.named("trial")
                .limits("chat", Quota.perDay(5))
                .member(
                        "user",
                        Tier.named("user").limits("chat", Quota.perDay(2)).build())
                .build();
        RateLimiter limiter = new Given(tier).limiter;
        Caller user = Caller.of("ac\nme", tier).member("user", "u\"7");
        Map<Caller, List<LimitStatus>> usage = new LinkedHashMap<>();
        usage.put(Caller.of("acme", Tier.named("none").account("other").build()), List.of());
        usage.put(user, limiter.status(user));

        assertThat(UsageJson.of(usage, limiter.timeSource().instant()))
                .asString(UTF_8)
                .startsWith("{\"callers\":[{\"organization\":\"acme\",\"tier\":\"none\","
                        + "\"account\":\"other\",\"limits\":[]},"
                        + "{\"organization\":\"ac\ufffdme\",\"tier\":\"trial\",\"account\":\"default\","
                        + "\"members\":[{\"kind\":\"user\",\"name\":\"u\\\"7\"}],"
                        + "\"limits\":[{\"table\":\"calls per day\",")
                .contains("\"member\":\"u\\\"7\"")
                .endsWith("}]}]}");
    }

    @Test
    void tiersAreToldWithWhatALimiterHolds() {
        Tier tier = Tier.named("trial").limits("chat", Quota.perDay(5)).build();
        Map<String, Long> totals = new LinkedHashMap<>();
        totals.put("organizations", 3L);
        totals.put("members", 0L);

        assertThat(UsageJson.of(totals, List.of(tier)))
                .asString(UTF_8)
                .isEqualTo("{\"totals\":{\"organizations\":3,\"members\":0},\"tiers\":[{\"tier\":\"trial\","
                        + "\"account\":\"default\",\"limits\":[{\"table\":\"calls per day\",\"scope\":\"chat\","
                        + "\"scope-kind\":\"endpoint\",\"limit\":\"5 calls per calendar day\",\"unit\":\"calls\","
                        + "\"shadow\":false,\"most\":5}]}]}");
    }
}
