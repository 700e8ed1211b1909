package dev.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every kind of limit, as a policy, as a refusal and as usage. */
class EveryKindTest {

    /**
     * A limit of three units, or of calls of less than three. What a client is told after a call of one unit: the policy
     * and its state. What it is told when a call of three is refused: the status, and whether it may come back.
     */
    private static final String KINDS = """
            limit                                     | policy                       | state       | status | comes back
            3 calls per minute                        | q=3;w=60                     | r=2;t=60    | 429    | true
            3 calls per minute with burst 3           | q=3;w=60                     | r=2;t=20    | 429    | true
            3 calls per fixed 1 hour                  | q=3;w=3600                   | r=2;t=3600  | 429    | true
            3 calls per calendar day                  | q=3                          | r=2;t=86400 | 429    | true
            3 calls per calendar day, until reached   | q=3                          | r=2;t=86400 |        |
            3 calls per calendar day, never refuses   |                              |             |        |
            3 calls in all                            | q=3                          | r=2         | 429    | false
            $0.000000003 per calendar day             | q=3;qu="nano-usd"            | r=2;t=86400 | 402    | true
            3 calls in flight for 1 minute            | q=3;qu="concurrent-requests" | r=2         | 429    | true
            2 calls per call                          | q=2;ratelimit-per-call       |             | 413    | false
            """;

    @ParameterizedTest
    @CsvSource(textBlock = KINDS, delimiter = '|', useHeadersInDisplayName = true)
    void aKindIsToldInItsOwnWay(String text, String policy, String state, Integer status, Boolean comesBack)
            throws Exception {
        Limit limit = Limit.parse(text);
        Given given = Given.limits(limit);
        Map<String, String> expected = new LinkedHashMap<>();
        put(expected, "RateLimit-Policy", policy);
        put(expected, "RateLimit", state);

        assertThat(given.fields(given.call(Usage.of(limit.unit(), 1)), Dialect.IETF))
                .isEqualTo(expected);

        Usage three = Usage.of(limit.unit(), 3);
        Decision decision = given.call(three);
        Map<String, String> fields =
                given.fields(decision, three, Dialect.IETF, Dialect.X_RATELIMIT, Dialect.OPENAI, Dialect.ANTHROPIC);
        if (status == null) {
            assertThat(decision.isAdmitted()).isTrue();
        } else {
            HttpProblem problem = HttpProblems.standard().of((Rejected) decision, three);
            assertThat(problem.status()).isEqualTo(status);
            assertThat(Json.read(problem.body(), "violated-policies")).isEqualTo(List.of("table 0/chat"));
            assertThat(fields.containsKey("Retry-After")).isEqualTo(comesBack);
            assertThat(fields.containsKey("x-should-retry")).isEqualTo(!comesBack);
        }
        assertThat(UsageJson.of(given.limiter.status("acme"), given.time.instant()))
                .asString()
                .contains("\"limit\":\"" + limit + '"')
                .contains("\"most\":" + limit.most());
    }

    private static void put(Map<String, String> fields, String name, String parameters) {
        if (parameters != null) {
            fields.put(name, "\"table 0/chat\";" + parameters);
        }
    }

    @Test
    void noKindIsForgotten() {
        Set<String> kinds = KINDS.lines()
                .skip(1)
                .map(line -> Limit.parse(line.substring(0, line.indexOf('|')).strip())
                        .getClass()
                        .getName())
                .collect(Collectors.toSet());

        assertThat(Arrays.stream(Limit.class.getPermittedSubclasses())
                        .filter(kind -> !Modifier.isAbstract(kind.getModifiers()))
                        .map(Class::getName))
                .hasSizeGreaterThan(4)
                .isSubsetOf(kinds);
    }

    @Test
    void whatRefusesNothingIsInTheUsageOnly() throws Exception {
        Given given = new Given(Tier.named("tier")
                .table(LimitTable.named("soft").each(Limit.parse("1 calls per calendar day, never refuses"), "chat"))
                .table(LimitTable.named("shadow")
                        .each(Limit.parse("1 calls per minute"), "chat")
                        .asShadow())
                .build());
        given.call();

        assertThat(given.fields(given.call(), Dialect.IETF, Dialect.X_RATELIMIT, Dialect.OPENAI, Dialect.ANTHROPIC))
                .isEmpty();
        assertThat(UsageJson.of(given.limiter.status("acme"), given.time.instant()))
                .asString()
                .contains("\"table\":\"soft\"", "\"overrun\":1", "\"shadow\":true");
    }
}
