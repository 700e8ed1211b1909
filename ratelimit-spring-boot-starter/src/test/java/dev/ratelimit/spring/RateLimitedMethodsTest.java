package dev.ratelimit.spring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aop.ClassFilter;
import org.springframework.boot.SpringApplication;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.http.converter.StringHttpMessageConverter;
import org.springframework.security.core.userdetails.User;
import org.springframework.web.client.RestTemplate;

/** Which beans are searched for methods with {@link RateLimited}. */
class RateLimitedMethodsTest {

    private final ClassFilter searched = new RateLimitedMethods().getClassFilter();

    @ParameterizedTest
    @ValueSource(
            classes = {
                SpringApplication.class,
                GenericApplicationContext.class,
                StringRedisTemplate.class,
                StringHttpMessageConverter.class,
                User.class,
                RestTemplate.class
            })
    void beansOfSpringAreNotSearched(Class<?> type) {
        assertThat(searched.matches(type)).isFalse();
    }

    /** A class of an application that extends one of Spring's is its own. */
    static class OwnTemplate extends RestTemplate {

        @RateLimited(endpoint = "chat")
        void call() {}
    }

    @Test
    void allOthersAreSearched() throws NoSuchMethodException {
        assertThat(searched.matches(OwnTemplate.class)).isTrue();
        assertThat(searched.matches(SimpleAsyncTaskExecutor.class)).isTrue(); // a package that is not skipped
        assertThat(new RateLimitedMethods()
                        .getMethodMatcher()
                        .matches(OwnTemplate.class.getDeclaredMethod("call"), OwnTemplate.class))
                .isTrue();
    }
}
