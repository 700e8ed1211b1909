package dev.ratelimit.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

import dev.ratelimit.CapacityReached;
import dev.ratelimit.Cause;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Quota;
import dev.ratelimit.Rejected;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HttpProblemsTest {

    private static final HttpProblems STANDARD = HttpProblems.standard();

    /** A cause of a host's own. */
    private record Own(String message, int suggestedStatus) implements Cause {}

    @Test
    void aLimitIsAnsweredWithItsPolicy() {
        Given given = Given.limits("1 calls per minute");
        given.call();
        HttpProblem problem = STANDARD.of(refused(given, Usage.call()));

        assertThat(problem.status()).isEqualTo(429);
        assertThat(problem.body())
                .asString(UTF_8)
                .isEqualTo("{\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\","
                        + "\"title\":\"Request cannot be satisfied as assigned quota has been exceeded\","
                        + "\"status\":429,"
                        + "\"detail\":\"Exceeded the limit of 1 call per minute for endpoint \\\"chat\\\" (table 0)\","
                        + "\"violated-policies\":[\"table 0/chat\"]}");
        assertThat(fields(problem))
                .containsExactly(entry("Content-Type", "application/problem+json"), entry("Cache-Control", "no-store"));
        assertThat(problem).hasToString("HTTP problem 429, " + problem.body().length + " bytes");
    }

    @Test
    void allLimitsThatRefuseAreNamed() throws Exception {
        Given given = Given.limits(
                "1 calls per minute",
                "9 calls per minute",
                "10 tokens per day",
                "5 tokens per call",
                "3 tokens in all, until reached");
        Usage usage = Usage.of(Unit.TOKENS, 4);
        given.call(usage);
        Usage large = Usage.of(Unit.TOKENS, 7);

        assertThat(violated(STANDARD.of(refused(given, large), large)))
                .containsExactlyInAnyOrder("table 0/chat", "table 2/chat", "table 3/chat", "table 4/chat");
        assertThat(violated(STANDARD.of(refused(given, usage), usage)))
                .containsExactlyInAnyOrder("table 0/chat", "table 4/chat");
    }

    @Test
    void aDecisionThatDoesNotReportNamesItsCause() throws Exception {
        Given given = Given.limits("1 calls per minute");
        given.call();
        LimitReached cause = (LimitReached) refused(given, Usage.call()).cause();

        assertThat(violated(STANDARD.of(Rejected.temporary(cause, "", 1)))).containsExactly("table 0/chat");
    }

    @Test
    void moneyIs402AndALargeCallIs413() throws Exception {
        Given money = Given.limits("$1 per calendar month");
        Usage dollars = Usage.of(Unit.NANO_USD, 2_000_000_000);
        Given largest = Given.limits("10 tokens per call");
        Usage tokens = Usage.of(Unit.TOKENS, 11);

        HttpProblem tooDear = STANDARD.of(refused(money, dollars), dollars);
        HttpProblem tooLarge = STANDARD.of(refused(largest, tokens), tokens);

        assertThat(tooDear.status()).isEqualTo(402);
        assertThat(tooLarge.status()).isEqualTo(413);
        for (HttpProblem problem : List.of(tooDear, tooLarge)) {
            assertThat(Json.read(problem.body(), "type").toString()).endsWith("#quota-exceeded");
            assertThat(violated(problem)).containsExactly("table 0/chat");
        }
    }

    @Test
    void theUpperBoundOfAWaitIsInTheBody() throws Exception {
        Given given = Given.limits("1 calls in flight for 10 minutes");
        given.call();

        assertThat(Json.read(STANDARD.of(refused(given, Usage.call())).body()))
                .containsEntry("retry-at-latest-ms", 600_000L);
    }

    @Test
    void aFullLimiterIsReducedCapacity() throws Exception {
        HttpProblem problem = STANDARD.of(Rejected.permanent(new CapacityReached(10), ""));

        assertThat(problem.status()).isEqualTo(503);
        assertThat(Json.read(problem.body()))
                .containsEntry("type", "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity")
                .doesNotContainKey("violated-policies");
    }

    @Test
    void aMissingKeyIsChallenged() throws Exception {
        HttpProblem missing = STANDARD.of(Rejected.permanent(new KeyUnknown(), ""));
        HttpProblem revoked = STANDARD.of(Rejected.permanent(new KeyRevoked(Optional.empty()), ""));

        assertThat(missing.status()).isEqualTo(401);
        assertThat(Json.read(missing.body()))
                .containsEntry("type", "about:blank")
                .containsEntry("title", "Unauthorized")
                .containsEntry("detail", "The API key is missing or unknown");
        assertThat(fields(missing)).containsEntry("WWW-Authenticate", "Bearer");
        assertThat(fields(missing.withInvalidKey()))
                .containsEntry("WWW-Authenticate", "Bearer error=\"invalid_token\"");
        assertThat(fields(revoked)).containsEntry("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    }

    @Test
    void aKeyInAFieldOfOnesOwnIsChallengedByItsRealm() {
        Challenge challenge = Challenge.apiKey("a \"b\" \\c");
        HttpProblem problem = STANDARD.withChallenge(challenge).of(Rejected.permanent(new KeyUnknown(), ""));

        assertThat(fields(problem.withInvalidKey()))
                .containsEntry("WWW-Authenticate", "ApiKey realm=\"a \\\"b\\\" \\\\c\"");
        assertThat(challenge).hasToString("ApiKey realm=\"a \\\"b\\\" \\\\c\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Challenge.apiKey("a\r\nSet-Cookie: b"))
                .withMessageStartingWith("realm must be printable ASCII of at most 256 characters: realm=a");
        assertThatIllegalArgumentException().isThrownBy(() -> Challenge.apiKey("x".repeat(257)));
    }

    @Test
    void aStatusCanBeChosenByTheCause() throws Exception {
        HttpProblems azure = STANDARD.withStatus(cause ->
                cause instanceof LimitReached reached && reached.applied().limit() instanceof Quota ? 403 : 0);
        Given quota = Given.limits("0 calls per calendar day");
        Given window = Given.limits("0 calls per minute");

        HttpProblem forbidden = azure.of(refused(quota, Usage.call()));

        assertThat(forbidden.status()).isEqualTo(403);
        assertThat(Json.read(forbidden.body()))
                .containsEntry("status", 403L)
                .hasEntrySatisfying("type", type -> assertThat(type.toString()).endsWith("#quota-exceeded"));
        assertThat(azure.of(refused(window, Usage.call())).status()).isEqualTo(429);
        assertThat(azure.of(Rejected.permanent(new ReservationEnded(), "")).status())
                .isEqualTo(409);
    }

    @Test
    void aCauseOfTheHostsOwnIsAnsweredWhateverItSays() throws Exception {
        String hostile = "a\"b\\c\r\n\t\0\u007f\ud800\u2028é😀";
        HttpProblem problem = STANDARD.of(Rejected.permanent(new Own(hostile, 200), ""));

        assertThat(problem.status()).isEqualTo(503);
        assertThat(Json.read(problem.body()))
                .containsEntry("detail", hostile.replace('\ud800', '\ufffd'))
                .containsEntry("title", "Service Unavailable");
        assertThat(Json.read(
                        STANDARD.of(Rejected.permanent(new Own("", 418), "")).body()))
                .containsEntry("title", "Request refused")
                .containsEntry("status", 418L);
    }

    @Test
    void aBodyIsNotChangedByWhoReadsIt() {
        HttpProblem problem = STANDARD.of(Rejected.permanent(new KeyUnknown(), ""));
        problem.body()[0] = 'x';

        assertThat(problem.body()[0]).isEqualTo((byte) '{');
    }

    private static Rejected refused(Given given, Usage usage) {
        return (Rejected) given.call(usage);
    }

    @SuppressWarnings("unchecked")
    private static List<Object> violated(HttpProblem problem) throws Exception {
        return (List<Object>) Json.read(problem.body(), "violated-policies");
    }

    private static Map<String, String> fields(HttpProblem problem) {
        Map<String, String> fields = new LinkedHashMap<>();
        problem.write(fields::put);
        return fields;
    }
}
