package dev.ratelimit.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingCallsTest {

    private final WaitingCalls calls = new WaitingCalls();
    private final List<String> woken = new ArrayList<>();

    private Runnable add(String organization, String name) {
        Runnable wake = () -> woken.add(name);
        calls.add(organization, wake);
        return wake;
    }

    @Test
    void eachEndWakesTheCallThatWaitsLongest() {
        add("acme", "first");
        Runnable second = add("acme", "second");
        add("acme", "third");
        calls.wakeOne("acme");
        assertThat(woken).containsExactly("first");
        assertThat(calls.remove("acme", second)).isTrue();
        calls.wakeOne("acme");
        calls.wakeOne("acme");
        assertThat(woken).containsExactly("first", "third");
    }

    @Test
    void anEndWakesNoCallOfAnotherOrganization() {
        add("acme", "acme's");
        calls.wakeOne("another");
        assertThat(woken).isEmpty();
    }

    @Test
    void aCallThatWasWokenCannotBeTakenOut() {
        Runnable first = add("acme", "first");
        assertThat(calls.remove("another", first)).isFalse();
        calls.wakeOne("acme");
        assertThat(calls.remove("acme", first)).isFalse();
        Runnable second = add("acme", "second");
        assertThat(calls.remove("acme", second)).isTrue();
        assertThat(calls.remove("acme", second)).isFalse();
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsNamed() {
        assertThatNullPointerException()
                .isThrownBy(() -> calls.add(null, () -> {}))
                .withMessage("organization");
        assertThatNullPointerException()
                .isThrownBy(() -> calls.add("acme", null))
                .withMessage("wake");
    }
}
