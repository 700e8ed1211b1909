package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class NameCacheTest {

    private final NameCache names = new NameCache();

    @Property
    void aNameIsWhatTheCharactersSay(@ForAll String name) {
        char[] chars = ("<" + name + ">").toCharArray();

        assertThat(names.get(chars, 1, name.length())).isEqualTo(name);
    }

    @Test
    void aNameMetAgainIsTheSameObject() {
        assertThat(names.get("acme, acme".toCharArray(), 0, 4)).isSameAs(names.get("acme, acme".toCharArray(), 6, 4));
    }

    @Test
    void namesThatShareASlotAreNotConfused() {
        char[] equalHashes = "AaBB".toCharArray();

        assertThat(names.get(equalHashes, 0, 2)).isEqualTo("Aa");
        assertThat(names.get(equalHashes, 2, 2)).isEqualTo("BB");
        assertThat(names.get(equalHashes, 0, 2)).isEqualTo("Aa");
    }
}
