package dev.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.CapacityReached;
import dev.ratelimit.Cause;
import dev.ratelimit.EndpointUnknown;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.LimitReached;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Scope;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every cause that the library has, as a body and as fields. */
class EveryCauseTest {

    private static final String QUOTA = "https://iana.org/assignments/http-problem-types#quota-exceeded";
    private static final String REDUCED = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";
    private static final String BLANK = "about:blank";

    /**
     * A cause, and what is answered.
     *
     * @param nanos the wait of the rejection in nanoseconds, or 0 if no wait is known to help
     * @param fields the fields that tell a client when to come back
     */
    record Answer(Cause cause, long nanos, int status, String type, String title, Map<String, String> fields) {

        Rejected rejected() {
            return nanos == 0 ? Rejected.permanent(cause, "") : Rejected.temporary(cause, "", nanos);
        }
    }

    private static final Map<String, String> NEVER = Map.of("x-should-retry", "false");
    private static final Map<String, String> SOON = Map.of("Retry-After", "1", "retry-after-ms", "1");

    static List<Answer> answers() {
        AppliedLimit limit = AppliedLimit.of("calls", new Scope.Endpoint("chat"), RateLimit.perMinute(1));
        String exceeded = "Request cannot be satisfied as assigned quota has been exceeded";
        String reduced = "Request cannot be satisfied due to temporary server capacity constraints";
        Instant end = Instant.parse("2026-12-01T00:00:00Z");
        return List.of(
                new Answer(new LimitReached(limit), 1, 429, QUOTA, exceeded, SOON),
                new Answer(new LimitReached(limit, true), 0, 429, QUOTA, exceeded, NEVER),
                new Answer(new CapacityReached(10), 0, 503, REDUCED, reduced, Map.of()),
                new Answer(new StoreUnavailable(), 1, 503, REDUCED, reduced, SOON),
                new Answer(new AskedToWait("chat"), 1, 503, REDUCED, reduced, SOON),
                new Answer(new EndpointUnknown("Chat"), 0, 404, BLANK, "Not Found", NEVER),
                new Answer(new KeyUnknown(), 0, 401, BLANK, "Unauthorized", NEVER),
                new Answer(new KeyRevoked(Optional.empty()), 0, 401, BLANK, "Unauthorized", NEVER),
                new Answer(new KeyRevoked(Optional.of(end)), 1, 401, BLANK, "Unauthorized", SOON),
                new Answer(new ReservationEnded(), 0, 409, BLANK, "Conflict", NEVER));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void aCauseIsAnsweredByItsStatusAndItsWait(Answer answer) throws Exception {
        Rejected no = answer.rejected();
        HttpProblem problem = HttpProblems.standard().of(no);

        assertThat(problem.status()).isEqualTo(answer.status);
        Map<String, Object> body = Json.read(problem.body());
        assertThat(body)
                .containsEntry("type", answer.type)
                .containsEntry("title", answer.title)
                .containsEntry("status", (long) answer.status)
                .containsEntry("detail", answer.cause.message());
        assertThat(body.containsKey("violated-policies")).isEqualTo(answer.type.equals(QUOTA));
        RateLimitFields fields =
                RateLimitFields.of(Dialect.IETF, Dialect.X_RATELIMIT, Dialect.OPENAI, Dialect.ANTHROPIC);
        assertThat(Given.fields(fields, no.withLimits(List.of()), Usage.call())).isEqualTo(answer.fields);
        if (!(answer.cause instanceof LimitReached)) {
            assertThat(Given.fields(fields, no, Usage.call())).isEqualTo(answer.fields);
        }
    }

    /** By the sources: a cause is open to hosts, so that no list of its classes can be asked for. */
    @Test
    void noCauseOfTheLibraryIsForgotten() throws IOException {
        List<String> known = new ArrayList<>(causesIn(Path.of("../ratelimit-api/src/main/java")));
        known.addAll(causesIn(Path.of("src/main/java")));

        assertThat(answers().stream()
                        .map(answer -> answer.cause.getClass().getSimpleName())
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(known);
    }

    private static List<String> causesIn(Path sources) throws IOException {
        Pattern cause = Pattern.compile("public (?:record|final class) (\\w+)[^{]* implements Cause\\b");
        List<String> causes = new ArrayList<>();
        try (Stream<Path> files = Files.walk(sources)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                cause.matcher(Files.readString(file)).results().forEach(found -> causes.add(found.group(1)));
            }
        }
        return causes;
    }

    @Test
    void anEndpointThatATierDoesNotHaveIsNotFound() throws Exception {
        Given given = new Given(Tier.named("tier")
                .limits("chat", RateLimit.perMinute(1))
                .refuseOtherEndpoints()
                .build());
        Rejected no = (Rejected) given.limiter.tryAcquire("acme", "Chat\r\n");

        assertThat(given.fields(no, Dialect.IETF)).isEqualTo(NEVER);
        assertThat(Json.read(HttpProblems.standard().of(no).body()))
                .containsEntry("status", 404L)
                .containsEntry("detail", "There is no endpoint \"Chat\ufffd\ufffd\"");
        assertThat(UsageJson.of(given.limiter.status("acme", "Chat"), given.time.instant()))
                .asString()
                .isEqualTo("{\"limits\":[]}");
    }
}
