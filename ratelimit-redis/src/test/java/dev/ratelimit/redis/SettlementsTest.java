package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import io.lettuce.core.RedisCommandExecutionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Settlements that do not reach Redis are sent again until they do, and are booked once. */
@Timeout(120)
class SettlementsTest extends FaultInjectingTest {

    private static RedisServer durable() {
        return new RedisServer("--appendonly", "yes", "--appendfsync", "always");
    }

    @Test
    void aSettlementThatAServerThatIsDownDidNotGetArrivesWhenItIsBack() {
        RedisServer server = open(durable());
        RedisRateLimiter limiter = impatient(server.uri());
        AsyncReservation reservation = limiter.reserve("acme", "chat", tokens(900));
        server.kill();
        assertThat(reservation.settle(tokens(10))).as("it ends the reservation").isTrue();
        assertThat(reservation.settle(tokens(10))).isFalse();
        assertThat(reservation.confirmed().toCompletableFuture()).isNotDone();
        await("the host hears of it", () -> outages.delayed.get() == 1);
        server.restart();
        assertThat(reservation.confirmed().toCompletableFuture().join()).isTrue();
        assertUsed(limiter, 10);
        assertThat(outages.lost).hasValue(0);
        assertThat(outages.mostWaiting).hasValue(1);
    }

    @Test
    void aCancellationAndWhatIsSettledBeyondTheEstimateArriveToo() {
        RedisServer server = open(durable());
        RedisRateLimiter limiter = impatient(server.uri());
        AsyncReservation cancelled = limiter.reserve("acme", "chat", tokens(300));
        AsyncReservation overrun = limiter.reserve("acme", "chat", tokens(100));
        AsyncReservation async = limiter.reserve("acme", "chat", tokens(100));
        server.kill();
        assertThat(cancelled.cancel()).isTrue();
        assertThat(overrun.settle(tokens(150))).isTrue();
        assertThat(async.cancelAsync().toCompletableFuture().join()).isTrue();
        server.restart();
        for (AsyncReservation each : List.of(cancelled, overrun, async)) {
            assertThat(each.confirmed().toCompletableFuture().join()).isTrue();
        }
        assertUsed(limiter, 150);
    }

    @Test
    void whatALeaseGivesBackArrivesToo() {
        RedisServer server = open(durable());
        RedisRateLimiter limiter = open(builder(server.uri())
                .timeout(Duration.ofMillis(500))
                .probeEvery(Duration.ofMillis(50))
                .leases(100, Duration.ofMillis(300))
                .build());
        assertThat(admits(limiter, 7)).isTrue();
        server.kill();
        await("the lease ends", () -> outages.delayed.get() == 1);
        server.restart();
        await("it comes back", () -> isUsed(limiter, 7));
    }

    /**
     * The first copy is booked, nobody hears of it, and meanwhile others use what it gave back: that must not be given
     * back again.
     */
    @Test
    void oneWhoseAnswerIsLostIsBookedOnceHoweverLateItIsSentAgain() {
        RedisServer server = open(new RedisServer());
        CuttingProxy proxy = open(new CuttingProxy(server));
        RedisRateLimiter limiter = impatient(proxy.uri());
        RedisRateLimiter other = patient(server.uri());
        AsyncReservation reservation = limiter.reserve("acme", "chat", tokens(900));
        proxy.holdAnswers();
        assertThat(reservation.settle(tokens(10))).isTrue();
        await("it is booked", () -> isUsed(other, 10));
        ThreeMasters.with(
                server,
                redis -> assertThat(redis.keys("*:r:*"))
                        .as("its receipt lives for as long as the window and the quota may count it")
                        .anySatisfy(key -> assertThat(redis.pttl(key)).isGreaterThan(TimeUnit.HOURS.toMillis(1))));
        assertThat(admits(other, 500)).isTrue();
        proxy.cutAll();
        proxy.letGo();
        assertThat(reservation.confirmed().toCompletableFuture().join()).isTrue();
        assertUsed(other, 510);
    }

    @RepeatedTest(20)
    @Tag("long")
    void oneThatArrivesTwiceByTwoConnectionsIsBookedOnceHoweverOften() {
        oneThatArrivesTwiceByTwoConnectionsIsBookedOnce();
    }

    /**
     * Of two copies, on two connections, either may come first, and the later one may come after its sender has heard
     * of the other.
     */
    @RepeatedTest(4)
    void oneThatArrivesTwiceByTwoConnectionsIsBookedOnce() {
        RedisServer server = open(new RedisServer());
        CuttingProxy proxy = open(new CuttingProxy(server));
        RedisRateLimiter limiter = impatient(proxy.uri());
        RedisRateLimiter other = patient(server.uri());
        AsyncReservation reservation = limiter.reserve("acme", "chat", tokens(500));
        assertThat(admits(other, 400)).isTrue();
        proxy.hold();
        assertThat(reservation.settle(tokens(10))).isTrue();
        proxy.cutAll(); // what the server was to get of it, it still gets
        proxy.letGo();
        assertThat(reservation.confirmed().toCompletableFuture().join()).isTrue();
        await("all that was kept has passed", () -> proxy.passing() == 0);
        assertUsed(other, 410);
    }

    /** The receipt of one that went out twice outlives the answer to one of the two. */
    @Test
    void oneThatArrivesAgainAfterItWasConfirmedIsBookedOnce() {
        RedisServer server = open(new RedisServer());
        CuttingProxy proxy = open(new CuttingProxy(server));
        RedisRateLimiter limiter = impatient(proxy.uri());
        RedisRateLimiter other = patient(server.uri());
        AsyncReservation reservation = limiter.reserve("acme", "chat", tokens(500));
        assertThat(admits(other, 400)).isTrue();
        proxy.holdThese();
        assertThat(reservation.settle(tokens(10))).isTrue();
        proxy.cutAll(); // what the server was to get of it, it gets later
        assertThat(reservation.confirmed().toCompletableFuture().join()).isTrue();
        assertUsed(other, 410);
        assertThat(proxy.passing()).as("the first copy is on its way").isPositive();
        proxy.letGo();
        await("it has arrived", () -> proxy.passing() == 0);
        assertUsed(other, 410);
    }

    @Test
    void oneThatIsConfirmedAtOnceLeavesNoReceipt() {
        RedisServer server = open(new RedisServer());
        RedisRateLimiter limiter = patient(server.uri());
        ThreeMasters.with(server, redis -> {
            redis.flushall();
            for (int i = 0; i < 10; i++) {
                AsyncReservation reservation = limiter.reserve("acme", "chat", tokens(9));
                redis.keys("*:r:*").forEach(redis::del);
                assertThat(reservation.settle(tokens(i))).isTrue();
                assertThat(reservation.confirmed().toCompletableFuture()).isCompletedWithValue(true);
            }
            assertUsed(limiter, 45);
            assertThat(redis.keys("*:r:*")).isEmpty();
        });
    }

    @Test
    void anErrorThatPassesIsNoEndAndOneThatWouldComeAgainIs() {
        RedisServer server = open(new RedisServer());
        RedisRateLimiter limiter = open(builder(server.uri())
                .timeout(LONG)
                .probeEvery(Duration.ofMillis(20))
                .build());
        AsyncReservation delayed = limiter.reserve("acme", "chat", tokens(100));
        AsyncReservation lost = limiter.reserve("bad", "chat", tokens(100));
        ThreeMasters.with(server, redis -> {
            redis.configSet("min-replicas-to-write", "1");
            assertThat(delayed.settle(tokens(1))).isTrue();
            await("it was refused again and again", () -> Long.parseLong(errors(redis.info("errorstats"))) > 3);
            redis.configSet("min-replicas-to-write", "0");
            assertThat(delayed.confirmed().toCompletableFuture().join()).isTrue();
            assertUsed(limiter, 1);

            redis.keys("ratelimit:{bad}:m:*").forEach(key -> redis.set(key, "garbage"));
            assertThat(lost.settle(tokens(1))).as("it ends the reservation").isTrue();
            assertThat(lost.confirmed().toCompletableFuture().join()).isFalse();
            await("the host hears of it", () -> outages.lost.get() == 1);
            assertThat(outages.whyLost).singleElement().isInstanceOf(RedisCommandExecutionException.class);
        });
        assertThat(outages.delayed).hasValue(1);
        assertThat(outages.areAllTold()).as("none of that is an outage").isTrue();
    }

    private static String errors(String info) {
        int at = info.indexOf("errorstat_NOREPLICAS:count=");
        return at < 0 ? "0" : info.substring(at + 27, info.indexOf('\r', at));
    }

    @Test
    void oneIsGivenUpWhenTheWindowsAndPeriodsAreOverThatItConcerns() {
        RedisServer server = open(new RedisServer());
        Tier brief = Tier.named("tier")
                .table(LimitTable.named("brief")
                        .eachOtherEndpoint(RateLimit.of(Unit.TOKENS, AMOUNT, Duration.ofMillis(400))))
                .build();
        RedisRateLimiter limiter = open(builder(server.uri())
                .tier(brief)
                .timeout(Duration.ofMillis(200))
                .probeEvery(Duration.ofMillis(20))
                .build());
        AsyncReservation reservation = limiter.reserve("acme", "chat", tokens(900));
        server.kill();
        assertThat(reservation.settle(tokens(1))).isTrue();
        assertThat(reservation.confirmed().toCompletableFuture().join()).isFalse();
        await("the host hears of it", () -> outages.lost.get() == 1);
        assertThat(outages.whyLost.element()).hasMessageContaining("are over");
    }

    /** The settlement that makes a server answer again is one like any other: nobody calls in the meantime. */
    @Test
    void theyEndAnOutageByThemselves() throws InterruptedException {
        CuttingProxy proxy = open(new CuttingProxy(open(new RedisServer())));
        RedisRateLimiter limiter = open(builder(proxy.uri())
                .timeout(Duration.ofMillis(100))
                .probeEvery(Duration.ofMillis(50))
                .build());
        List<AsyncReservation> reservations = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            reservations.add(limiter.reserve("acme", "chat", tokens(3)));
        }
        proxy.hold();
        reservations.forEach(
                reservation -> assertThat(reservation.settle(tokens(1))).isTrue());
        assertThat(outages.nextDuring(() -> {})).startsWith("away: ");
        proxy.letGo();
        reservations.forEach(reservation ->
                assertThat(reservation.confirmed().toCompletableFuture().join()).isTrue());
        assertThat(outages.nextDuring(() -> {})).isEqualTo("back");
        assertUsed(limiter, 300);
    }

    /** Makes calls at once that nobody answers. */
    private static void beginOutage(RedisRateLimiter limiter) {
        Stream.generate(() -> limiter.peekAsync(Caller.of("acme", TIER), "chat", tokens(1))
                        .toCompletableFuture())
                .limit(3)
                .toList()
                .forEach(CompletableFuture::join);
    }

    @Test
    void aLimiterThatIsClosedSendsThemOnceMoreThoughNobodyProbes() {
        CuttingProxy proxy = open(new CuttingProxy(open(new RedisServer())));
        RedisRateLimiter limiter = builder(proxy.uri())
                .timeout(Duration.ofSeconds(1))
                .probeEvery(Duration.ofHours(1))
                .build();
        List<AsyncReservation> reservations = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            reservations.add(limiter.reserve("acme", "chat", tokens(4)));
        }
        proxy.hold();
        beginOutage(limiter);
        reservations.forEach(
                reservation -> assertThat(reservation.settle(tokens(1))).isTrue());
        proxy.letGo();
        limiter.close();
        reservations.forEach(reservation ->
                assertThat(reservation.confirmed().toCompletableFuture().join()).isTrue());
        assertThat(outages.lost).hasValue(0);
    }

    @Test
    void aLimiterThatIsClosedSendsThemThoughThoseBeforeAreAnsweredWithErrors() {
        RedisServer server = open(new RedisServer());
        CuttingProxy proxy = open(new CuttingProxy(server));
        RedisRateLimiter limiter = builder(proxy.uri())
                .timeout(Duration.ofSeconds(1))
                .probeEvery(Duration.ofHours(1))
                .build();
        List<AsyncReservation> spoiled = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            spoiled.add(limiter.reserve("spoiled", "chat", tokens(4)));
        }
        AsyncReservation last = limiter.reserve("acme", "chat", tokens(4));
        proxy.hold();
        beginOutage(limiter);
        spoiled.forEach(reservation -> assertThat(reservation.settle(tokens(1))).isTrue());
        assertThat(last.settle(tokens(1))).isTrue();
        ThreeMasters.with(
                server, redis -> redis.keys("ratelimit:{spoiled}:m:*").forEach(key -> redis.set(key, "garbage")));
        proxy.letGo();
        limiter.close();
        assertThat(spoiled)
                .allSatisfy(reservation -> assertThat(
                                reservation.confirmed().toCompletableFuture().join())
                        .isFalse());
        assertThat(last.confirmed().toCompletableFuture().join()).isTrue();
    }

    @Test
    void whatALimiterThatIsClosedCannotSendIsLostAndTold() {
        RedisServer server = open(new RedisServer());
        RedisRateLimiter limiter = builder(server.uri())
                .timeout(Duration.ofMillis(200))
                .probeEvery(Duration.ofHours(1))
                .build();
        AsyncReservation waiting = limiter.reserve("acme", "chat", tokens(1));
        AsyncReservation late = limiter.reserve("acme", "chat", tokens(1));
        server.kill();
        assertThat(waiting.cancel()).isTrue();
        limiter.close();
        assertThat(waiting.confirmed().toCompletableFuture().join()).isFalse();
        assertThat(late.settle(tokens(0))).isTrue();
        assertThat(late.confirmed().toCompletableFuture().join()).isFalse();
        await("the host hears of both", () -> outages.lost.get() == 2);
        assertThat(outages.whyLost).allSatisfy(why -> assertThat(why).hasMessage("The limiter is closed"));
    }

    @Test
    @Tag("long")
    void atMostTenThousandWaitAndTheHostHearsHowManyAreLost() {
        CuttingProxy proxy = open(new CuttingProxy(open(new RedisServer())));
        RedisRateLimiter limiter = open(builder(proxy.uri())
                .tier(Tier.named("tier")
                        .table(LimitTable.named("in all").eachOtherEndpoint(Quota.lifetime(Unit.TOKENS, 1_000_000)))
                        .build())
                .timeout(Duration.ofSeconds(2))
                .probeEvery(Duration.ofMillis(500))
                .build());
        List<AsyncReservation> reservations = new ArrayList<>();
        for (int i = 0; i < 10_050; i += 670) {
            List<CompletableFuture<AsyncReservation>> next = Stream.generate(() ->
                            limiter.reserveAsync("acme", "chat", tokens(3)).toCompletableFuture())
                    .limit(670)
                    .toList();
            next.forEach(reservation -> reservations.add(reservation.join()));
        }
        proxy.hold();
        beginOutage(limiter);
        List<CompletionStage<Boolean>> ends = reservations.stream()
                .map(reservation -> reservation.settleAsync(tokens(1)))
                .toList();
        assertThat(ends)
                .allSatisfy(end -> assertThat(end.toCompletableFuture().join()).isTrue());
        await("the host hears of all", () -> outages.delayed.get() + outages.lost.get() == 10_050);
        assertThat(outages.lost).hasValue(50);
        assertThat(outages.mostWaiting).hasValue(10_000);
        proxy.letGo();
        long arrived = reservations.stream()
                .filter(reservation ->
                        reservation.confirmed().toCompletableFuture().join())
                .count();
        assertThat(arrived).isEqualTo(10_000);
        assertThat(limiter.status("acme", "chat").get(0).used())
                .as("of what is given up, some went out, as probes that nobody answered in time")
                .isBetween(10_000L + 50, 10_000L + 3 * 50);
        assertThat(lines.with("A settlement did not reach Redis")).hasSize(1);
        assertThat(lines.with("A settlement is given up")).hasSize(1);
    }

    @Test
    void whatIsToldOfAReservationThatRedisHasNoPartIn() {
        RedisRateLimiter admitting =
                open(builder("redis://127.0.0.1:1").failOpen().build());
        AsyncReservation open = admitting.reserve("acme", "chat", tokens(1));
        assertThat(open.confirmed().toCompletableFuture()).isNotDone();
        assertThat(open.settle(tokens(2))).isTrue();
        assertThat(open.confirmed().toCompletableFuture()).isCompletedWithValue(true);
        AsyncReservation rejected = open(builder("redis://127.0.0.1:1").build()).reserve("acme", "chat", tokens(1));
        assertThat(rejected.confirmed().toCompletableFuture()).isCompletedWithValue(false);
        Reservation unlimited = admitting.reserve("acme", "chat", tokens(1));
        assertThat(unlimited.cancel()).isTrue();
    }
}
