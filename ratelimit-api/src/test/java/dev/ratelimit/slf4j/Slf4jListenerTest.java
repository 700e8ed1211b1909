package dev.ratelimit.slf4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Member;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.Printable;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class Slf4jListenerTest {

    private static final Tier TIER = Tier.named("trial")
            .message("Please upgrade.")
            .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(20), "chat"))
            .table(LimitTable.named("calls per month").each(Quota.perMonth(1_000), "chat"))
            .build();
    private static final AppliedLimit MINUTE = TIER.limitsFor("chat").get(0);
    private static final AppliedLimit MONTH = TIER.limitsFor("chat").get(1);
    private static final Rejected REJECTED = Rejected.temporary(
            new LimitReached(MINUTE), TIER.message(), Duration.ofSeconds(12).toNanos());
    private static final Duration INTERVAL = Duration.ofSeconds(30);

    /** A clock that begins where its readings are about to wrap. */
    private static final class SteppedTime implements TimeSource {

        private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE);

        @Override
        public long nanoTime() {
            return nanos.get();
        }

        @Override
        public Instant instant() {
            return Instant.EPOCH;
        }

        void advance(Duration time) {
            nanos.addAndGet(time.toNanos());
        }
    }

    private final RecordedLog log = new RecordedLog(Level.INFO);
    private final SteppedTime time = new SteppedTime();
    private final Slf4jListener listener = listener(log, time);

    private static Slf4jListener listener(RecordedLog log, TimeSource time) {
        return Slf4jListener.builder()
                .logger(log.logger)
                .atMostEvery(INTERVAL)
                .timeSource(time)
                .build();
    }

    private static Caller caller(String organization) {
        return Caller.of(organization, TIER);
    }

    private void reject(String organization) {
        listener.onRejected(caller(organization), "chat", Usage.call(), REJECTED);
    }

    @Test
    void aRejectionIsALineOfKeyValuePairs() {
        reject("acme");
        assertThat(log.texts())
                .containsExactly("WARN rejected acme chat: 20 calls per minute, retry after 12 s: organization=acme, "
                        + "endpoint=chat, table=calls per minute, "
                        + "limit=20 calls per minute, "
                        + "cause=Exceeded the limit of 20 calls per minute for endpoint \"chat\" (calls per "
                        + "minute), "
                        + "retryAfter=PT12S, suppressed=0");
    }

    @Test
    void rejectionsHaveTheLevelThatIsSetAndNoneIsLoggedBelowTheLoggersOwn() {
        for (Level level : List.of(Level.ERROR, Level.INFO, Level.DEBUG)) {
            Slf4jListener.builder()
                    .logger(log.logger)
                    .rejectionsAt(level)
                    .build()
                    .onRejected(caller("acme"), "chat", Usage.call(), REJECTED);
        }
        assertThat(log.texts())
                .hasSize(2)
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("ERROR rejected acme chat"),
                        line -> assertThat(line).startsWith("INFO rejected acme chat"));
    }

    @Test
    void aRejectionThatNoLimitCausedAndNoWaitCuresSaysSoByWhatItLeavesOut() {
        listener.onRejected(caller("acme"), "chat", Usage.call(), Rejected.permanent(new ReservationEnded(), ""));
        assertThat(log.texts())
                .containsExactly("WARN rejected acme chat: The reservation was settled or cancelled: "
                        + "organization=acme, endpoint=chat, cause=The reservation was settled or "
                        + "cancelled, suppressed=0");
    }

    @Test
    void aLimitOfAMemberSaysWhoseItIs() {
        Rejected ofUser = Rejected.temporary(
                new LimitReached(MINUTE.of(new Member("user", "u7"))),
                "",
                Duration.ofSeconds(12).toNanos());
        listener.onRejected(caller("acme").member("user", "u7"), "chat", Usage.call(), ofUser);
        assertThat(log.texts())
                .singleElement()
                .asString()
                .startsWith("WARN rejected acme chat: 20 calls per minute of user \"u7\", retry after 12 s:")
                .contains(", limit=20 calls per minute, member=user \"u7\", cause=");
    }

    @Test
    void whatAShadowWouldRejectIsALineForEachOrganizationAndLimit() {
        for (AppliedLimit limit : List.of(MINUTE, MONTH, MINUTE)) {
            Rejected rejected = Rejected.permanent(new LimitReached(limit), "");
            listener.onShadowRejected(caller("acme"), "chat", Usage.call(), rejected);
        }
        reject("acme");
        assertThat(log.texts())
                .hasSize(3)
                .element(1)
                .isEqualTo("INFO would reject acme chat: 1,000 calls per calendar month, no wait helps: "
                        + "organization=acme, endpoint=chat, table=calls per month, "
                        + "limit=1,000 calls per calendar month, "
                        + "cause=Exceeded the limit of 1,000 calls per calendar month for endpoint \"chat\" "
                        + "(calls per month), "
                        + "suppressed=0");
    }

    @Test
    void whatSupportDoesIsAlwaysLogged() {
        listener.onGranted(caller("acme"), LimitStatus.of(MONTH, 900, 50, Optional.empty()));
        listener.onGranted(caller("acme"), LimitStatus.of(MONTH, 900, 60, Optional.empty()));
        LimitStatus carried = LimitStatus.of(MONTH, 700, 0, Optional.empty());
        listener.onCarriedOver(caller("acme"), caller("acme"), List.of(carried, carried));
        listener.onReset("acme");
        listener.onForgotten("acme");
        assertThat(log.texts())
                .containsExactly(
                        "INFO granted to acme: 1,000 calls per calendar month, granted 50, used 900, remaining 150: "
                                + "organization=acme, account=default, table=calls per month, "
                                + "limit=1,000 calls per calendar month, scope=endpoint \"chat\", granted=50, "
                                + "used=900, remaining=150",
                        "INFO granted to acme: 1,000 calls per calendar month, granted 60, used 900, remaining 160: "
                                + "organization=acme, account=default, table=calls per month, "
                                + "limit=1,000 calls per calendar month, scope=endpoint \"chat\", granted=60, "
                                + "used=900, remaining=160",
                        "INFO carried over to acme: 1,000 calls per calendar month, used 700, remaining 300: "
                                + "organization=acme, account=default, table=calls per month, "
                                + "limit=1,000 calls per calendar month, scope=endpoint \"chat\", used=700, "
                                + "remaining=300",
                        "INFO carried over to acme: 1,000 calls per calendar month, used 700, remaining 300: "
                                + "organization=acme, account=default, table=calls per month, "
                                + "limit=1,000 calls per calendar month, scope=endpoint \"chat\", used=700, "
                                + "remaining=300",
                        "INFO reset acme: organization=acme",
                        "INFO forgot acme: organization=acme");
    }

    @Test
    void aLineStaysOneShortLineWhateverIsNamed() {
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            String[] names = Stream.generate(() -> hostileName(random)).limit(6).toArray(String[]::new);
            AppliedLimit limit = AppliedLimit.of(names[0], new Scope.Endpoint(names[1]), Quota.perMonth(5), i % 2 == 0);
            Tier tier = Tier.named(names[2]).account(names[3]).build();
            Caller caller = Caller.of(names[4], tier);
            Rejected rejected = Rejected.permanent(new LimitReached(limit), names[5]);
            LimitStatus status = LimitStatus.of(limit, 5, 0, Optional.empty());
            listener.onRejected(caller, names[1], Usage.call(), rejected);
            listener.onShadowRejected(caller, names[1], Usage.call(), rejected);
            listener.onNearLimit(caller, names[1], status);
            listener.onGranted(caller, status);
            listener.onReset(names[4]);
            listener.onForgotten(names[4]);
        }
        assertThat(log.texts())
                .hasSizeGreaterThan(600)
                .allMatch(line -> line.length() < 4_096)
                .allMatch(line -> line.equals(Printable.text(line)));
    }

    @Test
    void aSubstituteStandsForALineBreakOfAName() {
        listener.onRejected(caller("ac\r\nme"), "chat\u001B[2J", Usage.call(), REJECTED);
        assertThat(log.values("organization")).containsExactly("ac\uFFFD\uFFFDme");
        assertThat(log.values("endpoint")).containsExactly("chat\uFFFD[2J");
    }

    private static String hostileName(Random random) {
        String[] pieces = {"acme", "\r\n", "\u001B[2J", "\u202E", "\u2028", "\uD800", "\uDB40\uDC41", "\uD83D\uDE00"};
        StringBuilder name = new StringBuilder("x");
        int length = random.nextInt(10) == 0 ? 100_000 : random.nextInt(600);
        while (name.length() < length) {
            name.append(pieces[random.nextInt(pieces.length)]);
        }
        return name.toString();
    }

    @Test
    void aMessageRoundsTheWaitUpAndStatesItInAtMostTwoUnits() {
        Map<Duration, String> waits = Map.of(
                Duration.ofNanos(1), "1 ms",
                Duration.ofMillis(999), "999 ms",
                Duration.ofMillis(2_001), "3 s",
                Duration.ofMillis(59_001), "1 min",
                Duration.ofSeconds(125), "2 min 5 s",
                Duration.ofSeconds(3_599), "59 min 59 s",
                Duration.ofSeconds(12_001), "3 h 21 min",
                Duration.ofHours(24), "1 d",
                Duration.ofMinutes(24 * 60 + 1), "1 d 1 h");
        waits.forEach((wait, inWords) -> {
            time.advance(INTERVAL);
            Rejected rejected = Rejected.temporary(new LimitReached(MINUTE), "", wait.toNanos());
            listener.onRejected(caller("acme"), "chat", Usage.call(), rejected);
            assertThat(log.texts())
                    .last()
                    .asString()
                    .startsWith("WARN rejected acme chat: 20 calls per minute, retry after " + inWords + ":");
        });
    }

    @Test
    void aMessageStatesHowManyLinesWereLeftOut() {
        reject("acme");
        reject("acme");
        time.advance(INTERVAL);
        reject("acme");
        assertThat(log.texts())
                .last()
                .asString()
                .startsWith("WARN rejected acme chat: 20 calls per minute, retry after 12 s, suppressed 1: ");
    }

    @Test
    void anOrganizationGetsOneLinePerIntervalThatCountsWhatWasLeftOut() {
        reject("acme");
        reject("acme");
        time.advance(INTERVAL.minusNanos(1));
        reject("acme");
        assertThat(log.values("suppressed")).containsExactly(0L);
        time.advance(Duration.ofNanos(1));
        reject("acme");
        reject("acme");
        time.advance(INTERVAL);
        reject("acme");
        assertThat(log.values("suppressed")).containsExactly(0L, 2L, 1L);
    }

    @Test
    void aLoudOrganizationDoesNotKeepAnotherFromBeingHeard() {
        for (int i = 0; i < 1_000; i++) {
            reject("loud");
        }
        reject("quiet");
        assertThat(log.values("organization")).containsExactly("loud", "quiet");
    }

    @Test
    void linesAreBoundedHoweverManyOrganizationsAreRejected() {
        for (int i = 0; i < 10_000; i++) {
            reject("organization " + i);
        }
        assertThat(log.lines).hasSizeBetween(200, 256);
    }

    @Test
    void whateverThreadsDoEveryRejectionIsLoggedOrCountedOnce() throws Exception {
        int rounds = 2_000;
        int threads = 4;
        int each = 5;
        CyclicBarrier start = new CyclicBarrier(threads, () -> time.advance(INTERVAL));
        Callable<Boolean> rejecting = () -> {
            for (int round = 0; round < rounds; round++) {
                start.await();
                for (int i = 0; i < each; i++) {
                    reject("acme");
                }
            }
            return true;
        };
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            for (Future<Boolean> done : executor.invokeAll(Collections.nCopies(threads, rejecting))) {
                done.get();
            }
        } finally {
            executor.shutdownNow();
        }
        assertThat(log.lines).hasSize(rounds);
        time.advance(INTERVAL);
        reject("acme");
        assertThat(log.lines.size() + log.suppressed()).isEqualTo((long) rounds * threads * each + 1);
    }

    @Test
    void belowItsLevelNothingIsLoggedAndOnlyTheLevelIsAskedFor() {
        RecordedLog quiet = new RecordedLog(Level.ERROR);
        Slf4jListener unheard = listener(quiet, time);
        unheard.onRejected(caller("acme"), "chat", Usage.call(), REJECTED);
        unheard.onNearLimit(caller("acme"), "chat", LimitStatus.of(MINUTE, 16, 0, Optional.empty()));
        unheard.onShadowRejected(caller("acme"), "chat", Usage.call(), REJECTED);
        unheard.onGranted(caller("acme"), LimitStatus.of(MONTH, 0, 5, Optional.empty()));
        unheard.onReset("acme");
        unheard.onForgotten("acme");
        assertThat(quiet.lines).isEmpty();
        assertThat(quiet.asked).startsWith("isWarnEnabled").hasSize(6).containsOnly("isWarnEnabled", "isInfoEnabled");
    }

    @Test
    void belowItsLevelTheClockIsNotRead() {
        int[] readings = {0};
        Slf4jListener unheard = listener(new RecordedLog(Level.ERROR), new TimeSource() {
            @Override
            public long nanoTime() {
                return readings[0]++;
            }

            @Override
            public Instant instant() {
                return Instant.EPOCH;
            }
        });
        int before = readings[0];
        unheard.onRejected(caller("acme"), "chat", Usage.call(), REJECTED);
        assertThat(readings[0]).isEqualTo(before);
    }

    @Test
    void eachLimitOfAnOrganizationThatIsNearlyUsedUpIsALine() {
        for (int i = 0; i < 3; i++) {
            listener.onNearLimit(caller("acme"), "chat", LimitStatus.of(MINUTE, 16, 0, Optional.empty()));
        }
        listener.onNearLimit(caller("acme"), "chat", LimitStatus.of(MONTH, 800, 0, Optional.empty()));
        assertThat(log.texts())
                .containsExactly(
                        "INFO near the limit acme chat: 20 calls per minute, used 16, remaining 4: "
                                + "organization=acme, endpoint=chat, table=calls per minute, "
                                + "limit=20 calls per minute, used=16, remaining=4, suppressed=0",
                        "INFO near the limit acme chat: 1,000 calls per calendar month, used 800, remaining 200: "
                                + "organization=acme, endpoint=chat, table=calls per month, " + "limit="
                                + MONTH.limit() + ", used=800, remaining=200, suppressed=0");
    }

    @Test
    void nearLimitsAreAskedForOnlyWithAShare() {
        assertThat(listener.nearLimitAt()).isEmpty();
        assertThat(Slf4jListener.builder().nearLimitAt(0.5, 0.8).build().nearLimitAt())
                .containsExactly(0.5, 0.8);
    }

    @Test
    void argumentsOutOfTheirRangeAreRefused() {
        Slf4jListener.Builder builder = Slf4jListener.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.atMostEvery(Duration.ZERO))
                .withMessage("interval must be > 0 and <= 2^60 ns: interval=PT0S");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.atMostEvery(Duration.ofNanos((1L << 60) + 1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.nearLimitAt(0))
                .withMessage("nearLimitAt must be > 0 and <= 1: nearLimitAt=0.0");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.nearLimitAt(1.01));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.nearLimitAt(Double.NaN));
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByName() {
        Slf4jListener.Builder builder = Slf4jListener.builder();
        assertThatNullPointerException()
                .isThrownBy(() -> builder.logger((String) null))
                .withMessage("logger");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.rejectionsAt(null))
                .withMessage("level");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.atMostEvery(null))
                .withMessage("interval");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.timeSource(null))
                .withMessage("time");
    }
}
