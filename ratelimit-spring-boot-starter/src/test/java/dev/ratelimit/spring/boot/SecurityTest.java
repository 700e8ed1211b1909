package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The filter stands before Spring Security where keys say who calls, and behind it where the principal does. */
@Timeout(120)
class SecurityTest {

    private static final String[] TIER = {
        "ratelimit.tiers[0].name=trial",
        "ratelimit.tiers[0].tables[0].name=calls per hour",
        "ratelimit.tiers[0].tables[0].rows[0].all=together",
        "ratelimit.tiers[0].tables[0].rows[0].limit=3 calls per hour",
        "ratelimit.tiers[1].name=each user",
        "ratelimit.tiers[1].tables[0].name=calls per hour",
        "ratelimit.tiers[1].tables[0].rows[0].all=together",
        "ratelimit.tiers[1].tables[0].rows[0].limit=2 calls per hour",
        "ratelimit.tiers[0].members[0].kind=user",
        "ratelimit.tiers[0].members[0].tier=each user",
        "ratelimit.members[0].kind=user",
        "ratelimit.members[0].header=X-User",
        "ratelimit.paths[0].path=/v1/**",
        "ratelimit.paths[0].endpoint=all",
        "ratelimit.api-keys.header=X-API-Key",
        "ratelimit.api-keys.realm=the test",
        "test.security=true"
    };

    /** A service that wants a password, but for the free page. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @RestController
    static class Secured {

        @Bean
        SecurityFilterChain chain(HttpSecurity http) throws Exception {
            return http.authorizeHttpRequests(requests -> requests.requestMatchers(HttpMethod.GET, "/v1/free")
                            .permitAll()
                            .anyRequest()
                            .authenticated())
                    .httpBasic(Customizer.withDefaults())
                    .build();
        }

        @Bean
        UserDetailsService users() {
            return new InMemoryUserDetailsManager(
                    User.withUsername("ada").password("{noop}secret").build(),
                    User.withUsername("bob").password("{noop}secret").build());
        }

        @GetMapping({"/v1/page", "/v1/free"})
        String page() {
            return "page";
        }
    }

    private static String basic(String name) {
        byte[] bytes = (name + ":secret").getBytes(StandardCharsets.US_ASCII);
        return "Basic " + Base64.getEncoder().encodeToString(bytes);
    }

    private static TestService start(String... properties) {
        return TestService.start(
                Secured.class, Stream.of(TIER, properties).flatMap(Stream::of).toArray(String[]::new));
    }

    @Test
    void aBadKeyIsRefusedBeforeSpringSecurityHearsOfIt() throws Exception {
        try (TestService service = start(
                "ratelimit.api-keys.demo-keys[0].key=demo",
                "ratelimit.api-keys.demo-keys[0].organization=acme",
                "ratelimit.api-keys.demo-keys[0].tier=trial")) {
            HttpResponse<String> noKey = service.send("GET", "/v1/page", "Authorization", basic("ada"));
            assertThat(noKey.statusCode()).isEqualTo(401);
            assertThat(noKey.headers().firstValue("WWW-Authenticate")).hasValue("ApiKey realm=\"the test\"");

            HttpResponse<String> noPassword = service.send("GET", "/v1/page", "X-API-Key", "demo");
            assertThat(noPassword.statusCode()).isEqualTo(401);
            assertThat(noPassword.headers().firstValue("WWW-Authenticate").orElse(""))
                    .startsWith("Basic");
            assertThat(noPassword.headers().firstValue("RateLimit"))
                    .hasValueSatisfying(field -> assertThat(field).contains("r=2"));

            HttpResponse<String> both =
                    service.send("GET", "/v1/page", "Authorization", basic("ada"), "X-API-Key", "demo");
            assertThat(both.statusCode()).isEqualTo(200);
        }
    }

    @Test
    void thePrincipalSaysWhoCallsAndAFieldWhichUserOfIt() throws Exception {
        try (TestService service = start(
                "ratelimit.default-tier=trial",
                "ratelimit.anonymous.tier=each user",
                "ratelimit.status.rate-limit=420")) {
            for (String user : new String[] {"u1", "u1"}) {
                assertThat(service.send("GET", "/v1/page", "Authorization", basic("ada"), "X-User", user)
                                .statusCode())
                        .isEqualTo(200);
            }
            HttpResponse<String> thirdOfUser =
                    service.send("GET", "/v1/page", "Authorization", basic("ada"), "X-User", "u1");
            assertThat(thirdOfUser.statusCode()).isEqualTo(420);
            assertThat(thirdOfUser.body()).contains("of user \\\"u1\\\"");
            assertThat(service.send("GET", "/v1/page", "Authorization", basic("ada"), "X-User", "u2")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(service.send("GET", "/v1/page", "Authorization", basic("ada"), "X-User", "u2")
                            .statusCode())
                    .as("the fourth of the organization")
                    .isEqualTo(420);
            assertThat(service.send("GET", "/v1/page", "Authorization", basic("bob"))
                            .statusCode())
                    .isEqualTo(200);

            assertThat(service.send("GET", "/v1/free").statusCode()).isEqualTo(200);
            assertThat(service.send("GET", "/v1/free").statusCode()).isEqualTo(200);
            assertThat(service.send("GET", "/v1/free").statusCode())
                    .as("the third without a name from one network")
                    .isEqualTo(420);
        }
    }
}
