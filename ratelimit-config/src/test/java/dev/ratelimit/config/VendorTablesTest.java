package dev.ratelimit.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.config.PlainLimit.Kind;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The example files say what their texts say. Each row is read a second time, without the reader of tier files, filled
 * to its amount and asked for one unit more; the numbers of some cells stand here as the vendors print them.
 */
class VendorTablesTest {

    private static final Instant NOW = Instant.parse("2026-11-29T09:47:31Z");

    private enum Backend {
        REFERENCE,
        IN_MEMORY
    }

    static Stream<Arguments> filesAndBackends() throws IOException {
        return Examples.all().stream()
                .flatMap(file -> Stream.of(Backend.values()).map(backend -> Arguments.of(file, backend)));
    }

    static Stream<Path> files() throws IOException {
        return Examples.all().stream();
    }

    @Test
    void tenVendorsAreAmongTheExamples() throws IOException {
        assertThat(files().map(file -> file.getFileName().toString()))
                .contains(
                        "anthropic.yaml",
                        "azure-openai.yaml",
                        "cohere.yaml",
                        "gemini.yaml",
                        "github.yaml",
                        "openai.yaml",
                        "shopify.yaml",
                        "slack.yaml",
                        "stripe.yaml",
                        "x.yaml");
    }

    @ParameterizedTest
    @MethodSource("files")
    void whatIsWrittenReadsBackEqual(Path file) throws IOException {
        TierFile read = TierFile.read(file);

        assertThat(TierFile.parse(TierFile.write(read.tiers().values())).tiers())
                .isEqualTo(read.tiers());
    }

    /** All rows of a table at one moment, so that a row that took from another would run out early. */
    @ParameterizedTest
    @MethodSource("filesAndBackends")
    void eachRowAdmitsItsAmountAndNoMore(Path file, Backend backend) throws IOException {
        TierFile tiers = TierFile.read(file);
        List<PlainRow> rows = PlainRow.of(file);

        for (Tier tier : tiers.tiers().values()) {
            for (LimitTable table : tier.tables()) {
                Calls calls = new Calls(backend, alone(table));
                List<PlainRow> ofTable = rows.stream()
                        .filter(row ->
                                row.tier().equals(tier.name()) && row.table().equals(table.name()))
                        .toList();
                assertThat(ofTable).hasSameSizeAs(table.rows());
                ofTable.forEach(calls::fill);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("filesAndBackends")
    void eachRowAdmitsItsAmountAgainWhenItsTimeIsOver(Path file, Backend backend) throws IOException {
        TierFile tiers = TierFile.read(file);

        for (PlainRow row : PlainRow.of(file)) {
            LimitTable table = tiers.tier(row.tier()).tables().stream()
                    .filter(candidate -> candidate.name().equals(row.table()))
                    .findFirst()
                    .orElseThrow();
            Calls calls = new Calls(backend, alone(table));
            calls.fill(row);
            calls.comesBack(row);
        }
    }

    /**
     * A cell of a page, under the whole tier: the endpoint may use the amount at once, and one unit more has to wait so
     * long. No wait helps a call that is too large ("-").
     */
    @ParameterizedTest(name = "{0} {1}: {2} {3} {4}")
    @CsvSource(delimiter = '|', textBlock = """
                    cohere       | trial      | chat/command-a    | 20            | calls           | PT1M
                    cohere       | trial      | rerank            | 10            | calls           | PT1M
                    cohere       | trial      | detokenize        | 500           | calls           | PT1M
                    cohere       | trial      | embed             | 2000          | inputs          | PT1M
                    cohere       | trial      | embed             | 1000          | calls           | PT38H12M29S
                    cohere       | production | chat/command-a    | 500           | calls           | PT1M
                    cohere       | production | chat/command-a-plus | 20          | calls           | PT1M
                    cohere       | production | rerank            | 1000          | calls           | PT1M
                    cohere       | production | embed-images      | 400           | inputs          | PT1M
                    anthropic    | start      | claude-sonnet-5.5 | 1000          | calls           | PT0.06S
                    anthropic    | start      | claude-haiku-3.5  | 20000         | output-tokens   | PT0.003S
                    anthropic    | start      | claude-fable-5    | 500000000000  | nano-usd        | PT38H12M29S
                    anthropic    | start      | files/list        | 500           | calls           | PT0.12S
                    anthropic    | build      | claude-opus-5.5   | 5000000       | input-tokens    | PT0.000012S
                    anthropic    | scale      | claude-opus-4.5   | 2000000       | output-tokens   | PT0.00003S
                    anthropic    | scale      | message-batches   | 100000        | batch-requests  | -
                    openai       | free       | gpt-6.1-sol       | 100000000000  | nano-usd        | PT38H12M29S
                    openai       | build      | gpt-6.1-sol       | 5000          | calls           | PT1M
                    openai       | build      | gpt-6.2-astra     | 1000000       | tokens          | PT1M
                    openai       | grow       | gpt-6.1-sol       | 40000000      | tokens          | PT1M
                    openai       | tier 1 until October 2026 | batch/gpt-6-luna | 5000000 | tokens    | PT24H
                    gemini       | tier 1     | gemini-3.7-flash  | 10000000000   | nano-usd        | PT10M
                    gemini       | tier 1     | batch/gemini-2.5-pro | 5000000    | tokens          | PT48H
                    gemini       | tier 1     | batch/gemini-2.5-pro | 100        | calls           | PT48H
                    gemini       | free, as published in 2025 | gemini-2.5-pro | 2 | calls            | PT1M
                    gemini       | free, as published in 2025 | gemini-2.5-pro | 125000 | input-tokens | PT1M
                    github       | standard   | GET /user         | 100           | calls           | PT10S
                    github       | standard   | GET /user         | 900           | points          | PT1M
                    github       | standard   | GET /search/code  | 10            | calls           | PT29S
                    github       | standard   | graphql           | 2000          | points          | PT1M
                    github       | standard   | graphql           | 5000          | graphql-points  | PT12M29S
                    github       | standard   | graphql           | 60000         | cpu-milliseconds | PT1M
                    github       | standard   | graphql           | 500000        | nodes           | -
                    github       | standard   | POST /user/repos  | 80            | content-requests | PT1M
                    github       | enterprise | graphql           | 10000         | graphql-points  | PT12M29S
                    github       | GITHUB_TOKEN | graphql         | 1000          | graphql-points  | PT12M29S
                    github       | unauthenticated | GET /events  | 60            | calls           | PT12M29S
                    stripe       | live       | GET /v1/customers | 25            | calls           | PT1S
                    stripe       | live       | GET /v1/prices/search | 20        | calls           | PT1S
                    stripe       | live       | POST /v1/payouts  | 15            | calls           | PT1S
                    stripe       | live       | POST /v1/accounts | 30            | calls           | PT1S
                    stripe       | live       | POST /v1/billing/meter_events | 1000 | calls          | PT1S
                    stripe       | live       | GET /v1/customers | 10000         | reads           | PT720H
                    stripe       | sandbox    | POST /v1/accounts | 5             | calls           | PT1S
                    stripe       | sandbox    | POST /v1/billing/meter_events | 25 | calls            | PT1S
                    shopify      | standard   | graphql           | 1000          | points          | -
                    shopify      | standard   | graphql           | 250           | items           | -
                    shopify      | standard   | rest              | 40            | calls           | PT0.5S
                    shopify      | standard   | graphql           | 10000         | variants        | PT24H
                    shopify      | advanced   | rest              | 40            | calls           | PT0.25S
                    shopify      | plus       | rest              | 400           | calls           | PT0.05S
                    slack        | app        | rtm.connect       | 1             | calls           | PT1M
                    slack        | app        | conversations.list | 20           | calls           | PT1M
                    slack        | app        | conversations.history | 50        | calls           | PT1M
                    slack        | app        | users.info        | 100           | calls           | PT1M
                    slack        | app        | event delivery    | 30000         | calls           | PT1H
                    slack        | app        | AI summary        | 300           | calls           | PT0.4S
                    slack        | app outside the Marketplace | conversations.history | 1 | calls    | PT1M
                    slack        | app outside the Marketplace | conversations.replies | 15 | objects | -
                    slack        | each channel | chat.postMessage | 1             | calls           | PT1S
                    slack        | each user  | users.profile.set | 10            | profiles        | PT1M
                    slack        | each workflow | AI response to a message or webhook | 10 | calls    | PT1H
                    slack        | each workflow | AI response    | 500           | calls           | PT24H
                    stripe       | each payment intent | POST /v1/payment_intents/{id} | 1000 | calls  | PT1H
                    stripe       | each subscription | new invoice | 10           | calls           | PT1M
                    x            | app        | GET /2/tweets/search/recent | 450 | calls           | PT12M29S
                    x            | app        | GET /2/tweets/search/recent | 512 | characters      | -
                    x            | app        | GET /2/tweets/search/all | 1      | calls           | PT1S
                    x            | app        | GET /2/tweets/search/stream | 1   | calls           | PT24H
                    x            | app        | POST /2/tweets    | 10000         | calls           | PT14H12M29S
                    x            | user       | POST /2/tweets    | 100           | calls           | PT12M29S
                    x            | user       | GET /2/users/personalized_trends | 10 | calls       | PT12M29S
                    azure-openai | free       | gpt-4.1-mini/Standard | 200       | calls           | PT1M
                    azure-openai | tier 1     | gpt-5.5/GlobalStandard | 1000     | calls           | PT1M
                    azure-openai | tier 1     | gpt-4o/DataZoneStandard | 300     | calls           | PT10S
                    azure-openai | tier 1     | gpt-6-sol/DataZoneStandard | 333000 | tokens        | PT1M
                    azure-openai | tier 1     | gpt-5.5/GlobalStandard | 2048     | messages        | -
                    azure-openai | tier 1     | dall-e-2          | 2             | calls           | PT10M
                    azure-openai | tier 1     | batch/gpt-4       | 30000000      | tokens          | PT24H
                    """)
    void aCellOfThePage(String file, String tier, String endpoint, long amount, String unit, String wait)
            throws IOException {
        Tier whole = TierFile.read(Examples.FOLDER.resolve(file + ".yaml")).tier(tier);
        for (Backend backend : Backend.values()) {
            Calls calls = new Calls(backend, whole);
            calls.admits(endpoint, new Unit(unit), amount);
            if (wait.equals("-")) {
                assertThat(calls.rejects(endpoint, new Unit(unit), amount + 1).retryAfter())
                        .isEmpty();
            } else {
                Duration exact = Duration.parse(wait);
                assertThat(calls.rejects(endpoint, new Unit(unit), 1).retryAfter())
                        .hasValueSatisfying(
                                told -> assertThat(told).isBetween(exact, exact.plus(calls.heldLonger(amount, exact))));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Backend.class)
    void aMemberHasTheLimitsOfItsTierBesideThoseOfItsOrganization(Backend backend) throws IOException {
        TierFile slack = TierFile.read(Examples.FOLDER.resolve("slack.yaml"));
        RateLimiter limiter = new Calls(backend, slack.tier("app")).limiter;
        Caller channel = limiter.caller("acme").member("channel", "general");

        assertThat(limiter.tryAcquire(channel, "chat.postMessage").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(channel, "chat.postMessage"))
                .isInstanceOfSatisfying(
                        Rejected.class, no -> assertThat(no.retryAfter()).contains(Duration.ofSeconds(1)));
        Caller other = limiter.caller("acme").member("channel", "random");
        assertThat(limiter.tryAcquire(other, "chat.postMessage").isAdmitted()).isTrue();
    }

    private static Tier alone(LimitTable table) {
        return Tier.named("alone").table(table).build();
    }

    /** The calls of one organization under a tier, on a time that stands. */
    private static final class Calls {

        private final ManualTime time = new ManualTime(NOW, 0);
        private final Backend backend;
        private final RateLimiter limiter;

        Calls(Backend backend, Tier tier) {
            this.backend = backend;
            this.limiter = switch (backend) {
                case REFERENCE -> new ReferenceRateLimiter(organization -> tier, time);
                case IN_MEMORY ->
                    InMemoryRateLimiter.builder().tier(tier).timeSource(time).build();
            };
        }

        /** Uses all that a row admits at once, in two calls, and is refused one unit more by that row's table. */
        void fill(PlainRow row) {
            row.limit()
                    .ifPresentOrElse(limit -> row.scopes().forEach(scope -> fill(row, limit, scope)), () -> free(row));
        }

        private void fill(PlainRow row, PlainLimit limit, List<String> scope) {
            String first = scope.get(0);
            String last = scope.get(scope.size() - 1);
            if (limit.kind() == Kind.PER_CALL) {
                admits(first, limit.unit(), limit.amount());
                admits(first, limit.unit(), limit.amount());
                assertRefusal(row, limit, rejects(last, limit.unit(), limit.amount() + 1));
                return;
            }
            admits(first, limit.unit(), limit.most() - 1);
            Reservation one = admits(last, limit.unit(), limit.untilReached() ? 2 : 1);
            scope.forEach(endpoint -> assertRefusal(row, limit, rejects(endpoint, limit.unit(), 1)));
            if (limit.kind() == Kind.IN_FLIGHT) {
                assertThat(one.settle(Usage.of(limit.unit(), 1))).isTrue();
                admits(first, limit.unit(), 1);
                assertRefusal(row, limit, rejects(last, limit.unit(), 1));
            }
        }

        private void free(PlainRow row) {
            for (List<String> scope : row.scopes()) {
                assertThat(limiter.status("acme", scope.get(0))).isEmpty();
                admits(scope.get(0), Unit.CALLS, 1_000_000_000);
                admits(scope.get(0), Unit.CALLS, 1_000_000_000);
            }
        }

        /** After {@link #fill}: nothing a nanosecond before the time of the row is over, and all of it then. */
        void comesBack(PlainRow row) {
            row.limit().ifPresent(limit -> {
                Optional<Duration> wait = limit.waitAt(NOW);
                if (wait.isPresent()) {
                    time.advance(wait.orElseThrow().minusNanos(1));
                    eachScope(row, (first, last) -> rejects(last, limit.unit(), 1));
                    time.advance(heldLonger(limit).plusNanos(1));
                    if (limit.kind() == Kind.BUCKET) {
                        flowsBack(row, limit);
                    } else {
                        eachScope(row, (first, last) -> {
                            admits(first, limit.unit(), limit.amount());
                            rejects(last, limit.unit(), 1);
                        });
                    }
                } else if (limit.kind() == Kind.IN_ALL) {
                    time.advance(Duration.ofDays(1_000));
                    eachScope(row, (first, last) -> rejects(first, limit.unit(), 1));
                }
            });
        }

        private void flowsBack(PlainRow row, PlainLimit bucket) {
            eachScope(row, (first, last) -> {
                admits(first, bucket.unit(), 1);
                rejects(last, bucket.unit(), 1);
            });
            time.advance(bucket.timeOf(bucket.most()).minusNanos(1));
            eachScope(row, (first, last) -> rejects(first, bucket.unit(), bucket.most()));
            time.advance(Duration.ofNanos(1));
            eachScope(row, (first, last) -> {
                admits(first, bucket.unit(), bucket.most());
                rejects(last, bucket.unit(), 1);
            });
        }

        private interface Ends {
            void of(String first, String last);
        }

        private static void eachScope(PlainRow row, Ends ends) {
            row.scopes().forEach(scope -> ends.of(scope.get(0), scope.get(scope.size() - 1)));
        }

        private void assertRefusal(PlainRow row, PlainLimit limit, Rejected refusal) {
            assertThat(refusal.cause())
                    .isInstanceOfSatisfying(
                            LimitReached.class,
                            cause -> assertThat(cause.applied().table()).isEqualTo(row.table()));
            Optional<Duration> wait = limit.waitAt(NOW);
            assertThat(refusal.retryAfter().isPresent()).as("%s", refusal).isEqualTo(wait.isPresent());
            wait.ifPresent(exact -> assertThat(refusal.retryAfter().orElseThrow())
                    .as("%s", refusal)
                    .isBetween(exact, exact.plus(heldLonger(limit))));
        }

        private Duration heldLonger(PlainLimit limit) {
            return limit.kind() == Kind.WINDOW ? heldLonger(limit.amount(), limit.length()) : Duration.ZERO;
        }

        /** How much longer than exact a charge may be held by a window. */
        Duration heldLonger(long amount, Duration window) {
            return backend == Backend.REFERENCE || amount <= 1_024 ? Duration.ZERO : window.dividedBy(1_024);
        }

        Reservation admits(String endpoint, Unit unit, long amount) {
            Reservation reservation = limiter.reserve("acme", endpoint, Usage.of(unit, amount));
            assertThat(reservation.decision().isAdmitted())
                    .as("%s %s of %s: %s", amount, unit, endpoint, reservation.decision())
                    .isTrue();
            return reservation;
        }

        Rejected rejects(String endpoint, Unit unit, long amount) {
            Decision decision =
                    limiter.reserve("acme", endpoint, Usage.of(unit, amount)).decision();
            assertThat(decision).as("%s %s of %s", amount, unit, endpoint).isInstanceOf(Rejected.class);
            return (Rejected) decision;
        }
    }
}
