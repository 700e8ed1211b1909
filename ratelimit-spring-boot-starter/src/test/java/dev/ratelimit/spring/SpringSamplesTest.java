package dev.ratelimit.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spring.webflux.ReactiveRateLimits;
import dev.ratelimit.testkit.ManualTime;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.stereotype.Service;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Runs the samples of WebFlux and of limited methods. */
class SpringSamplesTest {

    private static final String END = "[the quota ran out]";

    private static WebApp app;

    record Vectors(String text, long tokens) {}

    record Job(String organization, List<String> texts) {}

    /** Answers without a model. */
    static final class Model {

        Flux<String> answer(String prompt) {
            return Flux.fromArray(prompt.split(" "));
        }

        Mono<Vectors> embed(String text) {
            return Mono.just(new Vectors(text, text.length()));
        }
    }

    @RestController
    static class Api {

        private final Model model = new Model();

        // sample: dev/ratelimit/spring/webflux/ReactiveRateLimits.java
        @PostMapping("/v1/chat")
        Flux<String> chat(@RequestBody String prompt, ServerWebExchange exchange) {
            Reservation reservation = ReactiveRateLimits.reservation(exchange);
            return model.answer(prompt)
                    .concatMap(word -> Mono.fromCompletionStage(reservation.useAsync(Usage.of(Unit.TOKENS, 1)))
                            .filter(Decision::isAdmitted)
                            .map(admitted -> word)
                            .defaultIfEmpty(END))
                    .takeUntil(END::equals); // the quota ran out in the middle
        }
        // end of sample

        // sample: docs/guide/spring-boot-more.md
        @PostMapping("/v1/embed")
        Mono<Vectors> embed(@RequestBody String text, ServerWebExchange exchange) {
            Reservation reservation = ReactiveRateLimits.reservation(exchange);
            return model.embed(text)
                    .delayUntil(vectors ->
                            Mono.fromCompletionStage(reservation.settleAsync(Usage.of(Unit.TOKENS, vectors.tokens()))));
        }
        // end of sample
    }

    interface Embedder {

        // sample: dev/ratelimit/spring/RateLimited.java
        @RateLimited(endpoint = "embed", caller = "#job.organization()", usage = "#job.texts().size()", unit = "tokens")
        Vectors embed(Job job);
        // end of sample
    }

    static class LocalEmbedder implements Embedder {

        @Override
        public Vectors embed(Job job) {
            return new Vectors(String.join(" ", job.texts()), job.texts().size());
        }
    }

    // sample: docs/guide/spring-boot-more.md
    @Service
    static class Reports {

        @RateLimited(endpoint = "reports", caller = "#organization")
        Mono<String> monthly(String organization) {
            return Mono.just("the report of " + organization);
        }
    }
    // end of sample

    @Configuration(proxyBeanMethods = false)
    @Import({Api.class, Reports.class})
    static class Beans {

        @Bean
        Embedder embedder() {
            return new LocalEmbedder();
        }
    }

    @BeforeAll
    static void start() {
        app = WebApp.start(
                WebApp.Stack.NETTY,
                context -> context.registerBean(TimeSource.class, ManualTime::new),
                Beans.class,
                "ratelimit.tiers[0].name=trial",
                "ratelimit.tiers[0].tables[0].name=tokens",
                "ratelimit.tiers[0].tables[0].rows[0].each[0]=chat",
                "ratelimit.tiers[0].tables[0].rows[0].limit=3 tokens per minute",
                "ratelimit.tiers[0].tables[0].rows[1].each[0]=embed",
                "ratelimit.tiers[0].tables[0].rows[1].limit=10 tokens per minute",
                "ratelimit.tiers[0].tables[1].name=calls",
                "ratelimit.tiers[0].tables[1].rows[0].each[0]=reports",
                "ratelimit.tiers[0].tables[1].rows[0].limit=1 calls per minute",
                "ratelimit.default-tier=trial",
                "ratelimit.organization-header=X-Org",
                "ratelimit.trusted-gateway=true",
                "ratelimit.paths[0].path=/v1/{endpoint}",
                "ratelimit.paths[0].endpoint={endpoint}");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static HttpResponse<String> post(String path, String organization, String body) throws Exception {
        return app.send(app.request(path, "X-Org", organization, "Content-Type", "text/plain")
                .POST(BodyPublishers.ofString(body)));
    }

    private static long used(String organization, String endpoint) {
        return app.context()
                .getBean(RateLimiter.class)
                .status(organization, endpoint)
                .get(0)
                .used();
    }

    @Test
    void aStreamEndsWhenTheQuotaRunsOut() throws Exception {
        assertThat(post("/v1/chat", "acme", "one two").body()).isEqualTo("onetwo");
        assertThat(post("/v1/chat", "acme", "three four five").body()).isEqualTo("three" + END);
        assertThat(used("acme", "chat")).isEqualTo(3);
    }

    @Test
    void aHandlerSettlesForWhatItHasUsed() throws Exception {
        assertThat(post("/v1/embed", "acme", "four").body()).isEqualTo("{\"text\":\"four\",\"tokens\":4}");
        assertThat(used("acme", "embed")).isEqualTo(4);
    }

    @Test
    void aMethodOfAnInterfaceIsLimited() {
        Embedder embedder = app.context().getBean(Embedder.class);
        assertThat(embedder.embed(new Job("umbrella", List.of("a", "b"))).tokens())
                .isEqualTo(2);
        assertThat(used("umbrella", "embed")).isEqualTo(2);
    }

    @Test
    void aMethodIsLimitedByItsArguments() {
        Reports reports = app.context().getBean(Reports.class);
        assertThat(reports.monthly("acme").block()).isEqualTo("the report of acme");
        assertThat(reports.monthly("acme")
                        .onErrorReturn(RateLimitExceededException.class, "refused")
                        .block())
                .isEqualTo("refused");
    }
}
