package dev.ratelimit.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyDirectory;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is counted of keys that are refused. */
class CountingDirectoryTest extends CountedLimiterTest {

    @Test
    void refusedKeysCountByTheirCause() {
        KeyDirectory keys = metrics.counting(digest -> digest.equals(KeyDigest.of("revoked"))
                ? Rejected.permanent(new KeyRevoked(Optional.empty()), "")
                : digest.equals(KeyDigest.of("good"))
                        ? Caller.of("acme", TRIAL)
                        : Rejected.permanent(new KeyUnknown(), ""));
        keys.resolve(null);
        keys.resolve("bad");
        keys.resolve("revoked");
        keys.find(KeyDigest.of("bad"));

        assertThat(keys.resolve("good")).isEqualTo(Caller.of("acme", TRIAL));
        assertThat(count("ratelimit.keys.refused", "cause", "key-unknown")).isEqualTo(3);
        assertThat(count("ratelimit.keys.refused", "cause", "key-revoked")).isEqualTo(1);
    }

    @Test
    void aCountedDirectoryKnowsTheTiersThatTheOtherKnows() {
        KeyDirectory keys = new KeyDirectory() {
            @Override
            public Resolution find(KeyDigest digest) {
                return Caller.of("acme", TRIAL);
            }

            @Override
            public List<Tier> tiersOf(String organization) {
                return organization.equals("acme") ? List.of(TRIAL) : List.of();
            }
        };

        assertThat(metrics.counting(keys).tiersOf("acme")).containsExactly(TRIAL);
    }
}
