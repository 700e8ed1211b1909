package dev.ratelimit.spring.boot;

import dev.ratelimit.Cause;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.EndpointUnknown;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitTable;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.http.Challenge;
import dev.ratelimit.http.Dialect;
import dev.ratelimit.http.HttpProblems;
import dev.ratelimit.http.KeyField;
import dev.ratelimit.http.RateLimitFields;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spring.boot.RateLimitProperties.ApiKeys;
import dev.ratelimit.spring.boot.RequestProperties.RefusalKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * What the properties say of requests and answers, for the filters of both kinds of applications. Immutable.
 */
public final class HttpSettings {

    private static final String HEADERS = "ratelimit.headers";
    private static final int FIRST_REFUSAL = 400;
    private static final int LAST_REFUSAL = 599;

    private final KeyField keyField;
    private final RateLimitFields fields;
    private final HttpProblems problems;
    private final IntPredicate cancelOn;
    private final Optional<Tier> failedKeys;

    private HttpSettings(
            KeyField keyField,
            RateLimitFields fields,
            HttpProblems problems,
            IntPredicate cancelOn,
            Optional<Tier> failedKeys) {
        this.keyField = keyField;
        this.fields = fields;
        this.problems = problems;
        this.cancelOn = cancelOn;
        this.failedKeys = failedKeys;
    }

    static HttpSettings of(ApiKeys keys, RequestProperties requests, TimeSource time) {
        Findings findings = new Findings();
        boolean isBearer = keys.header().equalsIgnoreCase("Authorization");
        KeyField field = isBearer
                ? KeyField.bearer()
                : findings.attempt("ratelimit.api-keys.header", () -> KeyField.named(keys.header()))
                        .orElse(KeyField.bearer());
        Challenge challenge = isBearer
                ? Challenge.bearer()
                : findings.attempt("ratelimit.api-keys.realm", () -> Challenge.apiKey(keys.realm()))
                        .orElse(Challenge.bearer());
        HttpSettings settings = new HttpSettings(
                field,
                fields(requests.headers(), findings).withTimeSource(time),
                problems(requests.status(), findings).withChallenge(challenge),
                cancelOn(requests.cancelOn(), findings),
                failedKeys(keys, findings));
        findings.throwIfAny();
        return settings;
    }

    private static RateLimitFields fields(List<String> headers, Findings findings) {
        List<Dialect> dialects = new ArrayList<>();
        for (String name : headers) {
            try {
                dialects.add(Dialect.of(name));
            } catch (IllegalArgumentException e) {
                findings.add(HEADERS, e);
            }
        }
        try {
            return RateLimitFields.of(dialects.toArray(new Dialect[0]));
        } catch (IllegalArgumentException e) {
            findings.add(HEADERS, e);
            return RateLimitFields.of();
        }
    }

    /** Statuses by what refuses; 0 for the usual one. */
    private record Statuses(Map<RefusalKind, Integer> stated) {

        int of(Cause cause) {
            Optional<RefusalKind> kind = kindOf(cause);
            return kind.isPresent() ? stated.getOrDefault(kind.get(), 0) : 0;
        }
    }

    private static HttpProblems problems(Map<RefusalKind, Integer> stated, Findings findings) {
        HttpProblems problems = HttpProblems.standard();
        if (stated.isEmpty()) {
            return problems;
        }
        for (Map.Entry<RefusalKind, Integer> entry : stated.entrySet()) {
            int status = entry.getValue();
            findings.require(
                    status >= FIRST_REFUSAL && status <= LAST_REFUSAL,
                    "ratelimit.status."
                            + entry.getKey().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                    "must be from 400 to 599");
        }
        return problems.withStatus(new Statuses(stated)::of);
    }

    private static Optional<RefusalKind> kindOf(Cause cause) {
        if (cause instanceof LimitReached reached) {
            return Optional.of(kindOf(reached.applied().limit()));
        }
        if (cause instanceof KeyUnknown || cause instanceof KeyRevoked) {
            return Optional.of(RefusalKind.KEY);
        }
        if (cause instanceof EndpointUnknown) {
            return Optional.of(RefusalKind.ENDPOINT);
        }
        return cause.suggestedStatus() == 503 ? Optional.of(RefusalKind.UNAVAILABLE) : Optional.empty();
    }

    private static RefusalKind kindOf(Limit limit) {
        if (limit instanceof Quota quota) {
            return quota.unit().equals(Unit.NANO_USD) ? RefusalKind.SPENDING : RefusalKind.QUOTA;
        }
        if (limit instanceof ConcurrencyLimit) {
            return RefusalKind.IN_FLIGHT;
        }
        return limit instanceof PerCallLimit ? RefusalKind.CALL_SIZE : RefusalKind.RATE_LIMIT;
    }

    private static IntPredicate cancelOn(List<String> statuses, Findings findings) {
        for (String status : statuses) {
            findings.require(
                    status.matches("[1-5]([0-9]{2}|xx)"), "ratelimit.cancel-on", "must be statuses such as 503 or 5xx");
        }
        return status -> statuses.stream()
                .anyMatch(stated -> stated.endsWith("xx")
                        ? stated.charAt(0) - '0' == status / 100
                        : stated.equals(Integer.toString(status)));
    }

    private static Optional<Tier> failedKeys(ApiKeys keys, Findings findings) {
        String text = keys.failedKeys();
        return text == null
                ? Optional.empty()
                : findings.attempt("ratelimit.api-keys.failed-keys", () -> Limit.parse(text))
                        .map(limit -> Tier.named("refused keys")
                                .table(LimitTable.namedAfter(limit).allTogether(limit))
                                .build());
    }

    /**
     * Returns the field that brings the key.
     *
     * @return the field
     */
    public KeyField keyField() {
        return keyField;
    }

    /**
     * Returns the fields by which clients learn where they stand.
     *
     * @return the fields
     */
    public RateLimitFields fields() {
        return fields;
    }

    /**
     * Returns the answers to calls that are refused.
     *
     * @return the answers
     */
    public HttpProblems problems() {
        return problems;
    }

    /**
     * Tells which calls are free, by the status of their answer.
     *
     * @return whether calls of a status are free
     */
    public IntPredicate cancelOn() {
        return cancelOn;
    }

    /**
     * Returns the limits of calls with a missing or refused key from one network.
     *
     * @return the tier of a network; empty if they are not limited
     */
    public Optional<Tier> failedKeys() {
        return failedKeys;
    }
}
