package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.lettuce.core.RedisClient;
import io.lettuce.core.cluster.SlotHash;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How names become keys. */
class RedisKeysTest {

    private static final List<String> NAMES = List.of(
            "",
            "%-",
            "%",
            "acme",
            "Acme",
            "{acme}",
            "}acme{",
            "{}",
            "}",
            "{",
            "a:b",
            "a/b",
            "a%002fb",
            "ä",
            "a\u0308",
            "\ud83d\ude00",
            "\ud83d",
            "\ude00",
            "\n",
            "\0",
            "x".repeat(96),
            "x".repeat(97),
            "x".repeat(98),
            "ä".repeat(20),
            "ä".repeat(21),
            "x".repeat(100_000));

    @Test
    void noTwoNamesAreEncodedAlike() {
        Set<String> encoded = new HashSet<>();
        NAMES.forEach(name -> encoded.add(RedisKeys.encode(name)));
        assertThat(encoded).hasSameSizeAs(NAMES);
    }

    @Test
    void whatIsEncodedIsShortAndHasNothingThatSeparates() {
        assertThat(NAMES)
                .extracting(RedisKeys::encode)
                .allSatisfy(encoded -> assertThat(encoded).matches("[A-Za-z0-9._%-]{1,96}"));
    }

    @Test
    void whatIsEscapedComesBack() {
        assertThat(NAMES)
                .allSatisfy(name ->
                        assertThat(RedisKeys.unescape(RedisKeys.escape(name))).isEqualTo(name));
    }

    @Test
    void allKeysOfAnOrganizationAreInOneSlotThatDependsOnIt() {
        for (String name : NAMES) {
            String base = RedisKeys.base("ratelimit:", name);
            int slot = SlotHash.getSlot(RedisKeys.encode(name));
            assertThat(SlotHash.getSlot(base + "n")).as(name).isEqualTo(slot);
            assertThat(SlotHash.getSlot(base + "m:default/t{1}/e/a}b/calls/w1"))
                    .as(name)
                    .isEqualTo(slot);
        }
    }

    @Test
    void aPrefixWithABraceIsRefused() {
        RedisClient client = RedisClient.create();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RedisRateLimiter.builder(client).keyPrefix("{app}"))
                .withMessage("prefix must be without braces: prefix={app}");
        client.shutdown();
    }
}
