package dev.ratelimit.servlet;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;

/** A response that has its rate limit fields again when a handler has reset it. */
final class FieldsResponse extends HttpServletResponseWrapper {

    private final Runnable fields;

    FieldsResponse(HttpServletResponse response, Runnable fields) {
        super(response);
        this.fields = fields;
    }

    @Override
    public void reset() {
        super.reset();
        fields.run();
    }
}
