package dev.ratelimit.spring;

import dev.ratelimit.Rejected;
import dev.ratelimit.http.HttpProblem;
import dev.ratelimit.http.HttpProblems;
import dev.ratelimit.spring.boot.FilterSettings;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;

/**
 * Answers a {@link RateLimitExceededException} as the filter answers a refusal, in Spring MVC and in WebFlux. Its order
 * is 0, as that of Boot's own advice: an application that wants another answer has an advice of a lower order.
 */
@ControllerAdvice
@Order(0)
final class RateLimitExceededAdvice {

    private final ObjectProvider<FilterSettings> settings;

    RateLimitExceededAdvice(ObjectProvider<FilterSettings> settings) {
        this.settings = settings;
    }

    @ExceptionHandler
    ResponseEntity<byte[]> answer(RateLimitExceededException exceeded) {
        FilterSettings known = settings.getObject();
        Rejected no = HttpProblems.reporting(exceeded.rejected());
        HttpHeaders headers = new HttpHeaders();
        known.http().fields().write(no, exceeded.usage(), headers::set);
        HttpProblem problem = known.http().problems().of(no, exceeded.usage());
        problem.write(headers::set);
        return ResponseEntity.status(problem.status()).headers(headers).body(problem.body());
    }
}
