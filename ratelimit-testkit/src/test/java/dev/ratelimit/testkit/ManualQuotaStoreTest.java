package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Member;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.QuotaKey;
import dev.ratelimit.spi.QuotaStore.Charge;
import dev.ratelimit.spi.QuotaStore.Count;
import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Owners;
import dev.ratelimit.spi.QuotaStore.Taken;
import dev.ratelimit.spi.QuotaStore.Use;
import dev.ratelimit.spi.StoreUnavailableException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class ManualQuotaStoreTest {

    private static final QuotaPeriod MONTH = QuotaPeriod.month(ZoneOffset.UTC);

    private final ManualTime time = new ManualTime();
    private final ManualQuotaStore store = new ManualQuotaStore(time);
    private final Counter chat = counter("chat", Optional.empty());
    private final Counter embed = counter("embed", Optional.empty());

    private Counter counter(String endpoint, Optional<Member> member) {
        QuotaKey key = new QuotaKey("acme", "a", member, "t", new Scope.Endpoint(endpoint), Unit.CALLS, MONTH);
        return new Counter(key, MONTH.at(time.instant()));
    }

    private static LeaseRequest request(Counter counter, long amount, long least, long wanted) {
        return new LeaseRequest(UUID.randomUUID(), counter, amount, least, wanted);
    }

    private static <T> T answer(CompletionStage<T> stage) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        assertThat(future).isDone();
        return future.join();
    }

    private Taken take(ManualQuotaStore machine, LeaseRequest... requests) {
        return answer(machine.take(List.of(requests))).value();
    }

    private Count count(Counter counter) {
        return answer(store.counts(List.of(counter))).value().get(0);
    }

    @Test
    void aLeaseIsAShareOfWhatRemainsForFourTimesTheMachines() {
        assertThat(take(store, request(chat, 100, 1, 1)).units()).containsExactly(25L);
        ManualQuotaStore other = store.otherMachine();
        assertThat(take(other, request(chat, 100, 1, 1)).units()).containsExactly(9L);
        time.advance(Duration.ofSeconds(61));
        assertThat(take(other, request(chat, 100, 1, 1)).units()).containsExactly(16L);
        assertThat(take(other, request(chat, 100, 40, 40)).units()).containsExactly(40L);
        assertThat(take(other, request(chat, 100, 1, 40)).units()).containsExactly(10L);
        assertThat(take(other, request(chat, 100, 1, 1)).fits()).isFalse();
        assertThat(take(other, request(chat, 100, 0, 0)).units()).containsExactly(0L);
        assertThat(take(other, request(chat, 99, 0, 0)).fits()).isFalse();
    }

    @Test
    void severalLeasesAreTakenAllOrNone() {
        Taken refused = take(store, request(chat, 100, 1, 1), request(embed, 0, 1, 1));
        Count nothing = new Count(0, 0, 0);
        assertThat(refused).isEqualTo(new Taken(false, List.of(0L, 0L), List.of(nothing, nothing)));
        assertThat(take(store, request(chat, 8, 1, 1), request(embed, 8, 1, 1)).units())
                .containsExactly(2L, 2L);
        assertThat(store.leases()).isEqualTo(2);
    }

    @Test
    void whateverIsAskedTwiceIsDoneOnce() {
        store.repeats();
        LeaseRequest lease = request(chat, 100, 1, 1);
        assertThat(take(store, lease)).isEqualTo(take(store, lease));
        assertThat(count(chat).taken()).isEqualTo(25);
        Charge charge = new Charge(UUID.randomUUID(), chat, 5);
        assertThat(answer(store.charge(List.of(charge))).value()).containsExactly(new Count(30, 0, 0));
        assertThat(answer(store.grant(UUID.randomUUID(), chat, 7)).value()).isEqualTo(new Count(30, 7, 0));
        assertThat(answer(store.giveBack(List.of(new Use(lease.id(), 10))))).isEqualTo(time.instant());
        assertThat(store.sum(chat.key())).isEqualTo(new Count(15, 7, 0));
        assertThat(store.keys()).containsExactly(chat.key());
    }

    @Test
    void aReportTellsWhichLeasesAreGoneAndOthersSeeWhatIsUnused() {
        LeaseRequest lease = request(chat, 100, 1, 1);
        take(store, lease);
        UUID unknown = UUID.randomUUID();
        assertThat(answer(store.report(List.of(new Use(lease.id(), 5), new Use(unknown, 1))))
                        .value())
                .containsExactly(unknown);
        assertThat(count(chat).unusedElsewhere()).isZero();
        ManualQuotaStore other = store.otherMachine();
        assertThat(answer(other.counts(List.of(chat))).value()).containsExactly(new Count(25, 0, 20));
        time.advance(Duration.ofSeconds(61));
        assertThat(answer(other.counts(List.of(chat))).value()).containsExactly(new Count(25, 0, 0));
    }

    @Test
    void aResetLeavesWhatLeasesHoldAndForgetsTheRest() {
        Counter member = counter("chat", Optional.of(new Member("user", "u7")));
        LeaseRequest lease = request(chat, 100, 1, 1);
        take(store, lease);
        answer(store.report(List.of(new Use(lease.id(), 5))));
        answer(store.charge(List.of(
                new Charge(UUID.randomUUID(), chat, 10),
                new Charge(UUID.randomUUID(), member, 3),
                new Charge(UUID.randomUUID(), embed, 4))));
        answer(store.grant(UUID.randomUUID(), chat, 7));
        answer(store.reset(new Owners("acme", Optional.of(Set.of()))));
        assertThat(count(chat)).isEqualTo(new Count(20, 7, 0));
        assertThat(count(member).taken()).isEqualTo(3);
        answer(store.giveBack(List.of(new Use(lease.id(), 5))));
        assertThat(count(chat).taken()).isZero();
        answer(store.forget(new Owners("acme", Optional.empty())));
        assertThat(store.keys()).isEmpty();
    }

    @Test
    void faultsLastUntilTheyEnd() {
        LeaseRequest lease = request(chat, 100, 1, 1);
        store.away();
        assertThat(store.take(List.of(lease)).toCompletableFuture())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StoreUnavailableException.class);
        assertThat(store.leases()).isZero();
        store.losesAnswers();
        assertThat(store.take(List.of(lease)).toCompletableFuture()).isCompletedExceptionally();
        assertThat(store.leases()).isEqualTo(1);
        store.holds();
        CompletableFuture<?> held = store.take(List.of(lease)).toCompletableFuture();
        assertThat(held).isNotDone();
        store.works();
        assertThat(held).isCompleted();
        assertThat(store.requests()).isEqualTo(3);
        store.close();
        assertThat(store.take(List.of(lease)).toCompletableFuture()).isCompletedExceptionally();
    }
}
