package dev.ratelimit.spring.page;

import dev.ratelimit.spring.boot.ServletCall;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.springframework.core.Ordered;

/** Serves the page in a servlet application. No record: Tomcat asks for its hash, which a record links at the start. */
final class UsagePageFilter implements Filter, Ordered {

    private final UsagePage page;
    private final int order;

    /**
     * Makes the filter.
     *
     * @param page what it answers
     * @param order its place among the filters
     */
    UsagePageFilter(UsagePage page, int order) {
        this.page = page;
        this.order = order;
    }

    @Override
    public int getOrder() {
        return order;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Optional<CompletionStage<PageAnswer>> answer =
                request instanceof HttpServletRequest call ? page.answer(new ServletCall(call)) : Optional.empty();
        if (answer.isPresent() && response instanceof HttpServletResponse to) {
            write(answer.get().toCompletableFuture().join(), to);
        } else {
            chain.doFilter(request, response);
        }
    }

    private static void write(PageAnswer answer, HttpServletResponse response) throws IOException {
        response.setStatus(answer.status());
        answer.fields().forEach(response::setHeader);
        response.setContentLength(answer.body().length);
        response.getOutputStream().write(answer.body());
    }
}
