package dev.ratelimit.example.boot;

import java.util.Map;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Answers calls of any endpoint. */
@RestController
class EndpointController {

    @PostMapping("/v1/{endpoint}")
    Map<String, String> call(@PathVariable String endpoint) {
        return Map.of("endpoint", endpoint);
    }
}
