package dev.ratelimit;

import static dev.ratelimit.Unit.CALLS;
import static dev.ratelimit.Unit.CHARACTERS;
import static dev.ratelimit.Unit.TOKENS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.CharBuffer;
import org.junit.jupiter.api.Test;

class UsageTest {

    @Test
    void everyUsageIsOneCallUnlessItStatesAnotherNumber() {
        assertThat(Usage.call().amountOf(CALLS)).isEqualTo(1);
        assertThat(Usage.of(TOKENS, 5).amountOf(CALLS)).isEqualTo(1);
        assertThat(Usage.of(TOKENS, 5).and(CALLS, 7).amountOf(CALLS)).isEqualTo(7);
        assertThat(Usage.of(CALLS, 0).amountOf(CALLS)).isZero();
    }

    @Test
    void aUnitThatIsNotNamedIsNotUsed() {
        assertThat(Usage.call().amountOf(TOKENS)).isZero();
        assertThat(Usage.call().states(TOKENS)).isFalse();
        assertThat(Usage.of(TOKENS, 0).states(TOKENS)).isTrue();
        assertThat(Usage.of(TOKENS, 1).states(CALLS)).isFalse();
    }

    @Test
    void amountsOfOneUnitAddUp() {
        Usage usage = Usage.of(TOKENS, 3).and(CHARACTERS, 10).and(TOKENS, 4);
        assertThat(usage.amountOf(TOKENS)).isEqualTo(7);
        assertThat(usage.amountOf(CHARACTERS)).isEqualTo(10);
    }

    @Test
    void addingLeavesTheFirstUsageAsItWas() {
        Usage first = Usage.of(TOKENS, 3);
        first.and(TOKENS, 4);
        assertThat(first.amountOf(TOKENS)).isEqualTo(3);
    }

    @Test
    void charactersAreCodePoints() {
        assertThat(Usage.call().andCharacters("na\u00efve \ud83d\ude00").amountOf(CHARACTERS))
                .isEqualTo(7);
        assertThat(Usage.call().andCharacters("\ud83d").amountOf(CHARACTERS)).isEqualTo(1);
        assertThat(Usage.call().andCharacters("").states(CHARACTERS)).isTrue();
    }

    @Test
    void aUsageOfATextIsOneCallAndItsCodePoints() {
        assertThat(Usage.characters("na\u00efve \ud83d\ude00"))
                .isEqualTo(Usage.of(CHARACTERS, 7))
                .isEqualTo(Usage.of(CHARACTERS, 0).andCharacters("na\u00efve \ud83d\ude00"));
        assertThat(Usage.characters("\ude00\ud83d").amountOf(CHARACTERS)).isEqualTo(2);
        assertThat(Usage.characters(CharBuffer.wrap("abc")).amountOf(CALLS)).isEqualTo(1);
        assertThat(Usage.characters("").states(CHARACTERS)).isTrue();
        assertThat(Usage.characters("").states(CALLS)).isFalse();
    }

    @Test
    void usagesAddUpUnitByUnit() {
        Usage prompt = Usage.of(TOKENS, 3).and(CHARACTERS, 10);
        Usage answer = Usage.of(TOKENS, 4).and(Unit.NANO_USD, 50);
        assertThat(prompt.and(answer))
                .isEqualTo(answer.and(prompt))
                .isEqualTo(Usage.of(TOKENS, 7).and(CHARACTERS, 10).and(Unit.NANO_USD, 50));
        assertThat(prompt).isEqualTo(Usage.of(TOKENS, 3).and(CHARACTERS, 10));
        assertThat(prompt.and(prompt)).isEqualTo(Usage.of(TOKENS, 6).and(CHARACTERS, 20));
        assertThat(Usage.of(TOKENS, 3).andCharacters("abc").andCharacters("de"))
                .isEqualTo(Usage.of(TOKENS, 3).and(CHARACTERS, 5));
    }

    @Test
    void callsAddUpWhereTheyAreStatedAndElseStayImplied() {
        assertThat(Usage.of(TOKENS, 3).and(Usage.of(TOKENS, 4)).states(CALLS)).isFalse();
        assertThat(Usage.of(TOKENS, 3).and(Usage.of(CALLS, 5)).amountOf(CALLS)).isEqualTo(5);
        assertThat(Usage.call().and(Usage.call()).amountOf(CALLS)).isEqualTo(2);
        assertThat(Usage.call().and(Usage.of(TOKENS, 1)).amountOf(CALLS)).isEqualTo(1);
    }

    @Test
    void aHostMakesUnitsOfItsOwn() {
        assertThat(Usage.of(new Unit("images"), 2).amountOf(new Unit("images"))).isEqualTo(2);
    }

    @Test
    void usagesAreEqualWhenTheyStateTheSameWhateverTheOrder() {
        Usage one = Usage.of(TOKENS, 1).and(CHARACTERS, 2);
        Usage other = Usage.of(CHARACTERS, 2).and(TOKENS, 1);
        assertThat(one).isEqualTo(other).hasSameHashCodeAs(other).hasToString("2 characters, 1 token");
        assertThat(one).isNotEqualTo(one.and(CALLS, 1)).isNotEqualTo(Usage.call());
    }

    @Test
    void amountsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> Usage.of(TOKENS, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("amount must be >= 0: amount=-1");
        long most = 1L << 53;
        assertThat(Usage.of(TOKENS, most).amountOf(TOKENS)).isEqualTo(most);
        assertThatThrownBy(() -> Usage.of(TOKENS, most + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("amount must be <= 2^53: amount=9007199254740993");
        assertThatThrownBy(() -> Usage.of(TOKENS, most).and(TOKENS, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Usage.of(TOKENS, 1).and(Usage.of(TOKENS, most)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("amount must be <= 2^53: amount=9007199254740993");
        assertThatThrownBy(() -> new Unit(" "))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("name must be not blank: name=\" \"");
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByName() {
        Usage noUsage = null;
        assertThatThrownBy(() -> Usage.characters(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("text");
        assertThatThrownBy(() -> Usage.call().and(noUsage))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("more");
    }

    @Test
    void theUnitsOfAUsageAreThoseThatItStates() {
        assertThat(Usage.of(TOKENS, 0).and(CHARACTERS, 2).units()).containsExactly(CHARACTERS, TOKENS);
        assertThat(Usage.of(TOKENS, 3).and(Unit.CALLS, 2).units()).containsExactly(Unit.CALLS, TOKENS);
        assertThat(Usage.call().units()).containsExactly(Unit.CALLS);
        assertThatThrownBy(() -> Usage.call().units().clear()).isInstanceOf(UnsupportedOperationException.class);
    }
}
