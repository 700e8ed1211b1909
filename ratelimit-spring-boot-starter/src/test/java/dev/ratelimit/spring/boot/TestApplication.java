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
@EnableAutoConfiguration(
        excludeName = {
            TestApplication.DATA_SOURCE,
            TestApplication.DATA_SOURCE_OF_BOOT_4,
            TestApplication.SECURITY,
            TestApplication.SECURITY_FILTER,
            TestApplication.SECURITY_USERS,
            TestApplication.SECURITY_ACTUATOR,
            TestApplication.SECURITY_OF_BOOT_4,
            TestApplication.SECURITY_WEB_OF_BOOT_4,
            TestApplication.SECURITY_FILTER_OF_BOOT_4,
            TestApplication.SECURITY_USERS_OF_BOOT_4,
            TestApplication.SECURITY_ACTUATOR_OF_BOOT_4
        })
@RestController
class TestApplication {

    static final String DATA_SOURCE = "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration";
    static final String DATA_SOURCE_OF_BOOT_4 =
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration";
    static final String SECURITY = "org.springframework.boot.autoconfigure.security.servlet.SecurityAutoConfiguration";
    static final String SECURITY_FILTER =
            "org.springframework.boot.autoconfigure.security.servlet.SecurityFilterAutoConfiguration";
    static final String SECURITY_USERS =
            "org.springframework.boot.autoconfigure.security.servlet.UserDetailsServiceAutoConfiguration";
    static final String SECURITY_ACTUATOR =
            "org.springframework.boot.actuate.autoconfigure.security.servlet.ManagementWebSecurityAutoConfiguration";
    static final String SECURITY_OF_BOOT_4 =
            "org.springframework.boot.security.autoconfigure.SecurityAutoConfiguration";
    static final String SECURITY_WEB_OF_BOOT_4 =
            "org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration";
    static final String SECURITY_FILTER_OF_BOOT_4 =
            "org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration";
    static final String SECURITY_USERS_OF_BOOT_4 =
            "org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration";
    static final String SECURITY_ACTUATOR_OF_BOOT_4 =
            "org.springframework.boot.security.autoconfigure.actuate.web.servlet"
                    + ".ManagementWebSecurityAutoConfiguration";

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
