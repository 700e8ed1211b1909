package dev.ratelimit.spring;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.spring.boot.FilterSettings;
import dev.ratelimit.spring.boot.MemoryAutoConfiguration;
import dev.ratelimit.spring.boot.RequestProperties;
import org.springframework.aop.Advisor;
import org.springframework.aop.config.AopConfigUtils;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.context.annotation.Role;
import org.springframework.core.type.AnnotationMetadata;

/**
 * Limits the calls of methods with {@link RateLimited}: makes proxies of their beans, and answers refusals in requests.
 */
@AutoConfiguration(after = MemoryAutoConfiguration.class)
@ConditionalOnBean(RateLimiter.class)
@Import(RateLimitedAutoConfiguration.Proxies.class)
@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
public class RateLimitedAutoConfiguration {

    /** For Spring. */
    public RateLimitedAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = "ratelimitAdvisor")
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static Advisor ratelimitAdvisor(
            ObjectProvider<RateLimiter> limiter,
            ObjectProvider<CallerResolver> callers,
            ObjectProvider<RequestProperties> requests) {
        return new DefaultPointcutAdvisor(
                new RateLimitedMethods(), new RateLimitedInterceptor(new MethodCalls(limiter, callers, requests)));
    }

    @Bean
    @ConditionalOnClass(name = "org.springframework.web.bind.annotation.ControllerAdvice")
    @ConditionalOnBean(name = "ratelimitFilterSettings")
    @ConditionalOnMissingBean(name = "ratelimitExceededAdvice")
    RateLimitExceededAdvice ratelimitExceededAdvice(ObjectProvider<FilterSettings> settings) {
        return new RateLimitExceededAdvice(settings);
    }

    /** Lets Spring make proxies, as Boot does where it has its own support of aspects: of classes. */
    static class Proxies implements ImportBeanDefinitionRegistrar {

        @Override
        public void registerBeanDefinitions(AnnotationMetadata importing, BeanDefinitionRegistry registry) {
            AopConfigUtils.registerAutoProxyCreatorIfNecessary(registry);
            AopConfigUtils.forceAutoProxyCreatorToUseClassProxying(registry);
        }
    }
}
