package dev.ratelimit.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.Member;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.QuotaStore.Answer;
import dev.ratelimit.spi.QuotaStore.Charge;
import dev.ratelimit.spi.QuotaStore.Count;
import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Owners;
import dev.ratelimit.spi.QuotaStore.Taken;
import dev.ratelimit.spi.QuotaStore.Use;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

class QuotaStoreTest {

    private static final QuotaKey KEY =
            new QuotaKey("acme", "a", Optional.empty(), "t", new Scope.Group("g"), Unit.CALLS, QuotaPeriod.lifetime());
    private static final Counter COUNTER =
            new Counter(KEY, QuotaPeriod.lifetime().at(Instant.EPOCH));

    @Test
    void whatIsPassedIsCopied() {
        List<Long> units = new ArrayList<>(List.of(1L));
        List<Count> counts = new ArrayList<>(List.of(new Count(1, 2, 3)));
        Taken taken = new Taken(true, units, counts);
        Set<Member> members = new HashSet<>(Set.of(new Member("user", "u7")));
        Owners owners = new Owners("acme", Optional.of(members));
        units.clear();
        counts.clear();
        members.clear();

        assertThat(taken.units()).containsExactly(1L);
        assertThat(taken.counts()).containsExactly(new Count(1, 2, 3));
        assertThat(owners.members().orElseThrow()).containsExactly(new Member("user", "u7"));
    }

    @Test
    @NullUnmarked
    void nullIsAnError() {
        UUID id = UUID.randomUUID();
        assertThatNullPointerException()
                .isThrownBy(() -> new Counter(KEY, null))
                .withMessage("bounds");
        assertThatNullPointerException()
                .isThrownBy(() -> new LeaseRequest(id, null, 1, 1, 1))
                .withMessage("counter");
        assertThatNullPointerException().isThrownBy(() -> new Use(null, 1)).withMessage("lease");
        assertThatNullPointerException()
                .isThrownBy(() -> new Charge(null, COUNTER, 1))
                .withMessage("id");
        assertThatNullPointerException().isThrownBy(() -> new Answer<>(1, null)).withMessage("now");
        assertThatNullPointerException()
                .isThrownBy(() -> new Owners(null, Optional.empty()))
                .withMessage("organization");
    }

    @Test
    void aStoreThatIsAwaySaysWhy() {
        IllegalStateException cause = new IllegalStateException("cut");
        assertThat(new StoreUnavailableException("away", cause))
                .hasMessage("away")
                .hasCause(cause);
        assertThat(new StoreUnavailableException("away")).hasMessage("away").hasNoCause();
    }
}
