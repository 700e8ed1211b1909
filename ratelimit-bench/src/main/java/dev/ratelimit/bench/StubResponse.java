package dev.ratelimit.bench;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;

/** A response that takes fields, and keeps the last one. */
final class StubResponse extends HttpServletResponseWrapper {

    String lastField = "";

    StubResponse() {
        super(StubRequest.unanswered(HttpServletResponse.class));
    }

    @Override
    public void setHeader(String name, String value) {
        lastField = value;
    }

    @Override
    public int getStatus() {
        return HttpServletResponse.SC_OK;
    }
}
