package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.apikeys.InMemoryKeyDirectory;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.apikeys.KeyKind;
import dev.ratelimit.tiers.FaqEdition;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The samples of API keys do what they say. */
class KeySamplesTest {

    private final RateLimiter limiter =
            InMemoryRateLimiter.builder().tier(FaqEdition.trial()).build();

    /** What a web framework brings. */
    record Response(int status, String text) {}

    private static final Response OK = new Response(200, "");

    private Response chat(KeyDirectory keys, @Nullable String key) {
        // sample: dev/ratelimit/Resolution.java
        if (limiter.tryAcquire(keys.resolve(key), "chat") instanceof Rejected no) {
            return new Response(no.suggestedStatus(), no.message()); // 401, 402 or 429
        }
        // end of sample
        return OK;
    }

    private Response chatByANewKey() {
        // sample: dev/ratelimit/apikeys/package-info.java
        InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
                .trial(FaqEdition.trial())
                .production(FaqEdition.production())
                .build();

        String key = KeyDirectory.newKey("trial_"); // to be shown to the customer, once
        keys.register(KeyDigest.of(key), "acme", KeyKind.TRIAL);

        if (limiter.tryAcquire(keys.resolve(key), "chat") instanceof Rejected no) {
            return new Response(no.suggestedStatus(), no.message()); // 401, 402 or 429
        }
        // end of sample
        assertThat(keys.resolve(key)).isEqualTo(Caller.of("acme", FaqEdition.trial()));
        assertThat(chat(keys, null)).isEqualTo(new Response(401, "The API key is missing or unknown"));
        return OK;
    }

    @Test
    void aNewKeyIsAdmittedUntilItsTierRefuses() {
        for (int i = 0; i < 20; i++) {
            assertThat(chatByANewKey()).isEqualTo(OK);
        }
        assertThat(chatByANewKey().status()).isEqualTo(429);
    }

    @Test
    @SuppressWarnings("NullAway") // an organization without a tier is an error, which the resolver may make
    void aKeyIsReviewedApprovedAndRevoked() {
        Map<String, Tier> productionTiers = new HashMap<>();
        productionTiers.put("acme", FaqEdition.productionWithSpendingLimit(new BigDecimal("25.00")));
        String key = KeyDirectory.newKey("prod_");
        Instant tomorrow = Instant.now().plus(1, ChronoUnit.DAYS);
        // sample: dev/ratelimit/apikeys/InMemoryKeyDirectory.java
        InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
                .trial(FaqEdition.trial())
                .production(organization -> productionTiers.get(organization)) // each with a spending limit of its own
                .build();

        KeyDigest digest = KeyDigest.of(key);
        keys.register(digest, "acme", KeyKind.PRODUCTION_UNDER_REVIEW);
        keys.changeKind(digest, KeyKind.PRODUCTION); // approved
        keys.revoke(digest, tomorrow);
        // end of sample
        assertThat(chat(keys, key)).isEqualTo(new Response(401, new KeyRevoked(Optional.of(tomorrow)).message()));
        keys.reinstate(digest);
        assertThat(keys.resolve(key)).isEqualTo(Caller.of("acme", productionTiers.get("acme")));
    }

    @Test
    void aDirectoryOfTheHostsOwnIsGivenDigests() {
        record Row(String organization, Tier tier) {}
        interface Cache {
            @Nullable
            Row find(String digest);
        }
        Map<String, Row> rows = Map.of(KeyDigest.of("secret").hex(), new Row("acme", FaqEdition.trial()));
        Cache cache = rows::get;
        // sample: dev/ratelimit/apikeys/KeyDirectory.java
        KeyDirectory keys = digest -> {
            Row row = cache.find(digest.hex());
            return row == null ? Rejected.permanent(new KeyUnknown(), "") : Caller.of(row.organization(), row.tier());
        };
        // end of sample
        assertThat(keys.resolve("secret")).isEqualTo(Caller.of("acme", FaqEdition.trial()));
        assertThat(chat(keys, "secret")).isEqualTo(OK);
        assertThat(chat(keys, "another").status()).isEqualTo(401);
    }
}
