package dev.ratelimit.spring.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ratelimit.Caller;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.http.HttpProblem;
import dev.ratelimit.http.KeyField;
import dev.ratelimit.http.UsageJson;
import dev.ratelimit.http.filter.CallRules;
import dev.ratelimit.http.filter.LimitedCall;
import dev.ratelimit.http.filter.ThrottledLog;
import dev.ratelimit.spi.Printable;
import dev.ratelimit.spring.CallerResolver;
import dev.ratelimit.spring.WebCall;
import dev.ratelimit.spring.boot.HttpSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.HtmlUtils;

/**
 * What the page answers, whatever framework serves it.
 *
 * <p>The page itself has no data, so everybody may get it. The limits are those of whoever asks: the same resolver says
 * who that is that says it for calls. A key that is missing or refused is charged to the network that it comes from, as
 * by the filter, so that the page is no place to try keys out. Each answer forbids scripts that are not of the page,
 * frames, and caches.
 *
 * <p>Safe for use by many threads.
 */
final class UsagePage {

    private static final Map<String, String> SAFETY = Map.of(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
                    + "form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options",
            "nosniff",
            "Referrer-Policy",
            "no-referrer",
            "Cache-Control",
            "no-store");

    private final String path;
    private final String contextPath;
    private final RateLimiter limiter;
    private final CallerResolver callers;
    private final HttpSettings http;
    private final ThrottledLog log;

    /* Read when the first request asks for one, so that an application does not wait for them when it starts. */
    private volatile @Nullable Map<String, PageAnswer> files;

    UsagePage(String path, String contextPath, RateLimiter limiter, CallerResolver callers, HttpSettings http) {
        if (!path.matches("(/[^/?#]+)+")) {
            throw new IllegalArgumentException(
                    "ratelimit.usage-page.path must be a path such as /ratelimits: path=" + Printable.name(path));
        }
        this.path = path;
        this.contextPath = contextPath;
        this.limiter = limiter;
        this.callers = callers;
        this.http = http;
        this.log = new ThrottledLog(limiter.timeSource(), UsagePage.class.getName());
    }

    private Map<String, PageAnswer> files() {
        Map<String, PageAnswer> known = files;
        if (known == null) {
            known = readFiles();
            files = known;
        }
        return known;
    }

    private Map<String, PageAnswer> readFiles() {
        KeyField field = http.keyField();
        String html = new String(read("page.html"), UTF_8)
                .replace("${path}", HtmlUtils.htmlEscape(contextPath + path))
                .replace("${field}", HtmlUtils.htmlEscape(field.name()))
                .replace("${scheme}", field.name().equals(KeyField.bearer().name()) ? "Bearer " : "");
        return Map.of(
                "", file("text/html;charset=UTF-8", html.getBytes(UTF_8)),
                "/page.css", file("text/css;charset=UTF-8", read("page.css")),
                "/page.js", file("text/javascript;charset=UTF-8", read("page.js")));
    }

    private static byte[] read(String name) {
        try (InputStream in = UsagePage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the jar must have all files of the page: file=" + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PageAnswer file(String type, byte[] body) {
        Map<String, String> fields = new LinkedHashMap<>(SAFETY);
        fields.put("Content-Type", type);
        return new PageAnswer(200, fields, body);
    }

    /**
     * Answers a request.
     *
     * @return the answer, when there is one; empty if the request is not for the page
     */
    Optional<CompletionStage<PageAnswer>> answer(WebCall call) {
        boolean isRead = call.method().equals("GET") || call.method().equals("HEAD");
        if (!isRead || !call.path().startsWith(path)) {
            return Optional.empty();
        }
        String rest = call.path().substring(path.length());
        if (rest.equals("/usage")) {
            return Optional.of(usage(call));
        }
        return Optional.ofNullable(files().get(rest)).map(CompletableFuture::completedFuture);
    }

    private CompletionStage<PageAnswer> usage(WebCall call) {
        try {
            Resolution who = callers.resolve(call);
            CompletionStage<PageAnswer> answer =
                    who instanceof Caller caller ? usage(caller) : refused((Rejected) who, call);
            return answer.exceptionally(this::failed);
        } catch (Throwable failure) { // whatever it is, the next request may fare better
            return CompletableFuture.completedFuture(failed(failure));
        }
    }

    private CompletionStage<PageAnswer> usage(Caller caller) {
        return limiter.async().status(caller).thenApply(limits -> {
            Map<Caller, List<LimitStatus>> usage = Map.of(caller, limits);
            return file(
                    "application/json", UsageJson.of(usage, limiter.timeSource().instant()));
        });
    }

    private CompletionStage<PageAnswer> refused(Rejected no, WebCall call) {
        Optional<Tier> tier = http.failedKeys();
        boolean isOfKey = no.cause() instanceof KeyUnknown || no.cause() instanceof KeyRevoked;
        if (tier.isEmpty() || !isOfKey) {
            return CompletableFuture.completedFuture(problem(no));
        }
        return limiter.reporting()
                .async()
                .tryAcquire(Caller.of("network " + call.network(), tier.get()), CallRules.REFUSED_KEYS)
                .thenApply(decision -> problem(decision instanceof Rejected tooMany ? tooMany : no));
    }

    private PageAnswer failed(Throwable failure) {
        log.warn("The usage of a caller could not be found out", failure);
        return problem((Rejected) LimitedCall.unavailable().decision());
    }

    private PageAnswer problem(Rejected no) {
        Map<String, String> fields = new LinkedHashMap<>(SAFETY);
        HttpProblem problem = http.problems().of(no);
        problem.write(fields::put);
        no.retryAfter()
                .ifPresent(wait -> fields.put(
                        "Retry-After", Long.toString(wait.plusNanos(999_999_999).toSeconds())));
        return new PageAnswer(problem.status(), fields, problem.body());
    }
}
