package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Names of organizations and endpoints that callers make up, of any length and any characters. */
class NamesTest extends ServedTest {

    private static final int MEBIBYTE = 1 << 20;

    /**
     * Of a key, or of what a list has. A name is at most 256 units, each of which may be escaped to five characters.
     */
    private static final int LONGEST_KEY = 600;

    private static final int LONGEST_LISTED = 5 * 256;

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("hours").each(RateLimit.perHour(5), "chat").eachOtherEndpoint(RateLimit.perHour(3)))
            .table(LimitTable.named("others").otherEndpointsTogether("all", RateLimit.perHour(1_000)))
            .build();

    private void assertKeysAreShort() {
        List<String> keys = redis.keys("*");
        assertThat(keys).isNotEmpty().allSatisfy(key -> assertThat(key.length()).isLessThanOrEqualTo(LONGEST_KEY));
        keys.stream()
                .filter(key -> key.endsWith(":" + RedisKeys.UNLISTED) || key.endsWith(":" + RedisKeys.NAMED))
                .forEach(list -> assertThat(redis.zrange(list, 0, -1))
                        .allSatisfy(name -> assertThat(name.length()).isLessThanOrEqualTo(LONGEST_LISTED)));
    }

    @Test
    void ofAMebibyteAreDecidedRightAndRefuseNobodyElse() {
        RedisRateLimiter limiter = limiter(builder().tier(TIER));
        RateLimiter reference = new ReferenceRateLimiter(organization -> TIER, limiter.timeSource());
        String hostile = "\ud83d".repeat(MEBIBYTE / 2);
        for (int i = 0; i < 20; i++) {
            String endpoint = "\u00e4".repeat(MEBIBYTE - 1) + i % 7;
            String organization = hostile + i % 2;
            Decision decision = limiter.tryAcquire(organization, endpoint);
            assertThat(decision.isAdmitted())
                    .isEqualTo(reference.tryAcquire(organization, endpoint).isAdmitted());
            assertThat(limiter.tryAcquire("victim " + i, "chat").isAdmitted()).isTrue();
        }
        assertThat(limiter.status(hostile + 0))
                .hasSize(2 + 7)
                .allSatisfy(status -> assertThat(status.applied().scope().name().length())
                        .isLessThanOrEqualTo(Scope.Endpoint.MAX_BYTES));
        assertKeysAreShort();
    }

    @Test
    void ofATableMayBeLongToo() {
        String named = "n".repeat(1_000);
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("hours")
                        .each(RateLimit.perHour(2), named)
                        .eachOtherEndpoint(RateLimit.perHour(9)))
                .build();
        RedisRateLimiter limiter = limiter(builder().tier(tier).maxUnlistedEndpoints(0));
        assertThat(limiter.tryAcquire("acme", named, Usage.of(Unit.CALLS, 2)).isAdmitted())
                .isTrue();
        Rejected rejected = (Rejected) limiter.tryAcquire("acme", named);
        assertThat(((LimitReached) rejected.cause()).applied().scope()).isEqualTo(new Scope.Endpoint(named));
        assertThat(limiter.status("acme")).hasSize(1);
        String alike = new Scope.Endpoint(named).name(); // what stands for the long name, called by itself
        assertThat(limiter.tryAcquire("acme", alike).isAdmitted()).isTrue();
        assertThat(limiter.status("acme", alike).get(0).applied().limit()).isEqualTo(RateLimit.perHour(9));
    }

    /** Calls of random names; each name is an organization's and an endpoint's of its own. */
    @RepeatedTest(2)
    void ofAnyKindAreToldApart(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        RedisRateLimiter limiter =
                limiter(builder().tier(TIER).time(ServerTime.supplied(time)).maxUnlistedEndpoints(1_000));
        RateLimiter reference = new ReferenceRateLimiter(organization -> TIER, time, 1_000);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            names.add(i > 0 && random.nextBoolean() ? like(names.get(random.nextInt(i)), random) : name(random));
        }
        for (int i = 0; i < 300; i++) {
            String organization = names.get(random.nextInt(5));
            Caller caller = Caller.of(organization, TIER);
            String endpoint = names.get(random.nextInt(names.size()));
            Usage usage = Usage.of(Unit.CALLS, random.nextInt(3));
            assertThat(limiter.tryAcquire(caller, endpoint, usage))
                    .isEqualTo(reference.tryAcquire(caller, endpoint, usage));
            assertThat(limiter.status(caller, endpoint)).isEqualTo(reference.status(caller, endpoint));
            if (i % 10 == 0) {
                assertThat(limiter.status(caller)).isEqualTo(reference.status(caller));
            }
            time.advance(Duration.ofSeconds(random.nextInt(100)));
        }
        assertKeysAreShort();
    }

    @RepeatedTest(2)
    void ofAnyKindAreEncodedEachToAnother(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        Set<String> names = new HashSet<>(List.of("", "%-", "%o", "%t", "{}", "(further endpoints)"));
        for (int i = 0; i < 1_000; i++) {
            String name = i % 500 == 0 ? "x".repeat(MEBIBYTE - i) : name(random);
            names.add(name);
            names.add(like(name, random));
        }
        Set<String> encoded = new HashSet<>();
        Set<String> listed = new HashSet<>();
        Set<String> scopes = new HashSet<>();
        for (String name : names) {
            Scope.Endpoint scope = new Scope.Endpoint(name);
            String key = RedisKeys.encode(name);
            assertThat(key)
                    .matches("[A-Za-z0-9._%-]{1,96}")
                    .doesNotStartWith("%o")
                    .doesNotStartWith("%t");
            encoded.add(key);
            listed.add(RedisKeys.listed(scope));
            scopes.add(scope.name());
            assertThat(RedisKeys.unlisted(RedisKeys.listed(scope))).isEqualTo(scope.name());
        }
        assertThat(encoded).hasSameSizeAs(names);
        assertThat(listed).hasSameSizeAs(scopes).hasSameSizeAs(names).doesNotContain(RedisKeys.WRITTEN);
    }

    private static String name(Random random) {
        int length = switch (random.nextInt(8)) {
            case 0 -> random.nextInt(3);
            case 1 -> 90 + random.nextInt(12);
            case 2 -> 250 + random.nextInt(12);
            case 3 -> random.nextInt(20_000);
            default -> random.nextInt(30);
        };
        String alphabet = List.of(
                        "ab{}/:%o-", "%0123456789abcdef", "\ud83d\ude00\ud83e\udd14", "\u00e4\u4e00\0\n \uffff")
                .get(random.nextInt(4));
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < length; i++) {
            name.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return name.toString();
    }

    /** Returns a name that differs in one unit. */
    private static String like(String name, Random random) {
        if (name.isEmpty()) {
            return "\ud83d";
        }
        int at = random.nextInt(name.length());
        return name.substring(0, at) + (char) (name.charAt(at) ^ 1 << random.nextInt(16)) + name.substring(at + 1);
    }

    /** 2,000 names of 8,000 characters, each of two bytes, are 32 MB. */
    @Test
    void takeLittleMemoryHoweverManyAreMadeUp() {
        RedisRateLimiter limiter = limiter(builder().tier(TIER).rememberRefusals(Duration.ofHours(1)));
        callMany(limiter, 200);
        long before = usedMemory();
        callMany(limiter, 2_000);
        assertThat(usedMemory() - before).as("bytes").isLessThan(8 << 20);
        assertThat(limiter.tryAcquire("victim", "chat").isAdmitted()).isTrue();
    }

    private static void callMany(RedisRateLimiter limiter, int names) {
        for (int i = 0; i < names; i++) {
            String name = "\u4e00".repeat(8_000) + i;
            limiter.tryAcquire(i % 2 == 0 ? "acme" : name, name, Usage.of(Unit.CALLS, i % 3 == 0 ? 4 : 1));
        }
    }

    private static long usedMemory() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
