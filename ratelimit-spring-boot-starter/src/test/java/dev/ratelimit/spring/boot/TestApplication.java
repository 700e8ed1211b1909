package dev.ratelimit.spring.boot;

import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import dev.ratelimit.servlet.RateLimits;
import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.util.concurrent.Callable;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** A service as users write it, which knows nothing of limits but where it asks for its reservation. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@RestController
class TestApplication {

    @PostMapping("/v1/{endpoint}")
    String call(@PathVariable String endpoint) {
        return endpoint;
    }

    @GetMapping("/v1/later")
    Callable<String> later() {
        return () -> "later";
    }

    @PostMapping("/v1/broken")
    String broken() {
        throw new IllegalStateException("broken");
    }

    @PostMapping("/v1/busy")
    ResponseEntity<String> busy() {
        return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE).body("busy");
    }

    @PostMapping("/v1/twice")
    String twice(HttpServletRequest request) {
        Reservation reservation = RateLimits.reservation(request);
        reservation.use(Usage.call());
        return reservation.use(Usage.call()) instanceof Rejected no ? no.message() : "twice";
    }

    @GetMapping("/open")
    String open(HttpServletRequest request) {
        Principal principal = request.getUserPrincipal();
        return principal == null ? "nobody" : principal.getName();
    }
}
