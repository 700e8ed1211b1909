package dev.ratelimit.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spring.WebApp;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

/**
 * The actuator on Netty, asked again and again over connections that its clients keep. An answer that another thread
 * gives
 * than that of the connection may be lost, though it seldom is.
 */
@Timeout(120)
class KeptConnectionsTest {

    private static final int CLIENTS = 4;
    private static final int REQUESTS = 100;

    @RestController
    static class Api {}

    @Test
    void eachAnswerIsGivenOnTheThreadOfItsConnection() throws Exception {
        Set<String> threads = ConcurrentHashMap.newKeySet();
        WebFilter noting = (exchange, chain) -> {
            exchange.getResponse().beforeCommit(() -> {
                threads.add(Thread.currentThread().getName());
                return Mono.empty();
            });
            return chain.filter(exchange);
        };
        try (WebApp app = WebApp.start(
                WebApp.Stack.NETTY,
                context -> context.registerBean("noting", WebFilter.class, () -> noting),
                Api.class,
                "ratelimit.tiers[0].name=trial",
                "ratelimit.tiers[0].tables[0].name=calls per month",
                "ratelimit.tiers[0].tables[0].rows[0].all=together",
                "ratelimit.tiers[0].tables[0].rows[0].limit=100 calls per calendar month",
                "ratelimit.api-keys.demo-keys[0].key=one",
                "ratelimit.api-keys.demo-keys[0].organization=acme",
                "ratelimit.api-keys.demo-keys[0].tier=trial",
                "management.endpoints.web.exposure.include=ratelimits")) {
            List<CompletableFuture<Integer>> clients = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                clients.add(CompletableFuture.supplyAsync(() -> answered(app)));
            }
            for (CompletableFuture<Integer> client : clients) {
                assertThat(client.get()).isEqualTo(REQUESTS);
            }
            assertThat(threads).isNotEmpty().allMatch(thread -> thread.startsWith("reactor-http"));
        }
    }

    private static int answered(WebApp app) {
        int answered = 0;
        try {
            for (int i = 0; i < REQUESTS; i++) {
                answered += app.get("/actuator/ratelimits/acme").statusCode() == 200 ? 1 : 0;
            }
        } catch (Exception lost) {
            throw new AssertionError("a request was not answered, after " + answered, lost);
        }
        return answered;
    }
}
