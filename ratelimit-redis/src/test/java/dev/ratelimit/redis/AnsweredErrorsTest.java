package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.CircuitBreaker;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors that a server answers concern the call that got them, and nobody else. */
class AnsweredErrorsTest extends FaultInjectingTest {

    private static final List<UnaryOperator<RedisRateLimiterBuilder>> POLICIES = List.of(
            RedisRateLimiterBuilder::failClosed,
            RedisRateLimiterBuilder::failOpen,
            builder -> builder.fallBackTo(inMemory()));

    /** Writes a number over another one of a text: the n-th from its end, the first of which is the 0-th. */
    private static final String SPOIL_NUMBER = """
            local at = redis.call('STRLEN', KEYS[1]) - 8 * (1 + tonumber(ARGV[2]))
            return redis.call('SETRANGE', KEYS[1], math.max(at, 0), struct.pack('<d', tonumber(ARGV[1])))
            """;

    /** The numbers of the longest head without marks, that of a bucket. */
    private static final int MOST_NUMBERS = 13;

    private static RateLimiter inMemory() {
        return new ReferenceRateLimiter(anyone -> TIER, TimeSource.system());
    }

    private static boolean isDecidedByRedis(Decision decision) {
        return !(decision instanceof Rejected rejected && rejected.cause() instanceof StoreUnavailable);
    }

    /** Puts something else where the limiter keeps what an organization has used. */
    private static void spoil(RedisCommands<String, String> redis, String organization, Random random) {
        for (String key : redis.keys("ratelimit:{" + organization + "}:*")) {
            if (random.nextInt(4) == 0) {
                continue;
            }
            int kind = random.nextInt(9);
            if (kind >= 7 && redis.type(key).equals("string")) {
                spoilNumber(redis, key, kind == 7 ? "inf" : "1e300", 1);
                continue;
            }
            redis.del(key);
            switch (kind) {
                case 0 -> redis.lpush(key, "garbage");
                case 1 -> redis.sadd(key, "garbage");
                case 2 -> redis.hset(key, "garbage", "garbage");
                case 3 -> redis.zadd(key, 1, "garbage");
                case 4 -> redis.set(key, "");
                case 5 -> redis.set(key, "g");
                default -> redis.set(key, "garbage".repeat(1 + random.nextInt(40)));
            }
        }
    }

    private static void spoilNumber(RedisCommands<String, String> redis, String key, String number, int place) {
        redis.eval(SPOIL_NUMBER, ScriptOutputType.INTEGER, new String[] {key}, number, Integer.toString(place));
    }

    /** Loops of the script go by some of the numbers. Each is written over, one at a time, by what is never there. */
    @ParameterizedTest
    @ValueSource(strings = {"inf", "-inf", "nan", "1e300", "-1e300", "1e15", "-1", "0.5"})
    void noNumberThatSomebodyWroteLetsTheScriptRunOn(String number) {
        Tier kinds = Tier.named("kinds")
                .table(LimitTable.named("windows").each(RateLimit.perMinute(5), "window"))
                .table(LimitTable.named("quotas").each(Quota.perDay(5), "quota"))
                .table(LimitTable.named("buckets").each(TokenBucket.perMinute(5), "bucket"))
                .table(LimitTable.named("flights").each(ConcurrencyLimit.of(5, Duration.ofMinutes(1)), "flight"))
                .build();
        RedisServer server = open(new RedisServer());
        ThreeMasters.with(server, redis -> {
            RedisRateLimiter limiter =
                    open(builder(server.uri()).tier(kinds).timeout(LONG).build());
            for (String endpoint : List.of("window", "quota", "bucket", "flight")) {
                for (int place = 0; place < MOST_NUMBERS; place++) {
                    redis.flushall();
                    Reservation held = limiter.reserve("bad", endpoint, Usage.call());
                    limiter.tryAcquire("bad", endpoint);
                    for (String key : redis.keys("ratelimit:{bad}:*")) {
                        if (redis.type(key).equals("string")) {
                            spoilNumber(redis, key, number, place);
                        }
                    }
                    limiter.tryAcquire("bad", endpoint);
                    held.settle(Usage.of(Unit.CALLS, 0));
                    limiter.async().status(Caller.of("bad", kinds), endpoint).exceptionally(damaged -> List.of());
                    assertThat(isDecidedByRedis(limiter.tryAcquire("acme", endpoint)))
                            .as("%s, number %s", endpoint, place)
                            .isTrue();
                }
            }
        });
        assertThat(outages.areAllTold()).as("nobody was told of an outage").isTrue();
    }

    /** Whatever a hostile organization's keys hold, all that is asked for another is decided by Redis. */
    @Test
    void keysThatHoldSomethingElsePutNobodyElseInAnOutage() {
        RedisServer server = open(new RedisServer());
        ThreeMasters.with(server, redis -> {
            for (UnaryOperator<RedisRateLimiterBuilder> policy : POLICIES) {
                redis.flushall();
                Random random = new Random(2);
                RedisRateLimiter limiter =
                        open(policy.apply(builder(server.uri()).timeout(LONG)).build());
                long admitted = 0;
                for (int round = 0; round < 35; round++) {
                    for (int call = 0; call < 30; call++) {
                        admitted += admits(limiter, 1) ? 1 : 0;
                    }
                    for (int call = 0; call < 8; call++) {
                        Reservation bad = limiter.reserve("bad", "chat", tokens(1 + random.nextInt(9)));
                        bad.use(tokens(10));
                        bad.settle(tokens(random.nextInt(9)));
                    }
                    spoil(redis, "bad", random);
                }
                assertThat(admitted).isEqualTo(AMOUNT);
                assertUsed(limiter, AMOUNT);
            }
        });
        assertThat(outages.areAllTold()).as("nobody was told of an outage").isTrue();
        assertThat(lines.with("Redis answered an error: keys=ratelimit:{bad}:*"))
                .as("a line a minute, for each limiter")
                .hasSizeBetween(1, POLICIES.size());
    }

    /** A server that answers no script but with what a test chose. */
    private final AtomicReference<String> answer = new AtomicReference<>(CannedServer.packed(1, 1, 0, -1, 0));

    private final AtomicInteger scripts = new AtomicInteger();

    private RedisRateLimiter limiterOnAServerThatAnswers(String error) {
        CannedServer server = open(new CannedServer(command -> switch (command) {
            case "HELLO" -> "-ERR unknown command\r\n";
            case "INFO" -> CannedServer.bulk("redis_version:7.0.15\r\n");
            case "EVALSHA" -> {
                scripts.incrementAndGet();
                yield answer.get();
            }
            default -> "+OK\r\n";
        }));
        RedisRateLimiter limiter = open(builder(server.uri())
                .timeout(LONG)
                .probeEvery(Duration.ofHours(1))
                .build());
        answer.set(error);
        scripts.set(0);
        return limiter;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "LOADING Redis is loading the dataset in memory",
                "READONLY You can't write against a read only replica.",
                "CLUSTERDOWN The cluster is down",
                "MASTERDOWN ScriptExecutor with MASTER is down",
                "NOAUTH Authentication required.",
                "MISCONF Redis is configured to save RDB snapshots",
                "OOM command not allowed when used memory > 'maxmemory'.",
                "NOREPLICAS Not enough good replicas to write.",
                "BUSY Redis is busy running a script.",
                "NOPERM this user has no permissions to access one of the keys",
                "WRONGTYPE Operation against a key holding the wrong kind of value",
                "ERR user_script:35: data string too short"
            })
    void noErrorThatIsAnsweredOpensTheCircuit(String error) {
        RedisRateLimiter limiter = limiterOnAServerThatAnswers("-" + error + "\r\n");
        for (int i = 0; i < 10; i++) {
            assertThat(isDecidedByRedis(limiter.tryAcquire("acme", "chat"))).isFalse();
        }
        assertThat(scripts).as("each is asked for").hasValue(10);
        answer.set(CannedServer.packed(1, 1));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(outages.areAllTold()).isTrue();
        assertThat(lines.with(error)).as("one line a minute").hasSize(1);
    }

    /**
     * Else an outage of all would go on for as long as the probes are made for the organization whose keys are spoilt.
     */
    @Test
    void anErrorOfACallEndsAnOutageAndOneByWhichTheServerServesNobodyDoesNot() throws InterruptedException {
        long[] now = new long[1];
        CircuitBreaker circuit = Outages.told(outages).breaker(Duration.ofNanos(9), () -> now[0], key -> true);
        for (int i = 0; i < 3; i++) {
            circuit.failed(new IllegalStateException("silence"));
        }
        assertThat(outages.nextDuring(() -> {})).contains("silence");
        circuit.refused();
        assertThat(circuit.isOpen()).isTrue();
        assertThat(circuit.isSteady()).isFalse();
        circuit.succeeded();
        assertThat(outages.nextDuring(() -> {})).isEqualTo("back");
        circuit.failed(new IllegalStateException("silence"));
        circuit.failed(new IllegalStateException("silence"));
        circuit.refused();
        circuit.failed(new IllegalStateException("silence"));
        assertThat(circuit.isOpen()).as("the row was broken by an answer").isFalse();
    }

    /** An overview of 50 endpoints, which takes its time; the circuit must not know of it. */
    @Test
    void aStatusThatIsNotAnsweredIsNoOutageAndEndsNone() throws InterruptedException {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(9)))
                .build();
        RedisRateLimiter limiter;
        CannedServer server = open(new CannedServer(command -> switch (command) {
            case "HELLO" -> "-ERR unknown command\r\n";
            case "INFO" -> CannedServer.bulk("redis_version:7.0.15\r\n");
            case "EVALSHA" -> {
                scripts.incrementAndGet();
                yield answer.get();
            }
            default -> "+OK\r\n";
        }));
        limiter = open(builder(server.uri())
                .tier(tier)
                .failOpen()
                .timeout(Duration.ofMillis(200))
                .probeEvery(Duration.ofHours(1))
                .build());
        answer.set("");
        scripts.set(0);
        for (int i = 0; i < 3; i++) {
            limiter.status("acme");
            limiter.status("acme", "chat");
        }
        assertThat(scripts).hasValue(6);
        assertThat(outages.areAllTold()).isTrue();
        for (int i = 0; i < 5; i++) {
            limiter.tryAcquire("acme", "chat");
        }
        assertThat(scripts).as("three decisions that nobody answered").hasValue(9);
        assertThat(outages.nextDuring(() -> {})).startsWith("away: ");
        limiter.status("acme");
        assertThat(scripts).as("a status is no probe").hasValue(9);
    }

    @Test
    void aFaultOfOurOwnIsLoggedAndDecidedAsTheHostChoseAndIsNoOutage() {
        RedisRateLimiter limiter = limiterOnAServerThatAnswers(CannedServer.packed(1, 1, 0)); // too few numbers
        for (int i = 0; i < 10; i++) {
            assertThat(isDecidedByRedis(
                            limiter.reserve("acme", "chat", tokens(1)).decision()))
                    .isFalse();
            assertThat(limiter.async()
                            .tryAcquire("acme", "chat", tokens(1))
                            .thenApply(AnsweredErrorsTest::isDecidedByRedis)
                            .toCompletableFuture()
                            .join())
                    .isFalse();
        }
        assertThat(scripts).hasValue(20);
        assertThat(outages.areAllTold()).isTrue();
        assertThat(lines.thrownWith("The limiter itself failed"))
                .singleElement()
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
