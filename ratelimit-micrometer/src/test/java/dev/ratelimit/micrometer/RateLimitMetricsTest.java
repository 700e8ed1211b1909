package dev.ratelimit.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Cause;
import dev.ratelimit.Decision;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitTable;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.WaitingLimiter;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.core.CapacityPolicy;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.spi.RoundTrip;
import dev.ratelimit.testkit.ManualTime;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RateLimitMetricsTest {

    private static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls per minute")
                    .each(RateLimit.perMinute(2), "chat")
                    .eachOtherEndpoint(RateLimit.perMinute(1)))
            .table(LimitTable.named("tokens per month")
                    .together("models", Quota.perMonth(Unit.TOKENS, 1_000), "chat", "embed"))
            .table(LimitTable.named("tokens per call").each(PerCallLimit.of(Unit.TOKENS, 500), "chat", "embed"))
            .build();

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final RateLimitMetrics metrics = RateLimitMetrics.create();

    RateLimitMetricsTest() {
        metrics.bindTo(registry);
    }

    @Test
    void decisionsCountByTierAndOutcome() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        for (int i = 0; i < 3; i++) {
            limiter.tryAcquire("acme", "chat");
        }
        limiter.reserve("acme", "embed", Usage.of(Unit.TOKENS, 1));
        limiter.record("acme", "chat", Usage.call());
        limiter.peek("acme", "chat", Usage.call());
        limiter.tryAcquire(Caller.of("acme", Tier.named("unlimited").build()), "chat");

        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "admitted"))
                .isEqualTo(3);
        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "rejected"))
                .isEqualTo(1);
        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "recorded"))
                .isEqualTo(1);
        assertThat(count("ratelimit.decisions", "tier", "unlimited", "outcome", "admitted"))
                .isEqualTo(1);
        assertThat(count("ratelimit.decisions", "tier", "unlimited", "outcome", "rejected"))
                .isZero();
    }

    @Test
    void rejectionsCountByTheLimitThatRefuses() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        for (int i = 0; i < 4; i++) {
            limiter.tryAcquire("acme", "chat");
        }
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 501));
        limiter.tryAcquire("globex", "embed", Usage.of(Unit.TOKENS, 500).and(Unit.CALLS, 0));
        limiter.tryAcquire("globex", "embed", Usage.of(Unit.TOKENS, 500).and(Unit.CALLS, 0));
        limiter.tryAcquire("globex", "embed", Usage.of(Unit.TOKENS, 1).and(Unit.CALLS, 0));

        assertThat(rejections("calls per minute", "chat", "limit-reached")).isEqualTo(2);
        assertThat(rejections("tokens per call", "chat", "larger-than-limit")).isEqualTo(1);
        assertThat(rejections("tokens per month", "[models]", "limit-reached")).isEqualTo(1);
    }

    /** Callers make such names up. */
    @Test
    void anEndpointThatTheTierDoesNotNameIsNotNamed() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        for (int i = 0; i < 20; i++) {
            limiter.tryAcquire("acme", "secret " + i % 10);
        }

        assertThat(rejections("calls per minute", "each other endpoint", "limit-reached"))
                .isEqualTo(10);
        assertThat(valuesOf(registry)).noneMatch(value -> value.contains("secret") || value.contains("acme"));
    }

    @Test
    void anEndpointThatAPatternMatchesIsCalledByThePattern() {
        Tier tier = Tier.named("trial")
                .table(LimitTable.named("t").each(Quota.perDay(0), "models/*").together("g", Quota.perDay(0), "*:free"))
                .build();
        Caller caller = Caller.of("acme", tier);
        reject(caller, tier.limitsFor("models/secret").get(0));
        reject(caller, tier.overflowFor("models/secret").get(0));
        reject(caller, tier.limitsFor("secret:free").get(0));

        assertThat(rejections("t", "models/*", "limit-reached")).isEqualTo(2);
        assertThat(rejections("t", "[g]", "limit-reached")).isEqualTo(1);
        assertThat(valuesOf(registry)).noneMatch(value -> value.contains("secret"));
    }

    @Test
    void aLimitOfAMemberIsCalledByTheKindOfTheMember() {
        Tier ofUsers = Tier.named("each user")
                .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(Unit.CHARACTERS, 1), "chat"))
                .build();
        Caller caller = Caller.of("acme", TRIAL.withMember("user", ofUsers)).member("user", "secret");
        reject(caller, ofUsers.limitsFor("chat").get(0).of(caller.members().get(0)));
        reject(caller, TRIAL.limitsFor("chat").get(0));
        metrics.onAdmitted(caller, "chat", Usage.characters("hello"));

        assertThat(rejections("user", "calls per minute", "chat", "limit-reached"))
                .isEqualTo(1);
        assertThat(rejections("none", "calls per minute", "chat", "limit-reached"))
                .isEqualTo(1);
        assertThat(units("characters", "charged")).isEqualTo(5);
        assertThat(valuesOf(registry)).noneMatch(value -> value.contains("secret"));
    }

    private void reject(Caller caller, AppliedLimit applied) {
        metrics.onRejected(caller, "chat", Usage.call(), Rejected.temporary(new LimitReached(applied), "", 1));
    }

    @Test
    void unitsCountWhatWasChargedAndGivenBack() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        reserve(limiter, 100).settle(Usage.of(Unit.TOKENS, 30));
        reserve(limiter, 100).settle(Usage.of(Unit.TOKENS, 150).and(Unit.CALLS, 0));
        reserve(limiter, 50).cancel();
        limiter.record("globex", "chat", Usage.of(Unit.TOKENS, 7));

        assertThat(units("tokens", "charged")).isEqualTo(257);
        assertThat(units("tokens", "settled")).isEqualTo(50);
        assertThat(units("tokens", "refunded")).isEqualTo(120);
        assertThat(units("calls", "charged")).isEqualTo(4);
        assertThat(units("calls", "refunded")).isEqualTo(2);
        assertThat(count("ratelimit.reservations.ended", "tier", "trial", "outcome", "settled"))
                .isEqualTo(2);
        assertThat(count("ratelimit.reservations.ended", "tier", "trial", "outcome", "cancelled"))
                .isEqualTo(1);
    }

    private static Reservation reserve(InMemoryRateLimiter limiter, long tokens) {
        return limiter.reserve("org " + tokens, "chat", Usage.of(Unit.TOKENS, tokens));
    }

    @Test
    void reservationsAreOpenUntilTheyEnd() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        Reservation settled = reserve(limiter, 100);
        Reservation cancelled = reserve(limiter, 101);
        reserve(limiter, 102);
        limiter.tryAcquire("acme", "chat");
        assertThat(reserve(limiter, 1_000).decision().isAdmitted()).isFalse();
        assertThat(open()).isEqualTo(3);
        settled.settle();
        settled.settle();
        cancelled.cancel();
        assertThat(open()).isEqualTo(1);
    }

    private double open() {
        return registry.get("ratelimit.reservations.open")
                .tag("tier", "trial")
                .gauge()
                .value();
    }

    @Test
    void callsThatWaitAreTimedByTheirOutcome() {
        ManualTime time = new ManualTime();
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(TRIAL)
                .listener(metrics)
                .timeSource(time)
                .build();
        WaitingLimiter patient = limiter.waiting(Duration.ofMinutes(2));
        List<CompletableFuture<Decision>> waiting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            waiting.add(patient.acquireAsync("acme", "chat", Usage.call(), time.scheduler()));
        }
        waiting.add(patient.acquireAsync("acme", "chat", Usage.of(Unit.TOKENS, 501), time.scheduler()));
        time.advance(Duration.ofMinutes(2));

        assertThat(waiting).allMatch(CompletableFuture::isDone);
        assertThat(waited("admitted").count()).isEqualTo(3);
        assertThat(waited("admitted").totalTime(TimeUnit.SECONDS)).isBetween(60.0, 64.0);
        assertThat(waited("rejected").count()).isEqualTo(1);
        assertThat(waited("rejected").totalTime(TimeUnit.SECONDS)).isZero();
    }

    private Timer waited(String outcome) {
        return registry.get("ratelimit.wait")
                .tags("tier", "trial", "outcome", outcome)
                .timer();
    }

    @Test
    void roundTripsAreTimedByTheirOperationAndError() {
        RoundTrip charge = metrics.onRoundTrip("charge");
        metrics.onRoundTrip("settle").onEnd(Optional.of(new IllegalStateException("acme")));
        charge.onEnd(Optional.empty());

        assertThat(latency(registry, "charge", "none").count()).isEqualTo(1);
        assertThat(latency(registry, "charge", "none").totalTime(TimeUnit.NANOSECONDS))
                .isPositive();
        assertThat(latency(registry, "settle", "IllegalStateException").count()).isEqualTo(1);
        assertThat(valuesOf(registry)).noneMatch(value -> value.contains("acme"));
    }

    @Test
    void roundTripsAreObservedWhereThereIsARegistryOfObservations() {
        ObservationRegistry observations = ObservationRegistry.create();
        SimpleMeterRegistry observed = new SimpleMeterRegistry();
        List<String> contexts = new ArrayList<>();
        observations
                .observationConfig()
                .observationHandler(new DefaultMeterObservationHandler(observed))
                .observationHandler(new ObservationHandler<Observation.Context>() {
                    @Override
                    public void onStop(Observation.Context context) {
                        contexts.add(context.getContextualName() + " in "
                                + Optional.ofNullable(context.getParentObservation())
                                        .map(parent -> parent.getContextView().getName())
                                        .orElse("none"));
                    }

                    @Override
                    public boolean supportsContext(Observation.Context context) {
                        return true;
                    }
                });
        RateLimitMetrics outgoing = RateLimitMetrics.observing(observations, Tag.of("limiter", "outgoing"));
        outgoing.bindTo(observed);
        Observation.createNotStarted("http", observations)
                .observe(() -> outgoing.onRoundTrip("charge").onEnd(Optional.empty()));
        outgoing.onRoundTrip("settle").onEnd(Optional.of(new IllegalStateException("acme")));

        assertThat(contexts).contains("ratelimit charge in http", "ratelimit settle in none");
        assertThat(latency(observed, "charge", "none").count()).isEqualTo(1);
        assertThat(latency(observed, "charge", "none").getId().getTag("limiter"))
                .isEqualTo("outgoing");
        assertThat(latency(observed, "settle", "IllegalStateException").count()).isEqualTo(1);
    }

    @Test
    void roundTripsAreTimedWhereNothingIsObserved() {
        RateLimitMetrics timing = RateLimitMetrics.observing(ObservationRegistry.NOOP);
        timing.bindTo(registry);
        timing.onRoundTrip("charge").onEnd(Optional.empty());

        assertThat(latency(registry, "charge", "none").count()).isEqualTo(1);
    }

    private static Timer latency(MeterRegistry registry, String operation, String error) {
        return registry.get("ratelimit.backend.latency")
                .tags("operation", operation, "error", error)
                .timer();
    }

    @Test
    void whatShadowsWouldRejectCountsByTheirTable() {
        Tier tier = Tier.named("trial")
                .table(LimitTable.named("planned")
                        .eachOtherEndpoint(RateLimit.perMinute(1))
                        .asShadow())
                .build();
        InMemoryRateLimiter limiter = limiter(tier);
        for (int i = 0; i < 3; i++) {
            limiter.tryAcquire("acme", "chat");
        }

        assertThat(count("ratelimit.shadow.rejections", "tier", "trial", "member", "none", "table", "planned"))
                .isEqualTo(2);
        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "admitted"))
                .isEqualTo(3);
    }

    @Test
    void aRejectionThatNoLimitMadeCountsByItsCause() {
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(TRIAL)
                .listener(metrics)
                .maxOrganizations(1, CapacityPolicy.REFUSE)
                .timeSource(new ManualTime())
                .build();
        limiter.tryAcquire("acme", "chat");
        limiter.tryAcquire("globex", "chat");
        metrics.onRejected(
                Caller.of("acme", TRIAL), "chat", Usage.call(), Rejected.temporary(new StoreUnavailable(), "", 1));
        Cause anonymous = new Cause() {
            @Override
            public String message() {
                return "acme";
            }

            @Override
            public int suggestedStatus() {
                return 429;
            }
        };
        metrics.onRejected(Caller.of("acme", TRIAL), "chat", Usage.call(), Rejected.permanent(anonymous, ""));

        assertThat(rejections("none", "none", "capacity-reached")).isEqualTo(1);
        assertThat(rejections("none", "none", "store-unavailable")).isEqualTo(1);
        assertThat(rejections("none", "none", "other")).isEqualTo(1);
        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "rejected"))
                .isEqualTo(3);
    }

    @Test
    void refusedKeysCountByTheirCause() {
        KeyDirectory keys = metrics.counting(digest -> digest.equals(KeyDigest.of("revoked"))
                ? Rejected.permanent(new KeyRevoked(Optional.empty()), "")
                : digest.equals(KeyDigest.of("good"))
                        ? Caller.of("acme", TRIAL)
                        : Rejected.permanent(new KeyUnknown(), ""));
        keys.resolve(null);
        keys.resolve("bad");
        keys.resolve("revoked");
        keys.find(KeyDigest.of("bad"));

        assertThat(keys.resolve("good")).isEqualTo(Caller.of("acme", TRIAL));
        assertThat(count("ratelimit.keys.refused", "cause", "key-unknown")).isEqualTo(3);
        assertThat(count("ratelimit.keys.refused", "cause", "key-revoked")).isEqualTo(1);
    }

    @Test
    void aCountedDirectoryKnowsTheTiersThatTheOtherKnows() {
        KeyDirectory keys = new KeyDirectory() {
            @Override
            public Resolution find(KeyDigest digest) {
                return Caller.of("acme", TRIAL);
            }

            @Override
            public List<Tier> tiersOf(String organization) {
                return organization.equals("acme") ? List.of(TRIAL) : List.of();
            }
        };

        assertThat(metrics.counting(keys).tiersOf("acme")).containsExactly(TRIAL);
    }

    @Test
    void aTagHasAtMost100ValuesAndThenOther() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        for (int i = 0; i < 3_000; i++) {
            limiter.tryAcquire(Caller.of("acme", tier("tier " + i, Quota.perDay(0))), "chat");
        }

        Set<String> tiers = new TreeSet<>();
        for (Meter meter : registry.find("ratelimit.rejections").meters()) {
            tiers.add(String.valueOf(meter.getId().getTag("tier")));
        }
        assertThat(tiers).hasSize(100).contains("tier 0", "tier 98", "other").doesNotContain("tier 99");
        assertThat(count(
                        "ratelimit.rejections",
                        "tier",
                        "other",
                        "member",
                        "none",
                        "table",
                        "t",
                        "scope",
                        "chat",
                        "cause",
                        "larger-than-limit"))
                .isEqualTo(2_901);
    }

    @Test
    void tagsArePrintableAndBounded() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        limiter.tryAcquire(Caller.of("acme", tier("a\r\n\ud800" + "x".repeat(1 << 20), Quota.perDay(0))), "chat");

        assertThat(valuesOf(registry)).allMatch(value -> value.length() <= 256 && !value.contains("\n"));
    }

    @Test
    void limitersAreToldApartByTheirTags() {
        RateLimitMetrics outgoing = RateLimitMetrics.create(Tag.of("limiter", "outgoing"));
        outgoing.bindTo(registry);
        limiter(TRIAL).tryAcquire("acme", "chat");
        limiter(TRIAL).tryAcquire("acme", "chat");
        InMemoryRateLimiter.builder().tier(TRIAL).listener(outgoing).build().tryAcquire("acme", "chat");

        assertThat(registry.get("ratelimit.decisions")
                        .tags("limiter", "outgoing", "tier", "trial", "outcome", "admitted")
                        .functionCounter()
                        .count())
                .isEqualTo(1);
        assertThat(valuesOf(registry)).contains("outgoing");
    }

    @Test
    void aRegistryThatIsBoundLaterHasAllThatWasCounted() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        limiter.tryAcquire("acme", "chat");
        SimpleMeterRegistry later = new SimpleMeterRegistry();
        metrics.bindTo(later);
        limiter.tryAcquire("acme", "chat");
        limiter.tryAcquire("acme", "chat");

        for (MeterRegistry each : List.of(registry, later)) {
            assertThat(count(each, "ratelimit.decisions", "tier", "trial", "outcome", "admitted"))
                    .isEqualTo(2);
            assertThat(count(each, "ratelimit.decisions", "tier", "trial", "outcome", "rejected"))
                    .isEqualTo(1);
        }
    }

    @Test
    void threadsThatMeetTiersAndRegistriesAtOnceLoseNothing() throws Exception {
        int threads = 4;
        int calls = 2_000;
        InMemoryRateLimiter limiter = limiter(TRIAL);
        List<SimpleMeterRegistry> registries = new ArrayList<>();
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            SimpleMeterRegistry own = new SimpleMeterRegistry();
            registries.add(own);
            Thread thread = new Thread(() -> {
                awaitQuietly(start);
                for (int i = 0; i < calls; i++) {
                    if (i == calls / 2) {
                        metrics.bindTo(own);
                    }
                    limiter.tryAcquire(Caller.of("acme", tier("tier " + i % 50, Quota.perDay(0))), "chat");
                }
            });
            thread.start();
            running.add(thread);
        }
        start.countDown();
        for (Thread thread : running) {
            thread.join();
        }

        for (MeterRegistry each : registries) {
            double all = 0;
            for (int i = 0; i < 50; i++) {
                all += count(each, "ratelimit.decisions", "tier", "tier " + i, "outcome", "rejected");
            }
            assertThat(all).isEqualTo(threads * calls);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void anAdmissionAllocatesNothingMore() {
        Caller caller = Caller.of("acme", TRIAL);
        Usage usage = Usage.of(Unit.TOKENS, 3);
        count(caller, usage, 1_000);

        Allocation allocation = new Allocation();
        count(caller, usage, 10_000);

        assertThat(allocation.bytes()).isLessThan(10_000);
        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "admitted"))
                .isEqualTo(11_000);
    }

    private void count(Caller caller, Usage usage, int times) {
        for (int i = 0; i < times; i++) {
            metrics.onAdmitted(caller, "chat", usage);
            metrics.onSettled(caller, "chat", usage, usage);
        }
    }

    private static Tier tier(String name, Limit limit) {
        return Tier.named(name).table(LimitTable.named("t").each(limit, "chat")).build();
    }

    private InMemoryRateLimiter limiter(Tier tier) {
        return InMemoryRateLimiter.builder()
                .tier(tier)
                .listener(metrics)
                .timeSource(new ManualTime())
                .build();
    }

    private double rejections(String table, String scope, String cause) {
        return rejections("none", table, scope, cause);
    }

    private double rejections(String member, String table, String scope, String cause) {
        return count(
                "ratelimit.rejections",
                "tier",
                "trial",
                "member",
                member,
                "table",
                table,
                "scope",
                scope,
                "cause",
                cause);
    }

    private double units(String unit, String kind) {
        return count("ratelimit.units", "tier", "trial", "unit", unit, "kind", kind);
    }

    private double count(String name, String... tags) {
        return count(registry, name, tags);
    }

    private static double count(MeterRegistry registry, String name, String... tags) {
        return registry.get(name).tags(tags).functionCounter().count();
    }

    private static List<String> valuesOf(MeterRegistry registry) {
        return registry.getMeters().stream()
                .flatMap(meter -> meter.getId().getTags().stream())
                .map(Tag::getValue)
                .toList();
    }
}
