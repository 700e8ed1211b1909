package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TimelineTest {

    private static final Instant START = Instant.parse("2026-01-05T09:07:00Z");

    private final Timeline timeline = new Timeline();

    @Test
    void bucketsBeginAtFullMinutes() {
        admit(START.plusSeconds(59));
        admit(START.plusSeconds(60));
        refuse(START.plusSeconds(61), "chat");

        assertThat(timeline.width()).isEqualTo(Duration.ofMinutes(1));
        assertThat(timeline.start(0)).isEqualTo(START);
        assertThat(timeline.calls()).containsExactly(1, 2);
        assertThat(timeline.admitted()).containsExactly(1, 1);
        assertThat(timeline.refusals(limit("chat"))).containsExactly(0, 1);
    }

    @Test
    void aTraceThatOutgrowsTheBucketsDoublesTheirWidth() {
        for (int minute = 0; minute < Timeline.MAX_BUCKETS; minute++) {
            admit(START.plus(Duration.ofMinutes(minute)));
        }
        assertThat(timeline.width()).isEqualTo(Duration.ofMinutes(1));
        assertThat(timeline.length()).isEqualTo(Timeline.MAX_BUCKETS);

        refuse(START.plus(Duration.ofMinutes(Timeline.MAX_BUCKETS)), "chat");

        assertThat(timeline.width()).isEqualTo(Duration.ofMinutes(2));
        assertThat(timeline.length()).isEqualTo(Timeline.MAX_BUCKETS / 2 + 1);
        assertThat(timeline.admitted()).startsWith(2, 2).endsWith(2, 0);
        assertThat(timeline.calls()).endsWith(2, 1);
        assertThat(timeline.refusals(limit("chat"))).startsWith(0, 0).endsWith(0, 1);
    }

    @Test
    void aYearLaterTheWidthHasDoubledAsOftenAsItMust() {
        admit(START);
        admit(START.plus(Duration.ofDays(365)));

        assertThat(timeline.width()).isEqualTo(Duration.ofMinutes(1_024));
        assertThat(timeline.calls()).startsWith(1, 0).endsWith(0, 1);
        assertThat(Arrays.stream(timeline.calls()).sum()).isEqualTo(2);
    }

    @Test
    void onlySoManyLimitsAreKeptApart() {
        for (int i = 0; i < Timeline.MAX_LIMITS + 10; i++) {
            refuse(START, "endpoint " + i);
        }
        refuse(START, "endpoint 7");

        assertThat(timeline.limits(1_000)).hasSize(Timeline.MAX_LIMITS);
        assertThat(timeline.limits(1)).containsExactly(limit("endpoint 7"));
        assertThat(timeline.calls()).containsExactly(Timeline.MAX_LIMITS + 11);
    }

    private void admit(Instant time) {
        timeline.decided(row(time), Decision.admitted());
    }

    private void refuse(Instant time, String endpoint) {
        timeline.decided(row(time), Rejected.permanent(new LimitReached(limit(endpoint)), ""));
    }

    private static Row row(Instant time) {
        return new Row(Duration.between(Instant.EPOCH, time).toNanos(), "acme", "chat", Usage.call());
    }

    private static AppliedLimit limit(String endpoint) {
        return AppliedLimit.of("calls per minute", new Scope.Endpoint(endpoint), RateLimit.perMinute(1));
    }
}
