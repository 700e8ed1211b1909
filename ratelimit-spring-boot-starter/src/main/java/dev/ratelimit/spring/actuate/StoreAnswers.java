package dev.ratelimit.spring.actuate;

import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.http.HttpProblem;
import dev.ratelimit.http.HttpProblems;
import dev.ratelimit.redis.RedisUnavailableException;
import dev.ratelimit.spi.StoreUnavailableException;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.util.MimeType;

/** Answers for which a store may have to be asked: with 503 and a problem while it is away. */
final class StoreAnswers {

    private static final MimeType PROBLEM = MimeType.valueOf("application/problem+json");

    private StoreAnswers() {}

    /**
     * Returns what is asked.
     *
     * @param question asks; null is answered with 404 to a read, and without a body to a write
     */
    static @Nullable WebEndpointResponse<Object> of(Supplier<@Nullable Object> question) {
        try {
            Object answer = question.get();
            return answer == null ? null : new WebEndpointResponse<>(answer);
        } catch (StoreUnavailableException | RedisUnavailableException away) {
            return away();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof StoreUnavailableException) {
                return away();
            }
            throw failed;
        }
    }

    private static WebEndpointResponse<Object> away() {
        HttpProblem problem = HttpProblems.standard().of(Rejected.permanent(new StoreUnavailable(), ""));
        return new WebEndpointResponse<>(problem.body(), problem.status(), PROBLEM);
    }
}
