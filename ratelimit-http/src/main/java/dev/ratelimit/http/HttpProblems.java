package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Cause;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Makes the answers to calls that were refused.
 *
 * <pre>{@code
 * HttpProblems problems = HttpProblems.standard();
 *
 * if (limiter.tryAcquire("acme", "chat") instanceof Rejected no) {
 *   HttpProblem problem = problems.of(no);
 *   problem.write(response::put);
 *   send(problem.status(), problem.body());
 * }
 * }</pre>
 *
 * <p>The status is the cause's suggestion unless it is {@linkplain #withStatus overridden}. The type is {@code
 * #quota-exceeded} of the registry of problem types for limits, {@code #temporary-reduced-capacity} for the causes that
 * suggest 503, and {@code about:blank} otherwise. {@code detail} is the message of the decision. For limits, {@code
 * violated-policies} names all that refuse, as {@link RateLimitFields} names them. {@code retry-at-latest-ms} is the
 * upper bound of a wait that {@linkplain Rejected#mayBeSooner() may be shorter}, in milliseconds.
 *
 * <p>Immutable, and safe for use by many threads.
 */
public final class HttpProblems {

    private static final String REGISTRY = "https://iana.org/assignments/http-problem-types#";
    private static final String QUOTA_EXCEEDED = REGISTRY + "quota-exceeded";
    private static final String REDUCED_CAPACITY = REGISTRY + "temporary-reduced-capacity";

    private static final int UNAVAILABLE = 503;
    private static final int FIRST_STATUS = 400;
    private static final int LAST_STATUS = 599;

    private static final Map<Integer, String> TITLES = Map.of(
            400, "Bad Request",
            401, "Unauthorized",
            402, "Payment Required",
            403, "Forbidden",
            404, "Not Found",
            409, "Conflict",
            413, "Content Too Large",
            429, "Too Many Requests",
            500, "Internal Server Error",
            503, "Service Unavailable");

    private final ToIntFunction<Cause> status;
    private final Challenge challenge;

    private HttpProblems(ToIntFunction<Cause> status, Challenge challenge) {
        this.status = status;
        this.challenge = challenge;
    }

    /**
     * Returns what answers with the statuses that the causes suggest, and asks for a key by {@code Bearer}.
     *
     * @return the standard answers
     */
    public static HttpProblems standard() {
        return new HttpProblems(Cause::suggestedStatus, Challenge.bearer());
    }

    /**
     * Returns the same with other statuses, for example 403 for quotas.
     *
     * @param status gives the status of a cause; where it gives none from 400 to 599, the cause's suggestion counts
     * @return the answers
     */
    public HttpProblems withStatus(ToIntFunction<Cause> status) {
        return new HttpProblems(requireNonNull(status, "status"), challenge);
    }

    /**
     * Returns the same with another challenge for calls whose key is missing or refused.
     *
     * @param challenge what {@code WWW-Authenticate} says
     * @return the answers
     */
    public HttpProblems withChallenge(Challenge challenge) {
        return new HttpProblems(status, requireNonNull(challenge, "challenge"));
    }

    /**
     * Makes the answer to one call that was refused.
     *
     * @param no the refusal, of a limiter or of a key
     * @return the answer
     */
    public HttpProblem of(Rejected no) {
        return of(no, Usage.call());
    }

    /**
     * Makes the answer to a call that was refused.
     *
     * @param no the refusal, of a limiter or of a key
     * @param usage what the call asked for, by which it is told which limits refuse
     * @return the answer
     */
    public HttpProblem of(Rejected no, Usage usage) {
        requireNonNull(no, "no");
        requireNonNull(usage, "usage");
        Cause cause = no.cause();
        int answer = statusOf(cause);
        String type = typeOf(cause);
        JsonText json = new JsonText().begin('{');
        json.name("type").value(type);
        json.name("title").value(titleOf(type, answer));
        json.name("status").value(answer);
        json.name("detail").value(no.message());
        if (cause instanceof LimitReached reached) {
            json.name("violated-policies").begin('[');
            violated(no, reached, usage).forEach(json::value);
            json.end(']');
        }
        if (no.mayBeSooner()) {
            no.retryAfter().ifPresent(wait -> json.name("retry-at-latest-ms").value(Numbers.millis(wait)));
        }
        return new HttpProblem(answer, json.end('}').toBytes(), challenge, cause instanceof KeyRevoked);
    }

    private int statusOf(Cause cause) {
        int chosen = status.applyAsInt(cause);
        if (isOfError(chosen)) {
            return chosen;
        }
        return isOfError(cause.suggestedStatus()) ? cause.suggestedStatus() : UNAVAILABLE;
    }

    private static boolean isOfError(int status) {
        return status >= FIRST_STATUS && status <= LAST_STATUS;
    }

    private static String typeOf(Cause cause) {
        if (cause instanceof LimitReached) {
            return QUOTA_EXCEEDED;
        }
        return cause.suggestedStatus() == UNAVAILABLE ? REDUCED_CAPACITY : "about:blank";
    }

    private static String titleOf(String type, int status) {
        return switch (type) {
            case QUOTA_EXCEEDED -> "Request cannot be satisfied as assigned quota has been exceeded";
            case REDUCED_CAPACITY -> "Request cannot be satisfied due to temporary server capacity constraints";
            default -> TITLES.getOrDefault(status, "Request refused");
        };
    }

    /** Returns the names of the limits that refuse; of a decision that does not report, of the one that it names. */
    private static List<String> violated(Rejected no, LimitReached reached, Usage usage) {
        List<String> names = ToldLimit.of(reporting(no), usage).stream()
                .filter(ToldLimit::violated)
                .map(told -> PolicyName.of(told.applied()))
                .toList();
        return names.isEmpty() ? List.of(PolicyName.of(reached.applied())) : names;
    }

    /**
     * Returns a refusal that can be told in fields and bodies, whatever limiter gave it.
     *
     * @param no the refusal
     * @return itself if it reports; otherwise the same refusal, which tells of no limits
     * @throws NullPointerException if it is null
     */
    public static Rejected reporting(Rejected no) {
        try {
            List<LimitStatus> unused = no.limits();
            return no;
        } catch (IllegalStateException e) {
            return no.withLimits(List.of());
        }
    }
}
