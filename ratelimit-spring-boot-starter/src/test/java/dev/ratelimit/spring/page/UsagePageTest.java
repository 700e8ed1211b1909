package dev.ratelimit.spring.page;

import static dev.ratelimit.spring.WebApp.field;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spring.WebApp;
import dev.ratelimit.spring.boot.TierCatalog;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.web.bind.annotation.RestController;

class UsagePageTest {

    @RestController
    static class Api {}

    private static final List<String> PROPERTIES = List.of(
            "ratelimit.tiers[0].name=<b>trial</b>",
            "ratelimit.tiers[0].tables[0].name=calls per minute",
            "ratelimit.tiers[0].tables[0].rows[0].each[0]=chat",
            "ratelimit.tiers[0].tables[0].rows[0].limit=3 calls per minute",
            "ratelimit.api-keys.failed-keys=3 calls per minute",
            "ratelimit.api-keys.demo-keys[0].key=one",
            "ratelimit.api-keys.demo-keys[0].organization=acme",
            "ratelimit.api-keys.demo-keys[0].tier=<b>trial</b>",
            "ratelimit.paths[0].path=/**",
            "ratelimit.paths[0].endpoint=chat");

    private static WebApp start(WebApp.Stack stack, String... more) {
        return WebApp.startInFrozenTime(stack, Api.class, PROPERTIES, more);
    }

    @ParameterizedTest
    @EnumSource
    void aKeyShowsTheLimitsOfItsOwnOrganization(WebApp.Stack stack) throws Exception {
        try (WebApp app = start(stack, "ratelimit.usage-page.enabled=true")) {
            HttpResponse<String> page = app.get("/ratelimits");
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(field(page, "Content-Type")).isEqualToIgnoringCase("text/html;charset=UTF-8");
            assertThat(field(page, "Content-Security-Policy"))
                    .contains("default-src 'none'")
                    .contains("script-src 'self'")
                    .contains("frame-ancestors 'none'");
            assertThat(page.body())
                    .contains("data-usage=\"/ratelimits/usage\" data-field=\"Authorization\" data-scheme=\"Bearer \"")
                    .doesNotContain("${");
            assertThat(field(app.get("/ratelimits/page.js"), "Content-Type")).startsWith("text/javascript");
            assertThat(field(app.get("/ratelimits/page.css"), "Content-Type")).startsWith("text/css");

            HttpResponse<String> usage = app.get("/ratelimits/usage", "Authorization", "Bearer one");
            assertThat(usage.statusCode()).isEqualTo(200);
            assertThat(field(usage, "Cache-Control")).isEqualTo("no-store");
            assertThat(field(usage, "X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(usage.body())
                    .startsWith("{\"callers\":[{\"organization\":\"acme\",\"tier\":\"<b>trial</b>\"")
                    .contains("\"used\":0");

            assertThat(app.send(app.request("/ratelimits").POST(BodyPublishers.noBody()))
                            .statusCode())
                    .isGreaterThanOrEqualTo(400);
            assertThat(app.get("/ratelimits/other", "Authorization", "Bearer one")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(app.get("/ratelimitsusage").statusCode()).isEqualTo(401);
        }
    }

    @ParameterizedTest
    @EnumSource
    void thePageIsNoPlaceToTryKeysOut(WebApp.Stack stack) throws Exception {
        try (WebApp app = start(stack, "ratelimit.usage-page.enabled=true")) {
            assertThat(app.get("/ratelimits/usage").statusCode()).isEqualTo(401);
            for (int i = 0; i < 2; i++) {
                HttpResponse<String> guess = app.get("/ratelimits/usage", "Authorization", "Bearer guess" + i);
                assertThat(guess.statusCode()).isEqualTo(401);
                assertThat(guess.body()).contains("\"detail\":\"The API key is missing or unknown\"");
            }
            HttpResponse<String> tooMany = app.get("/ratelimits/usage", "Authorization", "Bearer guess");
            assertThat(tooMany.statusCode()).isEqualTo(429);
            assertThat(field(tooMany, "Retry-After")).isEqualTo("60");
            assertThat(app.get("/ratelimits/usage", "Authorization", "Bearer one")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void thePageSaysWhichFieldBringsTheKeyAndWhereItIs(WebApp.Stack stack) throws Exception {
        try (WebApp app = start(
                stack,
                "ratelimit.usage-page.enabled=true",
                "ratelimit.usage-page.path=/my/limits",
                "ratelimit.api-keys.header=X-&Key",
                "server.servlet.context-path=/app",
                "spring.webflux.base-path=/app")) {
            assertThat(app.get("/app/my/limits").body())
                    .contains("href=\"/app/my/limits/page.css\"")
                    .contains("data-field=\"X-&amp;Key\" data-scheme=\"\"");
            assertThat(app.get("/app/my/limits/usage", "X-&Key", "one").statusCode())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void thereIsNoPageUnlessItIsEnabled(WebApp.Stack stack) throws Exception {
        try (WebApp app = start(stack)) {
            assertThat(app.get("/ratelimits", "Authorization", "Bearer one").statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void aPathThatIsNoneFailsTheStart() {
        assertThatThrownBy(() -> start(
                        WebApp.Stack.NETTY, "ratelimit.usage-page.enabled=true", "ratelimit.usage-page.path=limits"))
                .rootCause()
                .hasMessage("ratelimit.usage-page.path must be a path such as /ratelimits: path=limits");
    }

    /** Runs where Debian's Chromium is installed. */
    @Test
    void aBrowserShowsBarsAndNoNameBecomesHtml(@TempDir Path profile) throws Exception {
        Path chromium = Path.of("/usr/bin/chromium");
        assumeTrue(Files.isExecutable(chromium), "there is no Chromium");
        try (WebApp app = start(
                WebApp.Stack.NETTY,
                "ratelimit.usage-page.enabled=true",
                "ratelimit.anonymous.tier=<b>trial</b>",
                "ratelimit.tiers[0].tables[0].rows[1].each[0]=<img src=x onerror=alert(1)>",
                "ratelimit.tiers[0].tables[0].rows[1].limit=1,000 calls per minute",
                "ratelimit.tiers[0].tables[1].name=calls per day",
                "ratelimit.tiers[0].tables[1].rows[0].each[0]=chat",
                "ratelimit.tiers[0].tables[1].rows[0].limit=9 calls per day")) {
            app.context()
                    .getBean(RateLimiter.class)
                    .record(Caller.of("network 127.0.0.1", trial(app)), "chat", Usage.of(Unit.CALLS, 3));
            Process browser = new ProcessBuilder(
                            chromium.toString(),
                            "--headless",
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-quic",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync",
                            "--user-data-dir=" + profile,
                            "--virtual-time-budget=3000",
                            "--dump-dom",
                            "http://127.0.0.1:" + app.port() + "/ratelimits")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String page = new String(browser.getInputStream().readAllBytes(), UTF_8);
            assertThat(browser.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(page)
                    .contains("<small>tier &lt;b&gt;trial&lt;/b&gt;</small>")
                    .contains("<li class=\"full\">")
                    .contains("calls: 3 of 3 used (used up)")
                    .contains("<strong>&lt;img src=x onerror=alert(1)&gt;</strong>")
                    .contains("<strong>chat</strong> <small>calls per minute</small>")
                    .contains("<strong>chat</strong> <small>calls per day</small>")
                    .contains("aria-label=\"chat calls per minute: calls: 3 of 3 used\"")
                    .contains("aria-label=\"chat calls per day: calls: 3 of 9 used\"")
                    .doesNotContain("<img");
        }
    }

    private static Tier trial(WebApp app) {
        return app.context().getBean(TierCatalog.class).tier("<b>trial</b>");
    }
}
