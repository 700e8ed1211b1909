package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StateHintsTest {

    /** Names of one hash code. */
    private static final List<String> ALIKE = Stream.of("Aa", "BB")
            .flatMap(a -> Stream.of("Aa", "BB").map(b -> a + b))
            .flatMap(a -> Stream.of("Aa", "BB").map(b -> a + b))
            .toList();

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("calls").each(RateLimit.perMinute(1), "chat"))
            .build();

    private final ManualTime time = new ManualTime();
    private final OrganizationStore store = new OrganizationStore(
            new Clocks(time),
            new Listeners(List.of(), new ThrottledLog(time, "limits")),
            1,
            Long.MAX_VALUE,
            CapacityPolicy.REFUSE);
    private final StateHints hints = new StateHints();

    private boolean isAdmitted(String name) {
        return store.tryAcquire(name, TIER, "chat", Usage.call()).isAdmitted();
    }

    @Test
    void aStateIsFoundByAnEqualName() {
        OrganizationState acme = store.unseen("acme");
        assertThat(hints.find("acme")).isNull();
        hints.add(acme, 1);
        assertThat(hints.find(new String("acme"))).isSameAs(acme);
        assertThat(hints.find("other")).isNull();
    }

    @Test
    void namesThatCollideTakeFourPlaces() {
        List<OrganizationState> states = ALIKE.stream().map(store::unseen).toList();
        states.forEach(state -> hints.add(state, 1));
        assertThat(ALIKE.stream().map(hints::find))
                .containsExactly(states.get(0), states.get(1), states.get(2), states.get(3), null, null, null, null);
        states.get(1).end();
        hints.remove(states.get(1));
        assertThat(hints.find(ALIKE.get(1))).isNull();
        assertThat(hints.find(ALIKE.get(2))).isSameAs(states.get(2));
        hints.add(states.get(7), 1);
        assertThat(hints.find(ALIKE.get(7))).isSameAs(states.get(7));
    }

    @Test
    void namesThatCollideAreLimitedEachByItself() {
        ALIKE.forEach(name -> assertThat(isAdmitted(name)).isTrue());
        ALIKE.forEach(name -> assertThat(isAdmitted(name)).isFalse());
    }

    @Test
    void aStateThatHasEndedIsNotPutHere() {
        OrganizationState acme = store.unseen("acme");
        acme.end();
        hints.add(acme, 1);
        assertThat(hints.find("acme")).isNull();
    }

    @Test
    void nearlyAllOfManyStatesAreFoundByTheirSecondCall() {
        List<OrganizationState> states = IntStream.range(0, 10_000)
                .mapToObj(i -> store.unseen("organization-" + i))
                .toList();
        for (int i = 0; i < states.size(); i++) {
            hints.add(states.get(i), i + 1);
        }
        states.stream().filter(state -> hints.find(state.name) == null).forEach(state -> hints.add(state, 10_000));
        assertThat(states.stream().filter(state -> hints.find(state.name) == state))
                .hasSizeGreaterThan(9_900);
    }

    @Test
    void aStateThatWasDroppedOrReplacedDecidesNoMore() {
        assertThat(isAdmitted("acme")).isTrue();
        time.advance(Duration.ofMinutes(2));
        store.sweepAll();
        assertThat(store.find("acme")).isNull();
        assertThat(isAdmitted("acme")).isTrue();
        assertThat(isAdmitted("acme")).isFalse();
        OrganizationState known = store.require("acme");
        assertThat(store.replace(known, known.unused())).isTrue();
        assertThat(isAdmitted("acme")).isTrue();
        assertThat(isAdmitted("acme")).isFalse();
        assertThat(store.forget("acme")).isTrue();
        assertThat(isAdmitted("acme")).isTrue();
    }
}
