package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Tier;
import dev.ratelimit.testkit.ManualTime;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** A server with nothing in it, limiters on it, and a look into it. */
abstract class ServedTest {

    private static RedisServer server;
    private static RedisClient client;
    private static StatefulRedisConnection<String, String> connection;

    private final List<RedisRateLimiter> limiters = new ArrayList<>();

    RedisCommands<String, String> redis;
    ManualTime time;

    @BeforeAll
    static void start() {
        server = new RedisServer();
        client = RedisClient.create(server.uri());
        connection = client.connect();
    }

    @AfterAll
    static void stop() {
        Clients.shutDown(client);
        server.close();
    }

    @BeforeEach
    void empty() {
        redis = connection.sync();
        redis.flushall();
        time = new ManualTime();
    }

    @AfterEach
    void close() {
        limiters.forEach(RedisRateLimiter::close);
    }

    /** Commands that are sent without waiting for the ones before. */
    static RedisAsyncCommands<String, String> together() {
        return connection.async();
    }

    static RedisRateLimiterBuilder builder() {
        return RedisRateLimiter.builder(client).rememberRefusals(Duration.ZERO).timeout(Duration.ofSeconds(10));
    }

    RedisRateLimiter limiter(RedisRateLimiterBuilder builder) {
        RedisRateLimiter limiter = builder.build();
        limiters.add(limiter);
        return limiter;
    }

    /** A limiter that goes by the time of the test. */
    RedisRateLimiter limiter(Limit... limits) {
        return limiter(builder().tier(tierOf(limits)).time(ServerTime.supplied(time)));
    }

    /** A limiter that goes by the server's time. */
    RedisRateLimiter live(Limit... limits) {
        return limiter(builder().tier(tierOf(limits)));
    }

    static Tier tierOf(Limit... limits) {
        Tier tier = Tier.named("tier").build();
        for (int i = 0; i < limits.length; i++) {
            tier = tier.withTable(LimitTable.named("table " + i).eachOtherEndpoint(limits[i]));
        }
        return tier;
    }

    /** Returns how often the server was sent a command by clients, and not by a script. */
    long sent(String command) {
        Matcher found = Pattern.compile("cmdstat_" + command + ":calls=(\\d+)").matcher(redis.info("commandstats"));
        return found.find() ? Long.parseLong(found.group(1)) : 0;
    }

    void forgetCounts() {
        redis.configResetstat();
        assertThat(sent("evalsha")).isZero();
    }
}
