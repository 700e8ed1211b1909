package dev.ratelimit.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.spring.WebApp;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.web.bind.annotation.RestController;

class RateLimitsEndpointTest {

    private static final String TRIAL_LIMIT = "\"table\":\"calls per month\","
            + "\"scope\":\"chat\",\"scope-kind\":\"endpoint\","
            + "\"limit\":\"100 calls per calendar month\",\"unit\":\"calls\",\"shadow\":false,\"most\":100";

    @RestController
    static class Api {}

    private static final List<String> PROPERTIES = List.of(
            "ratelimit.tiers[0].name=trial",
            "ratelimit.tiers[0].tables[0].name=calls per month",
            "ratelimit.tiers[0].tables[0].rows[0].each[0]=chat",
            "ratelimit.tiers[0].tables[0].rows[0].limit=100 calls per calendar month",
            "ratelimit.tiers[0].members[0].kind=user",
            "ratelimit.tiers[0].members[0].tier=user",
            "ratelimit.tiers[1].name=large",
            "ratelimit.tiers[1].account=paid",
            "ratelimit.tiers[1].tables[0].name=calls per minute",
            "ratelimit.tiers[1].tables[0].rows[0].all=together",
            "ratelimit.tiers[1].tables[0].rows[0].limit=50 calls per minute",
            "ratelimit.tiers[2].name=user",
            "ratelimit.tiers[2].tables[0].name=calls per day",
            "ratelimit.tiers[2].tables[0].rows[0].each[0]=chat",
            "ratelimit.tiers[2].tables[0].rows[0].limit=5 calls per calendar day",
            "ratelimit.api-keys.demo-keys[0].key=one",
            "ratelimit.api-keys.demo-keys[0].organization=acme",
            "ratelimit.api-keys.demo-keys[0].tier=trial",
            "ratelimit.api-keys.demo-keys[1].key=two",
            "ratelimit.api-keys.demo-keys[1].organization=acme",
            "ratelimit.api-keys.demo-keys[1].tier=large",
            "ratelimit.api-keys.demo-keys[2].key=three",
            "ratelimit.api-keys.demo-keys[2].organization=umbrella",
            "ratelimit.api-keys.demo-keys[2].tier=trial",
            "management.endpoints.web.exposure.include=health,ratelimits",
            "management.endpoint.health.show-details=always");

    private static WebApp start(WebApp.Stack stack, String... more) {
        return WebApp.startInFrozenTime(stack, Api.class, PROPERTIES, more);
    }

    private static HttpResponse<String> post(WebApp app, String path, String json) throws Exception {
        return app.send(app.request("/actuator/ratelimits/" + path, "Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)));
    }

    private static HttpResponse<String> delete(WebApp app, String path) throws Exception {
        return app.send(app.request("/actuator/ratelimits/" + path).DELETE());
    }

    @ParameterizedTest
    @EnumSource
    void itTellsWhereOrganizationsStand(WebApp.Stack stack) throws Exception {
        try (WebApp app = start(stack)) {
            RateLimiter limiter = app.context().getBean(RateLimiter.class);
            assertThat(limiter.tryAcquire(
                                    app.context().getBean(KeyDirectory.class).resolve("one"), "chat")
                            .isAdmitted())
                    .isTrue();

            HttpResponse<String> all = app.get("/actuator/ratelimits");
            assertThat(all.statusCode()).isEqualTo(200);
            assertThat(WebApp.field(all, "Content-Type")).contains("json");
            assertThat(all.body())
                    .startsWith("{\"totals\":{\"organizations\":1,")
                    .contains("{\"tier\":\"trial\",\"account\":\"default\",\"limits\":[{" + TRIAL_LIMIT + "}]}")
                    .contains("{\"tier\":\"large\",\"account\":\"paid\"");

            assertThat(app.get("/actuator/ratelimits/acme").body())
                    .startsWith("{\"callers\":[{\"organization\":\"acme\",\"tier\":\"")
                    .contains(TRIAL_LIMIT + ",\"used\":1,\"granted\":0,\"remaining\":99")
                    .contains("\"tier\":\"large\"");
            assertThat(app.get("/actuator/ratelimits/acme?tier=trial&kind=user&member=u7")
                            .body())
                    .contains("\"members\":[{\"kind\":\"user\",\"name\":\"u7\"}]")
                    .contains("\"member\":\"u7\"")
                    .doesNotContain("large");
            assertThat(app.get("/actuator/ratelimits/nobody?tier=large").body())
                    .contains("\"organization\":\"nobody\"");

            assertThat(app.get("/actuator/ratelimits/nobody").statusCode()).isEqualTo(404);
            assertThat(app.get("/actuator/ratelimits/acme?tier=none").statusCode())
                    .isEqualTo(404);
            assertThat(app.get("/actuator/ratelimits/acme?kind=user").statusCode())
                    .isEqualTo(400);
            assertThat(app.get("/actuator/ratelimits/acme?kind=9&member=a").statusCode())
                    .isEqualTo(400);
            // To ask creates no state.
            assertThat(((InMemoryRateLimiter) limiter).stats().organizations()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void itChangesNothingUnlessThatIsAllowed(WebApp.Stack stack) throws Exception {
        try (WebApp app = start(stack)) {
            assertThat(post(app, "umbrella/reset", "{}").statusCode()).isIn(404, 405);
            assertThat(delete(app, "umbrella").statusCode()).isIn(404, 405);
            assertThat(app.get("/actuator/ratelimits/umbrella").statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void supportGrantsAndResetsAndForgets(WebApp.Stack stack) throws Exception {
        try (WebApp app = start(stack, "management.endpoint.ratelimits.access=unrestricted")) {
            RateLimiter limiter = app.context().getBean(RateLimiter.class);
            limiter.tryAcquire(app.context().getBean(KeyDirectory.class).resolve("three"), "chat");

            HttpResponse<String> granted = post(app, "umbrella/grant", "{\"table\":\"calls per month\",\"units\":10}");
            assertThat(granted.statusCode()).isEqualTo(200);
            assertThat(granted.body()).contains("\"used\":1,\"granted\":10,\"remaining\":109");
            HttpResponse<String> ofMember = post(
                    app,
                    "umbrella/grant",
                    "{\"table\":\"calls per day\",\"units\":3,\"kind\":\"user\",\"member\":\"u7\"}");
            assertThat(ofMember.body()).contains("\"granted\":3,\"remaining\":8");
            assertThat(post(app, "umbrella/reset", "{}").body()).contains("\"used\":0,\"granted\":10");
            assertThat(delete(app, "umbrella").statusCode()).isEqualTo(204);
            assertThat(app.get("/actuator/ratelimits/umbrella").body()).contains("\"granted\":0");

            assertThat(post(app, "umbrella/grant", "{\"units\":10}").statusCode())
                    .isEqualTo(400);
            assertThat(post(app, "umbrella/grant", "{\"table\":\"other\",\"units\":10}")
                            .statusCode())
                    .isEqualTo(400);
            assertThat(post(app, "acme/grant", "{\"table\":\"calls per month\",\"units\":10}")
                            .statusCode())
                    .isEqualTo(400);
            assertThat(post(app, "umbrella/give", "{}").statusCode()).isEqualTo(400);
            assertThat(post(app, "nobody/reset", "{}").statusCode()).isEqualTo(400);
        }
    }

    @Test
    void healthTellsWhereTheCountsAre() throws Exception {
        try (WebApp app = start(WebApp.Stack.NETTY)) {
            assertThat(app.get("/actuator/health").body())
                    .contains("\"ratelimit\":{")
                    .contains("\"backend\":\"memory\"");
        }
        try (WebApp app = start(WebApp.Stack.NETTY, "management.health.ratelimit.enabled=false")) {
            assertThat(app.get("/actuator/health").body()).doesNotContain("\"ratelimit\"");
        }
    }

    @Test
    void aStoreThatIsAwayIsOutOfServiceOnlyWhereCallsAreRefused() {
        StoreHealth refuses = new LimiterHealth(() -> 1, "redis", "fail-closed", true);
        assertThat(refuses.isServing()).isFalse();
        assertThat(refuses.details()).containsEntry("nodesAway", 1L).containsEntry("outage", "fail-closed");
        assertThat(new LimiterHealth(() -> 0, "redis", "fail-closed", true).isServing())
                .isTrue();
        assertThat(new LimiterHealth(() -> 2, "redis", "fallback", false).isServing())
                .isTrue();
    }
}
