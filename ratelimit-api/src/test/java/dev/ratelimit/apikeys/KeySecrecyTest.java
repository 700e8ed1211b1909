package dev.ratelimit.apikeys;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.ratelimit.KeyRevoked;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.tiers.FaqEdition;
import java.lang.reflect.Field;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A key is in no text and in no object. */
class KeySecrecyTest {

    private final String key = KeyDirectory.newKey("");
    private final KeyDigest digest = KeyDigest.of(key);
    private final InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
            .trial(FaqEdition.trial())
            .production(FaqEdition.production())
            .build();

    @Test
    void noTextHoldsAKeyOrAPartOfIt() {
        List<String> texts = new ArrayList<>();
        addTexts(texts, keys.resolve(key));
        keys.register(digest, "acme", KeyKind.PRODUCTION_UNDER_REVIEW);
        addTexts(texts, keys.resolve(key));
        keys.revoke(digest, Instant.MAX);
        addTexts(texts, keys.resolve(key));
        keys.revoke(digest);
        addTexts(texts, keys.resolve(key));
        texts.add(keys.toString());
        texts.add(digest.toString());
        texts.add(digest.hex());
        texts.add(new RegisteredKey(KeyRegistration.of("acme", KeyKind.TRIAL), Optional.empty()).toString());
        addTexts(texts, () -> keys.register(digest, "acme", KeyKind.TRIAL));
        keys.remove(digest);
        addTexts(texts, () -> keys.revoke(digest));
        addTexts(texts, () -> KeyDigest.ofHex(key));
        addTexts(texts, () -> KeyDigest.ofHex(key + key.substring(0, 21)));

        for (int i = 0; i + 8 <= key.length(); i++) {
            assertThat(texts).noneMatch(contains(key.substring(i, i + 8)));
        }
    }

    private static Predicate<String> contains(String part) {
        return text -> text.contains(part);
    }

    private static void addTexts(List<String> texts, Resolution resolution) {
        texts.add(resolution.toString());
        if (resolution instanceof Rejected no) {
            texts.add(no.message());
            texts.add(no.cause().toString());
        }
    }

    private static void addTexts(List<String> texts, ThrowingCallable refused) {
        for (Throwable e = catchThrowable(refused); e != null; e = e.getCause()) {
            texts.add(e.toString());
        }
    }

    @Test
    void aRegisteredKeysTextIsItsKindAndOrganization() {
        Optional<KeyRevoked> revoked = Optional.of(new KeyRevoked(Optional.empty()));
        assertThat(new RegisteredKey(KeyRegistration.of("acme", KeyKind.TRIAL), revoked))
                .hasToString("TRIAL key of acme");
    }

    @Test
    void noObjectHoldsAKey() throws IllegalAccessException {
        keys.register(digest, "acme", KeyKind.PRODUCTION_UNDER_REVIEW);
        Set<Object> reached = Collections.newSetFromMap(new IdentityHashMap<>());
        reach(List.of(keys, digest, keys.resolve(key)), reached);
        assertThat(reached).hasAtLeastOneElementOfType(RegisteredKey.class).contains("acme");
        assertThat(reached).noneMatch(this::isTheKey);
    }

    private boolean isTheKey(Object object) {
        return object.equals(key)
                || (object instanceof byte[] bytes && Arrays.equals(bytes, key.getBytes(UTF_8)))
                || (object instanceof char[] chars && Arrays.equals(chars, key.toCharArray()));
    }

    /** Collects what the fields of our classes lead to, through collections and arrays. */
    private static void reach(@Nullable Object from, Set<Object> reached) throws IllegalAccessException {
        if (from == null || !reached.add(from)) {
            return;
        }
        if (from instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                reach(entry.getKey(), reached);
                reach(entry.getValue(), reached);
            }
        } else if (from instanceof Iterable<?> elements) {
            for (Object element : elements) {
                reach(element, reached);
            }
        } else if (from instanceof Optional<?> optional) {
            reach(optional.orElse(null), reached);
        } else if (from.getClass().getName().startsWith("dev.ratelimit.")) {
            for (Field field : from.getClass().getDeclaredFields()) {
                if (!field.getType().isPrimitive()) {
                    field.setAccessible(true);
                    reach(field.get(from), reached);
                }
            }
        }
    }
}
