package dev.ratelimit.spring.boot;

import static dev.ratelimit.spring.WebApp.field;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spring.WebApp;
import dev.ratelimit.testkit.ManualTime;
import jakarta.servlet.http.HttpServletRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** The filter on Jetty. */
@Timeout(60)
class JettyTest {

    @RestController
    static class Api {

        @PostMapping("/v1/chat")
        String chat(HttpServletRequest request) {
            return request.getServletContext().getServerInfo();
        }
    }

    private static HttpResponse<String> call(WebApp app, String... fields) throws Exception {
        return app.send(app.request("/v1/chat", fields).POST(BodyPublishers.noBody()));
    }

    @Test
    void callsAreCountedAndRefusedAsOnTomcat() throws Exception {
        try (WebApp app = WebApp.start(
                WebApp.Stack.TOMCAT,
                context -> {
                    WebApp.registerJetty(context);
                    context.registerBean(TimeSource.class, ManualTime::new);
                },
                Api.class,
                "ratelimit.tiers[0].name=trial",
                "ratelimit.tiers[0].tables[0].name=calls per minute",
                "ratelimit.tiers[0].tables[0].rows[0].each[0]=chat",
                "ratelimit.tiers[0].tables[0].rows[0].limit=1 calls per minute",
                "ratelimit.api-keys.demo-keys[0].key=one",
                "ratelimit.api-keys.demo-keys[0].organization=acme",
                "ratelimit.api-keys.demo-keys[0].tier=trial",
                "ratelimit.headers=ietf,x-ratelimit",
                "ratelimit.paths[0].path=/v1/{endpoint}",
                "ratelimit.paths[0].endpoint={endpoint}")) {
            HttpResponse<String> first = call(app, "Authorization", "Bearer one");
            assertThat(first.statusCode()).isEqualTo(200);
            assertThat(first.body()).startsWith("jetty/");
            assertThat(field(first, "RateLimit")).isEqualTo("\"calls per minute/chat\";r=0;t=60");
            assertThat(field(first, "RateLimit-Policy")).isEqualTo("\"calls per minute/chat\";q=1;w=60");
            assertThat(field(first, "x-ratelimit-remaining")).isEqualTo("0");

            HttpResponse<String> second = call(app, "Authorization", "Bearer one");
            assertThat(second.statusCode()).isEqualTo(429);
            assertThat(field(second, "Content-Type")).isEqualTo("application/problem+json");
            assertThat(field(second, "Retry-After")).isEqualTo("60");
            assertThat(second.body())
                    .contains("\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\"")
                    .contains("\"violated-policies\":[\"calls per minute/chat\"]");

            assertThat(call(app).statusCode()).isEqualTo(401);
        }
    }
}
