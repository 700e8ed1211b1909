package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Member;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.QuotaKey;
import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.spi.QuotaStore.Answer;
import dev.ratelimit.spi.QuotaStore.Charge;
import dev.ratelimit.spi.QuotaStore.Count;
import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Owners;
import dev.ratelimit.spi.QuotaStore.Taken;
import dev.ratelimit.spi.QuotaStore.Use;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link QuotaStore} must do, as tests of JUnit 5. A store extends this class, as the one of this test kit
 * does:
 *
 * <pre>{@code
 * class ManualQuotaStoreContractTest extends QuotaStoreContract {
 *
 *     private final ManualQuotaStore first = new ManualQuotaStore(TimeSource.system());
 *
 *     @Override
 *     protected QuotaStore create() {
 *         return first.otherMachine();
 *     }
 * }
 * }</pre>
 *
 * <p>It asks a store that works. What becomes of an exchange that is cut, of a server that is killed, and of rows that
 * somebody else has locked, is for the tests of the store itself.
 */
public abstract class QuotaStoreContract {

    private static final QuotaPeriod MONTH = QuotaPeriod.month(ZoneOffset.UTC);

    private static final Counter ACME = counter("acme");
    private static final Counter OTHER = counter("acme", "embed");

    private final List<QuotaStore> machines = new ArrayList<>();
    private QuotaStore store;

    /** For subclasses, which JUnit creates. */
    protected QuotaStoreContract() {}

    /**
     * Makes the store of a machine. Those that are made for a test share their counts, which are empty before the
     * first is made. The test closes them.
     *
     * @return the store, whose clock shows about what that of this JVM shows
     */
    protected abstract QuotaStore create();

    private QuotaStore newMachine() {
        QuotaStore machine = create();
        machines.add(machine);
        return machine;
    }

    @BeforeEach
    void openFirstMachine() {
        store = newMachine();
    }

    @AfterEach
    void closeMachines() {
        machines.forEach(QuotaStore::close);
    }

    private static Counter counter(String organization) {
        return counter(organization, "chat");
    }

    private static Counter counter(String organization, String endpoint) {
        return counter(organization, endpoint, Optional.empty(), MONTH);
    }

    private static Counter counter(String organization, Member member) {
        return counter(organization, "chat", Optional.of(member), MONTH);
    }

    private static Counter counter(String organization, QuotaPeriod period) {
        return counter(organization, "chat", Optional.empty(), period);
    }

    private static Counter counter(String organization, String endpoint, Optional<Member> member, QuotaPeriod period) {
        QuotaKey key = new QuotaKey(
                organization, "default", member, "calls per month", new Scope.Endpoint(endpoint), Unit.CALLS, period);
        return new Counter(key, period.at(Instant.now()));
    }

    private static LeaseRequest lease(Counter counter, long amount, long units) {
        return new LeaseRequest(UUID.randomUUID(), counter, amount, units, units);
    }

    private static Answer<Taken> take(QuotaStore machine, LeaseRequest... requests) {
        return answer(machine.take(List.of(requests)));
    }

    private static Count count(QuotaStore machine, Counter counter) {
        return answer(machine.counts(List.of(counter))).value().get(0);
    }

    private static long taken(QuotaStore machine, Counter counter) {
        return count(machine, counter).taken();
    }

    private static Instant giveBack(QuotaStore machine, UUID lease, long used) {
        return answer(machine.giveBack(List.of(new Use(lease, used))));
    }

    private static Count charge(QuotaStore machine, UUID id, Counter counter, long units) {
        return answer(machine.charge(List.of(new Charge(id, counter, units))))
                .value()
                .get(0);
    }

    /** Waits for an answer. */
    private static <T> T answer(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | InterruptedException e) {
            throw new AssertionError("no answer of the store", e);
        }
    }

    @Test
    void aLeaseIsAShareOfWhatRemains() {
        LeaseRequest first = lease(ACME, 1_000, 1);
        assertThat(take(store, first).value().units()).containsExactly(250L);
        assertThat(take(store, lease(ACME, 1_000, 1)).value().units()).containsExactly(187L);
        assertThat(count(store, ACME)).isEqualTo(new Count(437, 0, 0));
    }

    @Test
    void aLeaseHasTheUnitsThatAreWantedIfTheyRemain() {
        assertThat(take(store, lease(ACME, 1_000, 900)).value().units()).containsExactly(900L);
        LeaseRequest more = new LeaseRequest(UUID.randomUUID(), ACME, 1_000, 1, 900);
        assertThat(take(store, more).value())
                .isEqualTo(new Taken(true, List.of(100L), List.of(new Count(1_000, 0, 0))));
    }

    @Test
    void whatDoesNotFitIsNotTaken() {
        take(store, lease(ACME, 10, 8));
        assertThat(take(store, lease(ACME, 10, 3)).value())
                .isEqualTo(new Taken(false, List.of(0L), List.of(new Count(8, 0, 0))));
        assertThat(taken(store, ACME)).isEqualTo(8);
    }

    @Test
    void leasesOfSeveralCountersAreAllTakenOrNone() {
        take(store, lease(OTHER, 10, 10));
        assertThat(take(store, lease(ACME, 100, 5), lease(OTHER, 10, 1)).value())
                .isEqualTo(new Taken(false, List.of(0L, 0L), List.of(new Count(0, 0, 0), new Count(10, 0, 0))));
        assertThat(taken(store, ACME)).isZero();

        assertThat(take(store, lease(OTHER, 20, 1), lease(ACME, 100, 50)).value())
                .isEqualTo(new Taken(true, List.of(2L, 50L), List.of(new Count(12, 0, 0), new Count(50, 0, 0))));
    }

    @Test
    void aLeaseOfNothingFitsUnlessMoreIsTakenThanTheAmount() {
        take(store, lease(ACME, 10, 10));
        assertThat(take(store, lease(ACME, 10, 0)).value())
                .isEqualTo(new Taken(true, List.of(0L), List.of(new Count(10, 0, 0))));
        charge(store, UUID.randomUUID(), ACME, 1);
        assertThat(take(store, lease(ACME, 10, 0)).value())
                .isEqualTo(new Taken(false, List.of(0L), List.of(new Count(11, 0, 0))));
    }

    @Test
    void aRepetitionTakesNothingMore() {
        LeaseRequest[] request = {lease(ACME, 100, 30), lease(OTHER, 1_000, 1)};
        Taken first = take(store, request).value();
        take(store, lease(ACME, 100, 30));
        Taken again = take(store, request).value();
        assertThat(again.fits()).isTrue();
        assertThat(again.units()).isEqualTo(first.units()).containsExactly(30L, 250L);
        assertThat(again.counts()).containsExactly(new Count(60, 0, 0), new Count(250, 0, 0));
    }

    @Test
    void aRefusedRequestIsDecidedAnew() {
        LeaseRequest request = lease(ACME, 10, 8);
        LeaseRequest former = lease(ACME, 10, 5);
        take(store, former);
        assertThat(take(store, request).value().fits()).isFalse();
        giveBack(store, former.id(), 0);
        assertThat(take(store, request).value()).isEqualTo(new Taken(true, List.of(8L), List.of(new Count(8, 0, 0))));
    }

    @Test
    void whatIsUnusedOfALeaseComesBackOnce() {
        LeaseRequest request = lease(ACME, 100, 40);
        take(store, request);
        giveBack(store, request.id(), 15);
        assertThat(taken(store, ACME)).isEqualTo(15);
        giveBack(store, request.id(), 15);
        giveBack(store, request.id(), 0);
        assertThat(taken(store, ACME)).isEqualTo(15);
    }

    @Test
    void manyLeasesAreGivenBackTogetherAndThoseThatAreNotThereArePassedOver() {
        List<Use> uses = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            LeaseRequest request = lease(i % 2 == 0 ? ACME : OTHER, 100, 10);
            take(store, request);
            uses.add(new Use(request.id(), i));
            uses.add(new Use(UUID.randomUUID(), 1));
        }
        assertThat(takenOf(ACME, OTHER)).allMatch(taken -> taken >= 20);
        answer(store.giveBack(uses));
        assertThat(taken(store, ACME)).isEqualTo(0 + 2 + 4);
        assertThat(taken(store, OTHER)).isEqualTo(1 + 3);
    }

    @Test
    void aReportTellsWhichLeasesTheStoreDoesNotHave() {
        LeaseRequest held = lease(ACME, 100, 10);
        LeaseRequest ended = lease(ACME, 100, 10);
        take(store, held);
        take(store, ended);
        giveBack(store, ended.id(), 0);
        UUID unknown = UUID.randomUUID();
        List<Use> uses = List.of(new Use(held.id(), 3), new Use(ended.id(), 3), new Use(unknown, 0));
        assertThat(answer(store.report(uses)).value()).containsExactlyInAnyOrder(ended.id(), unknown);
        assertThat(answer(store.report(uses)).value()).containsExactlyInAnyOrder(ended.id(), unknown);
    }

    @Test
    void anotherMachineSeesWhatIsUnusedHere() {
        LeaseRequest held = lease(ACME, 100, 40);
        take(store, held);
        QuotaStore another = newMachine();
        take(another, lease(ACME, 100, 5));
        assertThat(count(another, ACME)).isEqualTo(new Count(47, 0, 40));
        answer(store.report(List.of(new Use(held.id(), 30))));
        assertThat(count(another, ACME)).isEqualTo(new Count(47, 0, 10));
        answer(store.report(List.of(new Use(held.id(), 20))));
        assertThat(count(another, ACME)).isEqualTo(new Count(47, 0, 20));
        assertThat(count(store, ACME)).isEqualTo(new Count(47, 0, 7));
        assertThat(answer(another.report(List.of(new Use(held.id(), 1)))).value())
                .containsExactly(held.id());
    }

    @Test
    void aChargeIsMadeOnceWhetherItFitsOrNot() {
        UUID id = UUID.randomUUID();
        assertThat(charge(store, id, ACME, 1_000)).isEqualTo(new Count(1_000, 0, 0));
        assertThat(charge(store, id, ACME, 1_000)).isEqualTo(new Count(1_000, 0, 0));
        assertThat(charge(store, UUID.randomUUID(), ACME, -400)).isEqualTo(new Count(600, 0, 0));
        assertThat(taken(store, ACME)).isEqualTo(600);
    }

    @Test
    void aChargeThatGivesBackDoesNothingWhereThereIsNoCounter() {
        UUID id = UUID.randomUUID();
        assertThat(charge(store, id, ACME, -5)).isEqualTo(new Count(0, 0, 0));
        assertThat(charge(store, UUID.randomUUID(), ACME, 8)).isEqualTo(new Count(8, 0, 0));
    }

    @Test
    void chargesOfOneCounterAreMadeOneAfterTheOther() {
        long most = 1L << 61;
        charge(store, UUID.randomUUID(), ACME, 3);
        List<Charge> charges = List.of(
                new Charge(UUID.randomUUID(), ACME, -10),
                new Charge(UUID.randomUUID(), OTHER, most),
                new Charge(UUID.randomUUID(), ACME, 5),
                new Charge(UUID.randomUUID(), OTHER, most),
                new Charge(UUID.randomUUID(), OTHER, -1));
        answer(store.charge(charges));
        assertThat(taken(store, ACME)).isEqualTo(5);
        assertThat(taken(store, OTHER)).isEqualTo(most - 1);
        answer(store.charge(charges));
        assertThat(taken(store, ACME)).isEqualTo(5);
        assertThat(taken(store, OTHER)).isEqualTo(most - 1);
    }

    @Test
    void aGrantIsMadeOnceAndRaisesWhatMayBeTaken() {
        take(store, lease(ACME, 10, 10));
        UUID id = UUID.randomUUID();
        assertThat(answer(store.grant(id, ACME, 5)).value()).isEqualTo(new Count(10, 5, 0));
        assertThat(answer(store.grant(id, ACME, 5)).value()).isEqualTo(new Count(10, 5, 0));
        assertThat(take(store, lease(ACME, 10, 6)).value().fits()).isFalse();
        assertThat(take(store, lease(ACME, 10, 5)).value().counts()).containsExactly(new Count(15, 5, 0));
    }

    @Test
    void whatIsGrantedStaysBetweenZeroAndItsBound() {
        long most = 1L << 53;
        assertThat(answer(store.grant(UUID.randomUUID(), ACME, -1)).value().granted())
                .isZero();
        assertThat(answer(store.grant(UUID.randomUUID(), ACME, most)).value().granted())
                .isEqualTo(most);
        assertThat(answer(store.grant(UUID.randomUUID(), ACME, 7)).value().granted())
                .isEqualTo(most);
        assertThat(answer(store.grant(UUID.randomUUID(), ACME, -most)).value().granted())
                .isZero();
    }

    @Test
    void aResetLeavesWhatLeasesHoldUnused() {
        LeaseRequest held = lease(ACME, 100, 40);
        take(store, held);
        charge(store, UUID.randomUUID(), ACME, 30);
        answer(store.grant(UUID.randomUUID(), ACME, 9));
        answer(store.report(List.of(new Use(held.id(), 25))));
        answer(store.reset(new Owners("acme", Optional.empty())));
        assertThat(count(store, ACME)).isEqualTo(new Count(15, 9, 0));
        giveBack(store, held.id(), 27);
        assertThat(taken(store, ACME)).isEqualTo(2);
    }

    @Test
    void aResetIsOfTheOwnersAndTheirPeriodsThatAreNotOver() {
        Member user = new Member("user", "u7");
        Counter ofUser = counter("acme", user);
        Counter ofAnother = counter("acme", new Member("user", "U7"));
        Counter ofOthers = counter("Acme");
        Counter past = past(ACME);
        for (Counter counter : List.of(ACME, ofUser, ofAnother, ofOthers, past)) {
            charge(store, UUID.randomUUID(), counter, 5);
        }
        answer(store.reset(new Owners("acme", Optional.of(Set.of(user)))));
        assertThat(takenOf(ACME, ofUser, ofAnother, ofOthers, past)).containsExactly(0L, 0L, 5L, 5L, 5L);
        answer(store.reset(new Owners("acme", Optional.empty())));
        assertThat(takenOf(ACME, ofUser, ofAnother, ofOthers, past)).containsExactly(0L, 0L, 0L, 5L, 5L);
    }

    private List<Long> takenOf(Counter... counters) {
        return answer(store.counts(List.of(counters))).value().stream()
                .map(Count::taken)
                .toList();
    }

    private static Counter past(Counter counter) {
        QuotaPeriod.Interval now = counter.bounds();
        Instant before = now.start().minusNanos(1);
        return new Counter(counter.key(), counter.key().period().at(before));
    }

    @Test
    void forgettingTakesGrantsBackToo() {
        LeaseRequest held = lease(OTHER, 100, 40);
        take(store, held);
        charge(store, UUID.randomUUID(), ACME, 30);
        answer(store.grant(UUID.randomUUID(), ACME, 9));
        answer(store.grant(UUID.randomUUID(), OTHER, 9));
        answer(store.forget(new Owners("acme", Optional.empty())));
        assertThat(count(store, ACME)).isEqualTo(new Count(0, 0, 0));
        assertThat(count(store, OTHER)).isEqualTo(new Count(40, 0, 0));
        assertThat(charge(store, UUID.randomUUID(), ACME, -5))
                .as("it is deleted")
                .isEqualTo(new Count(0, 0, 0));
    }

    @Test
    void countersAreKeptApartByAllOfTheirNames() {
        List<String> names = List.of(
                "acme",
                "Acme",
                "acme ",
                "äcme",
                "a\u0308cme",
                "a\0cme",
                "a\uD800cme",
                "a?cme",
                "a\uD83D\uDE00cme",
                "x".repeat(10_000),
                "x".repeat(10_001),
                "'; drop table ratelimit_quota; --");
        List<Counter> counters = new ArrayList<>();
        names.forEach(name -> counters.add(counter(name)));
        counters.add(counter("acm", "echat"));
        counters.add(counter("acme", new Member("user", "u7")));
        counters.add(counter("acme", new Member("user", "U7")));
        counters.add(counter("acme", QuotaPeriod.lifetime()));
        counters.add(counter("acme", QuotaPeriod.every(Duration.ofDays(30))));
        counters.add(past(ACME));
        for (int i = 0; i < counters.size(); i++) {
            charge(store, UUID.randomUUID(), counters.get(i), i + 1);
        }
        assertThat(takenOf(counters.toArray(Counter[]::new)))
                .isEqualTo(IntStream.rangeClosed(1, counters.size())
                        .mapToObj(i -> (long) i)
                        .toList());
        answer(store.forget(new Owners("a\uD800cme", Optional.empty())));
        assertThat(taken(store, counters.get(6))).isZero();
        assertThat(taken(store, counters.get(7))).isEqualTo(8);
    }

    @Test
    void allThatMayBeAskedTogetherIsAnswered() {
        List<LeaseRequest> leases = new ArrayList<>();
        for (int i = 0; i < QuotaStore.MOST_REQUESTS; i++) {
            leases.add(lease(counter("organization-" + i), 10, 2));
        }
        assertThat(answer(store.take(leases)).value().units())
                .hasSize(QuotaStore.MOST_REQUESTS)
                .containsOnly(2L);
        List<Counter> counters = leases.stream().map(LeaseRequest::counter).toList();
        assertThat(answer(store.counts(counters)).value())
                .hasSize(QuotaStore.MOST_REQUESTS)
                .containsOnly(new Count(2, 0, 0));
        List<Use> uses = leases.stream().map(lease -> new Use(lease.id(), 1)).toList();
        assertThat(answer(store.report(uses)).value()).isEmpty();
        answer(store.giveBack(uses));
        assertThat(answer(store.counts(counters)).value()).containsOnly(new Count(1, 0, 0));
    }

    @Test
    void answersSayWhatTheClockOfTheStoreShows() {
        Instant before = Instant.now().minusSeconds(1);
        LeaseRequest request = lease(ACME, 10, 1);
        List<Instant> told = List.of(
                take(store, request).now(),
                take(store, request).now(),
                answer(store.report(List.of(new Use(request.id(), 0)))).now(),
                answer(store.charge(List.of(new Charge(UUID.randomUUID(), ACME, 1))))
                        .now(),
                answer(store.counts(List.of(ACME))).now(),
                answer(store.grant(UUID.randomUUID(), ACME, 1)).now(),
                giveBack(store, request.id(), 0),
                answer(store.reset(new Owners("acme", Optional.empty()))));
        assertThat(told)
                .allMatch(time ->
                        time.isAfter(before) && time.isBefore(Instant.now().plusSeconds(1)));
    }

    @Test
    void threadsThatTakeInAnyOrderTakeTheAmountAndNoMore() {
        QuotaStore another = newMachine();
        List<CompletionStage<Answer<Taken>>> stages = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            LeaseRequest one = new LeaseRequest(UUID.randomUUID(), ACME, 60, 1, 1);
            LeaseRequest two = new LeaseRequest(UUID.randomUUID(), OTHER, 45, 1, 1);
            stages.add((i % 2 == 0 ? store : another).take(i % 3 == 0 ? List.of(two, one) : List.of(one, two)));
        }
        long given = 0;
        for (CompletionStage<Answer<Taken>> stage : stages) {
            given += answer(stage).value().units().stream()
                    .mapToLong(units -> units)
                    .sum();
        }
        List<Long> taken = takenOf(ACME, OTHER);
        assertThat(taken.get(0) + taken.get(1)).isEqualTo(given);
        assertThat(taken.get(0)).isBetween(45L, 60L);
        assertThat(taken.get(1)).as("where they were refused").isEqualTo(45);
    }
}
