package dev.ratelimit.spring.boot;

import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

// sample: docs/guide/spring-boot.md
@RestController
class ChatController {

    @PostMapping("/v1/chat")
    String chat() {
        return "Hello";
    }
}
// end of sample
