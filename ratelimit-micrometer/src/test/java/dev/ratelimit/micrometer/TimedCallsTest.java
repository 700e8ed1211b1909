package dev.ratelimit.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.WaitingLimiter;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.spi.RoundTrip;
import dev.ratelimit.testkit.ManualTime;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How long calls wait, and how long requests to the store of counts take. */
class TimedCallsTest extends CountedLimiterTest {

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
}
