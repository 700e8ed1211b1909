package dev.ratelimit.apikeys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.Caller;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every directory does, whatever it keeps its keys in. */
class KeyDirectoryTest {

    private static final Caller CALLER = Caller.of("acme", Tier.named("trial").build());

    private final List<KeyDigest> lookedUp = new ArrayList<>();
    private final KeyDirectory ofAHost = digest -> {
        lookedUp.add(digest);
        return CALLER;
    };

    @Test
    void aHostsOwnDirectoryIsGivenTheDigestOfTheKey() {
        assertThat(ofAHost.resolve("prod_secret")).isSameAs(CALLER);
        assertThat(lookedUp).containsExactly(KeyDigest.of("prod_secret"));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "  "})
    @SuppressWarnings("NullAway") // JUnit gives the null
    void aCallWithoutAKeyIsUnknownAndLookedUpNowhere(String missing) {
        assertThat(ofAHost.resolve(missing)).isEqualTo(Rejected.permanent(new KeyUnknown(), ""));
        assertThat(lookedUp).isEmpty();
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller may get wrong
    void aDirectoryThatDoesNotSayItKnowsNoTierOfAnOrganization() {
        assertThat(ofAHost.tiersOf("acme")).isEmpty();
        assertThatNullPointerException().isThrownBy(() -> ofAHost.tiersOf(null)).withMessage("organization");
    }

    @Test
    void aNewKeyIsItsPrefixAnd256RandomBitsInCharactersThatAHeaderTakes() {
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            String key = KeyDirectory.newKey("prod_");
            assertThat(key).matches("prod_[A-Za-z0-9_-]{43}");
            // Either half would repeat only if few of its bits were random.
            keys.addAll(List.of(key.substring(5, 26), key.substring(26)));
        }
        assertThat(keys).hasSize(2_000);
        assertThat(KeyDirectory.newKey("")).hasSize(43);
    }

    @ParameterizedTest
    @ValueSource(strings = {"prod key", "prod:", "pröd", "\n"})
    void aPrefixThatAHeaderMightNotTakeIsRefused(String prefix) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyDirectory.newKey(prefix))
                .withMessage(
                        "prefix must be of letters, digits, - and _: prefix=\"" + prefix.replace('\n', '\uFFFD') + '"');
    }
}
