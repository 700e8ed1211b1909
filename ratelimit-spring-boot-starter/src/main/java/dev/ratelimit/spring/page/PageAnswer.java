package dev.ratelimit.spring.page;

import java.util.Map;

/** An answer of the page. Immutable: nobody changes its bytes. */
final class PageAnswer {

    private final int status;
    private final Map<String, String> fields;
    private final byte[] body;

    PageAnswer(int status, Map<String, String> fields, byte[] body) {
        this.status = status;
        this.fields = fields;
        this.body = body;
    }

    int status() {
        return status;
    }

    Map<String, String> fields() {
        return fields;
    }

    byte[] body() {
        return body;
    }
}
