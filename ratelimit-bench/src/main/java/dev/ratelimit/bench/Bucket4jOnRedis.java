package dev.ratelimit.bench;

import dev.ratelimit.RateLimit;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.ConfigurationBuilder;
import io.github.bucket4j.distributed.AsyncBucketProxy;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.proxy.AsyncProxyManager;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/**
 * Bucket4j on Lettuce: for each organization a bucket with all limits that count the same calls, which is read, and then written if nobody
 * else has. Where there are two buckets, both are asked at once: it knows no other way.
 */
final class Bucket4jOnRedis implements RedisRival {

    private static final Duration KEPT = Duration.ofMinutes(1);

    private final RedisClient client;
    private final List<List<AsyncBucketProxy>> buckets;

    Bucket4jOnRedis(String uri, Scopes limits, int organizations) {
        client = RedisClient.create(uri);
        AsyncProxyManager<String> manager = Bucket4jLettuce.casBasedBuilder(
                        client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)))
                .expirationAfterWrite(ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(KEPT))
                .build()
                .asAsync();
        Map<String, BucketConfiguration> configurations = new LinkedHashMap<>();
        configurations.put("endpoint", configuration(limits.ofEndpoint()));
        if (!limits.ofGroup().isEmpty()) {
            configurations.put("group", configuration(limits.ofGroup()));
        }
        buckets = IntStream.range(0, organizations)
                .mapToObj(i -> configurations.entrySet().stream()
                        .map(scope -> manager.builder()
                                .build(
                                        "bucket4j:" + RedisRival.name(i) + ":" + scope.getKey(),
                                        () -> CompletableFuture.completedFuture(scope.getValue())))
                        .toList())
                .toList();
    }

    private static BucketConfiguration configuration(List<RateLimit> limits) {
        ConfigurationBuilder builder = BucketConfiguration.builder();
        for (RateLimit limit : limits) {
            builder.addLimit(
                    bandwidth -> bandwidth.capacity(limit.amount()).refillGreedy(limit.amount(), limit.window()));
        }
        return builder.build();
    }

    @Override
    public CompletionStage<Boolean> ask(int organization) {
        return RedisRival.all(buckets.get(organization).stream().map(bucket -> bucket.tryConsume(1)));
    }

    /** It sends reads and scripts that write. Each such script reads too: so there are as many reads in all. */
    @Override
    public long sent(CommandCounts counts) {
        return counts.of("get");
    }

    @Override
    public void close() {
        client.shutdown(Duration.ZERO, KEPT);
    }
}
