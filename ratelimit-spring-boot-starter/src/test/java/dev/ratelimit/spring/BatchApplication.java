package dev.ratelimit.spring;

import java.util.concurrent.Callable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

/** A batch without a web server, whose methods are limited. Run by a class loader of its own. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class BatchApplication implements Callable<String> {

    static class Sums {

        @RateLimited(endpoint = "sums", caller = "'acme'")
        String sum() {
            return "summed";
        }

        @RateLimited(endpoint = "sums", caller = "'acme'")
        Mono<String> add() {
            return Mono.just("added");
        }
    }

    @Bean
    Sums sums() {
        return new Sums();
    }

    @Override
    public String call() {
        String[] arguments = {
            "--ratelimit.default-tier=trial",
            "--ratelimit.tiers[0].name=trial",
            "--ratelimit.tiers[0].tables[0].name=calls",
            "--ratelimit.tiers[0].tables[0].rows[0].each[0]=sums",
            "--ratelimit.tiers[0].tables[0].rows[0].limit=2 calls per hour"
        };
        try (ConfigurableApplicationContext context = SpringApplication.run(BatchApplication.class, arguments)) {
            Sums sums = context.getBean(Sums.class);
            return String.join(", ", sums.sum(), added(sums), added(sums), summed(sums));
        }
    }

    private static String summed(Sums sums) {
        try {
            return sums.sum();
        } catch (RateLimitExceededException e) {
            return "refused";
        }
    }

    private static String added(Sums sums) {
        return sums.add()
                .onErrorResume(RateLimitExceededException.class, e -> Mono.just("refused"))
                .blockOptional()
                .orElse("nothing");
    }
}
