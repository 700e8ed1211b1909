package dev.ratelimit.servlet;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** A servlet that is one method. */
final class Handler extends HttpServlet {

    private static final long serialVersionUID = 1;

    /** What a servlet does. */
    interface Body {

        void answer(HttpServletRequest request, HttpServletResponse response)
                throws IOException, ServletException, InterruptedException;
    }

    private final transient Body body;

    private Handler(Body body) {
        this.body = body;
    }

    static HttpServlet of(Body body) {
        return new Handler(body);
    }

    /** A handler that says hello. */
    static HttpServlet hello() {
        return of((request, response) -> response.getWriter().print("Hello"));
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
            throws IOException, ServletException {
        try {
            body.answer(request, response);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
