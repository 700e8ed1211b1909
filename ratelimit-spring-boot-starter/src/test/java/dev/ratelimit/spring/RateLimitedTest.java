package dev.ratelimit.spring;

import static dev.ratelimit.spring.WebApp.field;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.Caller;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spring.WebApp.Stack;
import dev.ratelimit.spring.boot.MemoryAutoConfiguration;
import dev.ratelimit.spring.boot.RateLimitAutoConfiguration;
import dev.ratelimit.testkit.ManualTime;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class RateLimitedTest {

    private static final String[] PROPERTIES = {
        "ratelimit.tiers[0].name=trial",
        "ratelimit.tiers[0].tables[0].name=calls per minute",
        "ratelimit.tiers[0].tables[0].rows[0].each[0]=chat",
        "ratelimit.tiers[0].tables[0].rows[0].each[1]=embed",
        "ratelimit.tiers[0].tables[0].rows[0].limit=2 calls per minute",
        "ratelimit.tiers[0].tables[1].name=in flight",
        "ratelimit.tiers[0].tables[1].rows[0].each[0]=slow",
        "ratelimit.tiers[0].tables[1].rows[0].limit=1 calls in flight for 1 hour",
        "ratelimit.tiers[0].tables[2].name=tokens",
        "ratelimit.tiers[0].tables[2].rows[0].each[0]=words",
        "ratelimit.tiers[0].tables[2].rows[0].limit=10 tokens per minute",
        "ratelimit.default-tier=trial"
    };

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    RateLimitAutoConfiguration.class,
                    MemoryAutoConfiguration.class,
                    RateLimitedAutoConfiguration.class))
            .withUserConfiguration(Beans.class)
            .withPropertyValues(PROPERTIES);

    @Configuration(proxyBeanMethods = false)
    static class Beans {

        @Bean
        TimeSource time() {
            return new ManualTime();
        }

        @Bean
        Service service() {
            return new Service();
        }
    }

    static class Service {

        private final AtomicInteger calls = new AtomicInteger();

        /** A proxy has no fields. */
        int calls() {
            return calls.get();
        }

        @RateLimited(endpoint = "embed", caller = "#organization")
        String embed(String organization) {
            calls.incrementAndGet();
            return "embedded";
        }

        @RateLimited(endpoint = "words", caller = "'acme'", usage = "#text.length()", unit = "tokens")
        int words(String text) {
            return text.length();
        }

        @RateLimited(endpoint = "words", caller = "'acme'", usage = "#usage")
        void stated(Usage usage) {}

        @RateLimited(endpoint = "slow", caller = "'acme'")
        CompletableFuture<String> later(CompletableFuture<String> answer) {
            return answer;
        }

        @RateLimited(endpoint = "slow", caller = "'acme'")
        String fails() {
            throw new UnsupportedOperationException("as planned");
        }

        @RateLimited(endpoint = "slow", caller = "'acme'")
        Mono<String> mono(Mono<String> answer) {
            calls.incrementAndGet();
            return answer;
        }

        @RateLimited(endpoint = "slow", caller = "'acme'")
        Flux<String> flux(Flux<String> answer) {
            return answer;
        }

        @RateLimited(endpoint = "embed")
        void needsARequest() {}

        @RateLimited(endpoint = "embed", caller = "'acme'", usage = "#text")
        void badUsage(Object text) {}

        @RateLimited(endpoint = "embed", caller = "#text")
        void badCaller(Object text) {}

        @RateLimited(endpoint = "embed", caller = "#text.(")
        void badExpression(Object text) {}
    }

    private static long inFlight(RateLimiter limiter) {
        return limiter.status("acme", "slow").get(0).used();
    }

    @Test
    void aMethodIsRefusedBeyondItsLimit() {
        runner.run(context -> {
            Service service = context.getBean(Service.class);
            assertThat(service.embed("acme")).isEqualTo("embedded");
            assertThat(service.embed("acme")).isEqualTo("embedded");
            assertThatThrownBy(() -> service.embed("acme"))
                    .isInstanceOfSatisfying(RateLimitExceededException.class, exceeded -> {
                        assertThat(exceeded).hasMessageStartingWith("Exceeded the limit of 2 calls per minute");
                        assertThat(exceeded.rejected().retryAfter()).isPresent();
                        assertThat(exceeded.usage()).isEqualTo(Usage.call());
                        assertThat(exceeded.getStackTrace()).isEmpty();
                    });
            assertThat(service.embed("other")).isEqualTo("embedded");
            assertThat(context.getBean(RateLimiter.class)
                            .status("acme", "embed")
                            .get(0)
                            .used())
                    .isEqualTo(2);
        });
    }

    @Test
    void nobodyIsRefusedAsAMissingKeyIs() {
        runner.run(context -> assertThatThrownBy(
                        () -> context.getBean(Service.class).embed(nothing()))
                .isInstanceOfSatisfying(
                        RateLimitExceededException.class,
                        exceeded -> assertThat(exceeded.rejected().cause()).isEqualTo(new KeyUnknown())));
    }

    @SuppressWarnings("NullAway") // what an argument may be
    private static String nothing() {
        return null;
    }

    @Test
    void theUsageIsANumberOrAUsage() {
        runner.run(context -> {
            Service service = context.getBean(Service.class);
            assertThat(service.words("abcd")).isEqualTo(4);
            service.stated(Usage.of(Unit.TOKENS, 4));
            assertThatThrownBy(() -> service.words("abc")).isInstanceOf(RateLimitExceededException.class);
            assertThat(service.words("ab")).isEqualTo(2);
        });
    }

    @Test
    void aStageHoldsItsPlaceUntilItCompletes() {
        runner.run(context -> {
            Service service = context.getBean(Service.class);
            RateLimiter limiter = context.getBean(RateLimiter.class);
            CompletableFuture<String> answer = new CompletableFuture<>();
            assertThat(service.later(answer)).isSameAs(answer);
            assertThat(inFlight(limiter)).isEqualTo(1);
            assertThatThrownBy(() -> service.later(answer)).isInstanceOf(RateLimitExceededException.class);
            answer.completeExceptionally(new CompletionException(null));
            assertThat(inFlight(limiter)).isZero();
            assertThatThrownBy(service::fails).isInstanceOf(UnsupportedOperationException.class);
            assertThat(inFlight(limiter)).isZero();
        });
    }

    @Test
    void aMonoIsAskedForAtEachSubscriptionAndEndsHoweverItEnds() {
        runner.run(context -> {
            Service service = context.getBean(Service.class);
            RateLimiter limiter = context.getBean(RateLimiter.class);
            Mono<String> answer = service.mono(Mono.just("one"));
            assertThat(service.calls()).isZero();
            StepVerifier.create(answer).expectNext("one").verifyComplete();
            StepVerifier.create(answer).expectNext("one").verifyComplete();
            assertThat(service.calls()).isEqualTo(2);
            StepVerifier.create(service.mono(Mono.never()))
                    .then(() -> assertThat(inFlight(limiter)).isEqualTo(1))
                    .then(() -> StepVerifier.create(answer)
                            .expectError(RateLimitExceededException.class)
                            .verify())
                    .thenCancel()
                    .verify();
            assertThat(inFlight(limiter)).isZero();
            StepVerifier.create(service.mono(Mono.error(new IllegalStateException("as planned"))))
                    .expectError(IllegalStateException.class)
                    .verify();
            assertThat(inFlight(limiter)).isZero();
        });
    }

    @Test
    void aFluxHoldsItsPlaceUntilItsEnd() {
        runner.run(context -> {
            Service service = context.getBean(Service.class);
            RateLimiter limiter = context.getBean(RateLimiter.class);
            StepVerifier.create(service.flux(Flux.just("a", "b").concatWith(Flux.never())))
                    .expectNext("a", "b")
                    .then(() -> assertThat(inFlight(limiter)).isEqualTo(1))
                    .thenCancel()
                    .verify();
            assertThat(inFlight(limiter)).isZero();
            StepVerifier.create(service.flux(Flux.just("a"))).expectNext("a").verifyComplete();
            assertThat(inFlight(limiter)).isZero();
        });
    }

    @Test
    void whatIsWrongIsNamed() {
        runner.run(context -> {
            Service service = context.getBean(Service.class);
            assertThatIllegalStateException()
                    .isThrownBy(service::needsARequest)
                    .withMessageContaining("needsARequest must be stated, since it is called outside of a request");
            assertThatIllegalStateException()
                    .isThrownBy(() -> service.badUsage(-1))
                    .withMessageEndingWith("must be a Usage, or a whole number from 0: usage=-1");
            assertThatIllegalStateException()
                    .isThrownBy(() -> service.badUsage("many"))
                    .withMessageEndingWith("must be a Usage, or a whole number from 0: usage=many");
            assertThatIllegalStateException()
                    .isThrownBy(() -> service.badCaller(7))
                    .withMessageEndingWith(
                            "must be the name of an organization, a Caller or null: caller=java.lang.Integer");
            assertThatIllegalStateException()
                    .isThrownBy(() -> service.badExpression("x"))
                    .withMessageEndingWith("must be an expression: caller=#text.(");
        });
    }

    @RestController
    static class Api {

        @GetMapping("/v1/chat")
        @RateLimited(endpoint = "chat")
        Mono<String> chat() {
            return Mono.just("chat");
        }

        @GetMapping("/v1/mvc")
        @RateLimited(endpoint = "chat")
        String plain(ServerWebExchange exchange) {
            return "plain";
        }

        @GetMapping("/free")
        @RateLimited(endpoint = "embed")
        Mono<String> embed() {
            return Mono.just("embedded");
        }

        @GetMapping("/throws")
        String throwsIt() {
            throw new RateLimitExceededException(Rejected.permanent(new KeyUnknown(), ""), Usage.call());
        }
    }

    @RestController
    static class ServletApi {

        @GetMapping("/v1/chat")
        @RateLimited(endpoint = "chat")
        String chat() {
            return "chat";
        }

        @GetMapping("/free")
        @RateLimited(endpoint = "embed")
        CompletableFuture<String> embed() {
            return CompletableFuture.completedFuture("embedded");
        }

        @GetMapping("/throws")
        String throwsIt() {
            throw new RateLimitExceededException(Rejected.permanent(new KeyUnknown(), ""), Usage.call());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRequestIsChargedOnceAndARefusalIsAnsweredAsByTheFilter(Stack stack) throws Exception {
        CallerResolver callers = call -> call.headers("X-Org").isEmpty()
                ? Rejected.permanent(new KeyUnknown(), "")
                : Caller.of(call.headers("X-Org").get(0), TIER);
        try (WebApp app = WebApp.start(
                stack,
                context -> {
                    context.registerBean(TimeSource.class, ManualTime::new);
                    context.registerBean(CallerResolver.class, () -> callers);
                },
                stack == Stack.NETTY ? Api.class : ServletApi.class,
                Stream.concat(
                                Stream.of(PROPERTIES),
                                Stream.of("ratelimit.paths[0].path=/v1/*", "ratelimit.paths[0].endpoint=chat"))
                        .toArray(String[]::new))) {
            // The filter charges the endpoint chat, and the method does not.
            for (int i = 0; i < 2; i++) {
                HttpResponse<String> response = app.get("/v1/chat", "X-Org", "acme");
                assertThat(response.statusCode()).isEqualTo(200);
                assertThat(response.body()).isEqualTo("chat");
            }
            HttpResponse<String> byFilter = app.get("/v1/chat", "X-Org", "acme");
            assertThat(byFilter.statusCode()).isEqualTo(429);
            if (stack == Stack.NETTY) {
                assertThat(app.get("/v1/mvc", "X-Org", "other").body()).isEqualTo("plain");
                assertThat(app.get("/v1/mvc", "X-Org", "other").body()).isEqualTo("plain");
                assertThat(app.get("/v1/mvc", "X-Org", "other").statusCode()).isEqualTo(429);
            }

            // No filter charges the endpoint embed, and the method does.
            assertThat(app.get("/free", "X-Org", "acme").body()).isEqualTo("embedded");
            assertThat(app.get("/free", "X-Org", "acme").body()).isEqualTo("embedded");
            HttpResponse<String> byMethod = app.get("/free", "X-Org", "acme");
            assertThat(byMethod.statusCode()).isEqualTo(429);
            assertThat(byMethod.body()).isEqualTo(byFilter.body().replace("chat", "embed"));
            assertThat(field(byMethod, "Content-Type")).isEqualTo("application/problem+json");
            assertThat(field(byMethod, "Retry-After")).isEqualTo(field(byFilter, "Retry-After"));
            assertThat(field(byMethod, "RateLimit")).isEqualTo("\"calls per minute/embed\";r=0;t=60");
            HttpResponse<String> thrown = app.get("/throws");
            assertThat(thrown.statusCode()).isEqualTo(401);
            assertThat(field(thrown, "WWW-Authenticate")).isEqualTo("Bearer");
        }
    }

    private static final Tier TIER = Tier.named("trial")
            .limits("chat", RateLimit.perMinute(2))
            .limits("embed", RateLimit.perMinute(2))
            .build();
}
