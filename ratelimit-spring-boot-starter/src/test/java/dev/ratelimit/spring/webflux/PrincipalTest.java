package dev.ratelimit.spring.webflux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spring.WebApp;
import dev.ratelimit.testkit.ManualTime;
import java.security.Principal;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

/** Callers that a filter before the limits has found, as Spring Security does. */
class PrincipalTest {

    @RestController
    static class Api {

        @GetMapping("/v1/chat")
        Mono<String> chat() {
            return Mono.just("chat");
        }

        /** Stands where Spring Security stands, and believes what it is told. */
        @Bean
        @Order(-100)
        static WebFilter login() {
            return (exchange, chain) -> {
                String name = exchange.getRequest().getHeaders().getFirst("X-Login");
                return chain.filter(
                        name == null
                                ? exchange
                                : exchange.mutate()
                                        .principal(Mono.<Principal>just(() -> name))
                                        .build());
            };
        }
    }

    @Test
    void thePrincipalIsTheOrganizationAndTheFilterStandsBehindTheLogin() throws Exception {
        try (WebApp app = WebApp.start(
                WebApp.Stack.NETTY,
                context -> context.registerBean(TimeSource.class, ManualTime::new),
                Api.class,
                "ratelimit.tiers[0].name=trial",
                "ratelimit.tiers[0].tables[0].name=calls per minute",
                "ratelimit.tiers[0].tables[0].rows[0].all=together",
                "ratelimit.tiers[0].tables[0].rows[0].limit=1 calls per minute",
                "ratelimit.default-tier=trial",
                "ratelimit.paths[0].path=/v1/{endpoint}",
                "ratelimit.paths[0].endpoint={endpoint}")) {
            assertThat(app.get("/v1/chat").statusCode()).isEqualTo(401);
            assertThat(app.get("/v1/chat", "X-Login", "acme").statusCode()).isEqualTo(200);
            assertThat(app.get("/v1/chat", "X-Login", "acme").statusCode()).isEqualTo(429);
            assertThat(app.get("/v1/chat", "X-Login", "umbrella").statusCode()).isEqualTo(200);
        }
    }
}
