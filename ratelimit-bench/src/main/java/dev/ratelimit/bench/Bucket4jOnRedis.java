package dev.ratelimit.bench;

import dev.ratelimit.Limit;
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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/**
 * Bucket4j on Lettuce: for each organization a bucket with all limits that count the same units of the same calls,
 * which is read, and then written if nobody else has. Where there are several buckets, all are asked at once: it knows
 * no other way.
 */
final class Bucket4jOnRedis implements RedisRival {

    private static final Duration KEPT = Duration.ofMinutes(1);

    private final RedisClient client;
    private final long[] tokens;
    private final List<List<AsyncBucketProxy>> buckets;

    Bucket4jOnRedis(String uri, Scopes limits, int organizations) {
        client = RedisClient.create(uri);
        AsyncProxyManager<String> manager = Bucket4jLettuce.casBasedBuilder(
                        client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)))
                .expirationAfterWrite(ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(KEPT))
                .build()
                .asAsync();
        tokens = limits.scopes().stream()
                .mapToLong(scope -> limits.usage().amountOf(scope.get(0).unit()))
                .toArray();
        List<BucketConfiguration> configurations =
                limits.scopes().stream().map(Bucket4jOnRedis::configuration).toList();
        buckets = IntStream.range(0, organizations)
                .mapToObj(organization -> IntStream.range(0, configurations.size())
                        .mapToObj(scope -> manager.builder()
                                .build(
                                        "bucket4j:" + RedisRival.name(organization) + ":" + scope,
                                        () -> CompletableFuture.completedFuture(configurations.get(scope))))
                        .toList())
                .toList();
    }

    private static BucketConfiguration configuration(List<Limit> limits) {
        ConfigurationBuilder builder = BucketConfiguration.builder();
        for (Limit limit : limits) {
            builder.addLimit(
                    bandwidth -> bandwidth.capacity(limit.amount()).refillGreedy(limit.amount(), Scopes.span(limit)));
        }
        return builder.build();
    }

    @Override
    public CompletionStage<Boolean> ask(int organization) {
        List<AsyncBucketProxy> asked = buckets.get(organization);
        return RedisRival.all(IntStream.range(0, asked.size())
                .mapToObj(scope -> asked.get(scope).tryConsume(tokens[scope])));
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
