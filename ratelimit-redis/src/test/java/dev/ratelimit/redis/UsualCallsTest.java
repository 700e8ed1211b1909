package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ByteArrayOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.DoubleBuffer;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The part of the script that admits usual calls beside the others. Two organizations ask alike: one as hosts do, one
 * with requests that say that they are sent again, which that part does not take. Both must be answered alike, to the
 * byte.
 */
class UsualCallsTest extends ServedTest {

    private static final int STEPS = 2_000;

    /* Bytes at the end of a window's head. */
    private static final int STATE = 64;
    private static final int MARKS_AND_PLACE = 16;

    /** Some seconds before midnight. */
    private static final long ORIGIN = (Duration.ofDays(20_000).toSeconds() - 7) * 1_000_000;

    /* Among them the windows, so that times fall on the ends of these. */
    private static final List<Long> LEAPS = List.of(20_000L, 36_000L, 280_000L, 800_000L, 1_234_567L);

    /** A clock that steps back so far was wrong. */
    private static final long TWO_HOURS = Duration.ofHours(2).toSeconds() * 1_000_000;

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("brief").each(RateLimit.of(Unit.CALLS, 60, Duration.ofMillis(20)), "chat"))
            .table(LimitTable.named("exact").each(RateLimit.of(Unit.CALLS, 700, Duration.ofMillis(280)), "chat"))
            .table(LimitTable.named("coarse")
                    .eachOtherEndpoint(RateLimit.of(Unit.TOKENS, 9_000, Duration.ofMillis(800))))
            .table(LimitTable.named("group")
                    .together("group", Quota.of(Unit.CALLS, 9_000, QuotaPeriod.day(ZoneOffset.UTC)), "chat", "embed"))
            .table(LimitTable.named("in all").each(Quota.lifetime(Unit.CALLS, 50), "embed"))
            .table(LimitTable.named("burst")
                    .each(new TokenBucket(Unit.CALLS, 3, Duration.ofNanos(1_700_000), 55), "chat"))
            .table(LimitTable.named("slow burst")
                    .together("group", new TokenBucket(Unit.TOKENS, 7, Duration.ofMillis(3), 9_000), "chat", "embed"))
            .table(LimitTable.named("largest").eachOtherEndpoint(PerCallLimit.of(Unit.CALLS, 60)))
            .table(LimitTable.named("shadow")
                    .eachOtherEndpoint(RateLimit.of(Unit.CALLS, 75, Duration.ofMillis(36)))
                    .asShadow())
            .member(
                    "user",
                    Tier.named("user")
                            .table(LimitTable.named("windows")
                                    .eachOtherEndpoint(RateLimit.of(Unit.CALLS, 40, Duration.ofMillis(20))))
                            .table(LimitTable.named("bursts")
                                    .allTogether(new TokenBucket(Unit.CALLS, 5, Duration.ofMillis(3), 90)))
                            .table(LimitTable.named("days")
                                    .each(Quota.of(Unit.TOKENS, 9_000, QuotaPeriod.day(ZoneOffset.UTC)), "chat"))
                            .table(LimitTable.named("largest").allTogether(PerCallLimit.of(Unit.CALLS, 60)))
                            .build())
            .build();

    /** A charge that was made, and where. */
    private record Made(LimitSet limitSet, DoubleBuffer answer, long units) {}

    private final SettableTime clock = new SettableTime(ORIGIN);
    private final ServerTime serverTime = ServerTime.supplied(clock);
    private final EncodedLimits encodedLimits = new EncodedLimits(1, 2);
    private long lastName;

    private Request request(Request.Operation operation, String organization, LimitSet limitSet, long units) {
        Request request = new Request(
                operation,
                RedisKeys.base("ratelimit:", organization),
                lastName,
                20,
                serverTime,
                limitSet,
                encoded -> encoded.unit().equals(Unit.CALLS) ? units : 3 * units);
        for (EncodedLimit encoded : limitSet.limits()) {
            if (operation != Request.Operation.SETTLE) {
                request.addPeriods(encoded, clock.instant());
            }
        }
        return request;
    }

    @BeforeEach
    void load() {
        assertThat(redis.scriptLoad(Script.TEXT)).isEqualTo(Script.DIGEST);
    }

    private CompletableFuture<byte[]> send(Request request, boolean again) {
        return together()
                .dispatch(
                        CommandType.EVALSHA,
                        new ByteArrayOutput<>(StringCodec.UTF8),
                        request.arguments(Script.DIGEST, again))
                .toCompletableFuture();
    }

    /** Asks for both organizations, and returns the answer. */
    private DoubleBuffer ask(Request.Operation operation, LimitSet limitSet, long units) {
        lastName++;
        CompletableFuture<byte[]> usual = send(request(operation, "usual", limitSet, units), false);
        CompletableFuture<byte[]> thorough = send(request(operation, "thorough", limitSet, units), true);
        assertThat(thorough.join()).as("%s of %d units", operation, units).isEqualTo(usual.join());
        return Reply.unpacked(usual.join());
    }

    private void giveBack(Made made) {
        lastName++;
        for (String organization : List.of("usual", "thorough")) {
            Request settle = request(Request.Operation.SETTLE, organization, made.limitSet, 0);
            for (int i = 0; i < made.limitSet.limits().size(); i++) {
                EncodedLimit encoded = made.limitSet.limits().get(i);
                if (encoded.periods != null) {
                    settle.add(0);
                }
                boolean charged = encoded.hasMeter() && made.answer.get(2 + 3 * i) == 0 && made.units > 0;
                long units = encoded.unit().equals(Unit.CALLS) ? made.units : 3 * made.units;
                Booking booking =
                        new Booking((long) made.answer.get(3 + 3 * i), (long) made.answer.get(4 + 3 * i), units);
                List<Refund> refunds = charged ? List.of(new Refund(booking, 1)) : List.of();
                new Change(encoded, refunds, 0, 0).addTo(settle);
            }
            send(settle, false).join();
        }
    }

    @Test
    void areAnsweredAsTheOthersWouldBe() {
        areAnsweredAsTheOthersWouldBe(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {2, 3})
    @Tag("long")
    void inFurtherHistoriesToo(long seed) {
        areAnsweredAsTheOthersWouldBe(seed);
    }

    private void areAnsweredAsTheOthersWouldBe(long seed) {
        Random random = new Random(seed);
        List<Made> made = new ArrayList<>();
        forgetCounts();
        for (int step = 0; step < STEPS; step++) {
            String endpoint = random.nextInt(20) > 0 ? "chat" : random.nextBoolean() ? "embed" : "unlisted";
            Caller organization = Caller.of("nobody", TIER);
            Caller caller = random.nextInt(3) > 0 ? organization : organization.member("user", "u" + random.nextInt(3));
            LimitSet limitSet = encodedLimits.of(caller, endpoint);
            long units = random.nextInt(40) == 0 ? random.nextInt(100) : random.nextInt(3);
            boolean forGood = random.nextInt(4) == 0;
            DoubleBuffer answer = ask(forGood ? Request.Operation.TAKE : Request.Operation.CHARGE, limitSet, units);
            if (answer.get(0) == 1 && !forGood) {
                made.add(new Made(limitSet, answer, units));
            }
            if (random.nextInt(8) == 0) {
                ask(Request.Operation.LOOK, limitSet, random.nextInt(70));
                ask(Request.Operation.STATUS, limitSet, 0);
            }
            if (random.nextInt(20) == 0 && !made.isEmpty()) {
                giveBack(made.remove(random.nextInt(made.size())));
            }
            // Not back: what has expired by then is live again if no call has dropped it, which only refuses more.
            clock.micros +=
                    random.nextInt(60) == 0 ? LEAPS.get(random.nextInt(LEAPS.size())) : 500L * random.nextInt(3);
        }
        assertThat(sent("mget")).as("calls that were usual for neither").isLessThan(STEPS * 9 / 4);
        haveLeftTheSameMarks();
    }

    /** Whether a head was written whole or at its end only. The states differ: a usual call drops nothing. */
    private void haveLeftTheSameMarks() {
        List<String> windows = redis.keys("ratelimit:{usual}:m:*/w[0-9]*");
        assertThat(windows).hasSizeGreaterThan(4).allSatisfy(key -> {
            byte[] usual = head(key);
            byte[] thorough = head(key.replace("{usual}", "{thorough}"));
            assertThat(Arrays.copyOf(thorough, thorough.length - STATE))
                    .isEqualTo(Arrays.copyOf(usual, usual.length - STATE));
            assertThat(Arrays.copyOfRange(thorough, thorough.length - MARKS_AND_PLACE, thorough.length))
                    .isEqualTo(Arrays.copyOfRange(usual, usual.length - MARKS_AND_PLACE, usual.length));
        });
    }

    private byte[] head(String key) {
        CommandArgs<String, String> whole =
                new CommandArgs<>(StringCodec.UTF8).addKey(key).add(0).add(-1);
        return together()
                .dispatch(CommandType.GETRANGE, new ByteArrayOutput<>(StringCodec.UTF8), whole)
                .toCompletableFuture()
                .join();
    }

    @Test
    void areChargedToThePeriodThatTheyAreIn() {
        LimitSet limitSet = encodedLimits.of(Caller.of("nobody", TIER), "embed");
        clock.micros = ORIGIN + 7_000_000 - 3;
        for (int i = 0; i < 6; i++) {
            ask(Request.Operation.CHARGE, limitSet, 1);
            clock.micros++;
        }
        ask(Request.Operation.STATUS, limitSet, 0);
    }

    /** An amount of few units has many marks only where most of them are given back. */
    @Test
    void haveExactStampsAsLongAsFewMarksAreLive() {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("table").each(RateLimit.of(Unit.CALLS, 5, Duration.ofMinutes(1)), "chat"))
                .build();
        LimitSet limitSet = encodedLimits.of(Caller.of("nobody", tier), "chat");
        long exact = 0;
        for (int i = 0; i < 1_100; i++) {
            DoubleBuffer answer = ask(Request.Operation.CHARGE, limitSet, 1);
            exact += answer.get(4) == clock.micros - ORIGIN ? 1 : 0;
            giveBack(new Made(limitSet, answer, 1));
            clock.micros += i < 1_050 ? 7 : 40_000;
        }
        assertThat(exact).isEqualTo(1_024);
    }

    @Test
    void areLeftToTheOthersWhereAClockWasAheadAndIsPutRight() {
        for (String endpoint : List.of("chat", "embed", "unlisted")) {
            LimitSet limitSet = encodedLimits.of(Caller.of("nobody", TIER), endpoint);
            for (int i = 0; i < 3; i++) {
                ask(Request.Operation.CHARGE, limitSet, 7);
                clock.micros += 9;
                ask(Request.Operation.CHARGE, limitSet, 1);
                clock.micros -= TWO_HOURS;
                ask(i == 0 ? Request.Operation.TAKE : Request.Operation.LOOK, limitSet, 2);
                ask(Request.Operation.STATUS, limitSet, 0);
                clock.micros += i;
            }
        }
    }

    @Test
    void areLeftToTheOthersWhereABucketIsAheadOfTheClock() {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("table").each(TokenBucket.perSecond(7).withCapacity(100), "chat"))
                .build();
        LimitSet limitSet = encodedLimits.of(Caller.of("nobody", tier), "chat");
        for (long back : new long[] {0, 3, 700_000, 5_000_000, TWO_HOURS, 1, TWO_HOURS}) {
            for (int i = 0; i < 4; i++) {
                ask(i == 3 ? Request.Operation.LOOK : Request.Operation.CHARGE, limitSet, 6);
                ask(Request.Operation.STATUS, limitSet, 0);
                clock.micros += 150_000;
            }
            clock.micros -= back;
        }
    }

    @Test
    void keepTheirKeysForAsLongAsTheClockMakesThemCount() {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("table").each(RateLimit.perMinute(500), "chat"))
                .build();
        LimitSet limitSet = encodedLimits.of(Caller.of("nobody", tier), "chat");
        for (int i = 0; i < 50; i++) {
            ask(Request.Operation.CHARGE, limitSet, 1);
            clock.micros++;
        }
        clock.micros -= 70_000_000;
        ask(Request.Operation.CHARGE, limitSet, 1);
        List<String> keys = redis.keys("*}:[mb]:*");
        assertThat(keys)
                .hasSize(4)
                .allSatisfy(key -> assertThat(redis.pttl(key)).as(key).isBetween(180_000L, 190_000L));
        assertThat(List.of("usual", "thorough"))
                .allSatisfy(organization -> assertThat(redis.pttl("ratelimit:{" + organization + "}:t"))
                        .as("the directory, longer than they count")
                        .isBetween(130_000L, 171_000L));
    }
}
