package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.slf4j.Slf4jListener;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spring.CallerResolver;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;

/** Beans of the application take the place of ours, or are used by them. */
class BeansTest {

    private static final Tier OTHER =
            Tier.named("other").limits("chat", RateLimit.perMinute(1)).build();

    /** Remembers which endpoints were admitted. */
    private static final class Heard implements RateLimitListener {

        private final List<String> endpoints = new ArrayList<>();

        @Override
        public void onAdmitted(Caller caller, String endpoint, Usage usage) {
            endpoints.add(endpoint);
        }
    }

    @Test
    void withoutAnyPropertyNothingIsLimitedAndNothingFails() {
        Runners.empty().run(context -> {
            assertThat(context).hasNotFailed().hasSingleBean(RateLimiter.class).doesNotHaveBean(KeyDirectory.class);
            assertThat(context.getBean(FilterSettings.class).limitsAny()).isFalse();
        });
    }

    @Test
    void thereIsNoBeanIfTheLimitsAreDisabled() {
        Runners.withTrial()
                .withPropertyValues("ratelimit.enabled=false")
                .run(context -> assertThat(context.getBeanFactory().getBeanDefinitionNames())
                        .noneMatch(name -> name.startsWith("ratelimit")));
    }

    @Test
    void aLimiterOfTheApplicationTakesThePlaceOfOurs() {
        RateLimiter own = InMemoryRateLimiter.builder().tier(OTHER).build();

        Runners.withTrial().withBean(RateLimiter.class, () -> own).run(context -> {
            assertThat(context).hasSingleBean(RateLimiter.class).doesNotHaveBean("ratelimitLimiter");
            assertThat(context.getBean(RateLimiter.class)).isSameAs(own);
        });
    }

    @Test
    void aDirectoryAndAResolverOfTheApplicationTakeThePlaceOfOurs() {
        KeyDirectory keys = digest -> Caller.of("acme", OTHER);
        CallerResolver callers = call -> Caller.of("acme", OTHER);

        Runners.withTrial()
                .withPropertyValues("ratelimit.api-keys.demo-keys[0].key=demo")
                .withPropertyValues("ratelimit.api-keys.demo-keys[0].organization=acme")
                .withPropertyValues("ratelimit.api-keys.demo-keys[0].tier=trial")
                .withBean(KeyDirectory.class, () -> keys)
                .withBean(CallerResolver.class, () -> callers)
                .run(context -> {
                    assertThat(context.getBean(KeyDirectory.class)).isSameAs(keys);
                    assertThat(context.getBean(CallerResolver.class)).isSameAs(callers);
                });
    }

    @Test
    void listenersCustomizersAndTheResolverOfTiersAreUsed() {
        Heard heard = new Heard();
        Heard added = new Heard();

        Runners.withTrial()
                .withBean("heard", RateLimitListener.class, () -> heard)
                .withBean(TierResolver.class, () -> organization -> OTHER)
                .withBean(RateLimiterCustomizer.class, () -> builder -> builder.listener(added))
                .run(context -> {
                    RateLimiter limiter = context.getBean(RateLimiter.class);
                    assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
                    assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
                    assertThat(heard.endpoints).containsExactly("chat");
                    assertThat(added.endpoints).containsExactly("chat");
                });
    }

    @Test
    void rejectionsAreLoggedOnlyIfThePropertiesWantThat() {
        Runners.withTrial().run(context -> assertThat(context).doesNotHaveBean(Slf4jListener.class));
        Runners.withTrial()
                .withPropertyValues("ratelimit.log-rejections=true")
                .run(context -> assertThat(context).hasSingleBean(Slf4jListener.class));
    }

    @Test
    void theDefaultTierIsThatOfOrganizationsThatAreNamed() {
        Runners.withTrial().withPropertyValues("ratelimit.default-tier=trial").run(context -> {
            assertThat(context.getBean(RateLimiter.class).caller("acme").tier().name())
                    .isEqualTo("trial");
            assertThat(context.getBean(FilterSettings.class).order()).isGreaterThan(-100);
        });
    }

    @Test
    void theScriptsOfRedisAreInANativeImage() {
        RuntimeHints hints = new RuntimeHints();
        new RateLimitRuntimeHints().registerHints(hints, null);

        for (String script : List.of("10-request.lua", "90-decide.lua")) {
            assertThat(getClass().getClassLoader().getResource("dev/ratelimit/redis/" + script))
                    .isNotNull();
            assertThat(RuntimeHintsPredicates.resource().forResource("dev/ratelimit/redis/" + script))
                    .accepts(hints);
        }
        assertThat(RuntimeHintsPredicates.resource().forResource("other.lua")).rejects(hints);
    }
}
