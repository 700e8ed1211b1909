package dev.ratelimit.jdbc;

import static dev.ratelimit.jdbc.Counters.answer;
import static dev.ratelimit.jdbc.Counters.charge;
import static dev.ratelimit.jdbc.Counters.count;
import static dev.ratelimit.jdbc.Counters.failure;
import static dev.ratelimit.jdbc.Counters.giveBack;
import static dev.ratelimit.jdbc.Counters.lease;
import static dev.ratelimit.jdbc.Counters.take;
import static dev.ratelimit.jdbc.Counters.taken;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Member;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.spi.QuotaStore.Answer;
import dev.ratelimit.spi.QuotaStore.Charge;
import dev.ratelimit.spi.QuotaStore.Count;
import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Owners;
import dev.ratelimit.spi.QuotaStore.Taken;
import dev.ratelimit.spi.QuotaStore.Use;
import dev.ratelimit.spi.StoreUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a store does on every database. */
abstract class StoreContract {

    private static final Counter ACME = Counters.of("acme");
    private static final Counter OTHER = Counters.of("acme", "embed");

    private DataSource dataSource;
    private JdbcQuotas quotas;

    /** Returns connections to a database without tables. */
    abstract DataSource newDataSource();

    final JdbcQuotas newQuotas() {
        return JdbcQuotas.builder(dataSource).createTables().build();
    }

    @BeforeEach
    void open() {
        dataSource = newDataSource();
        quotas = newQuotas();
        assertThat(quotas.stats().available()).isTrue();
        assertThat(quotas.stats().failed()).isZero();
    }

    @AfterEach
    void close() {
        quotas.close();
    }

    @Test
    void aLeaseIsAShareOfWhatRemains() {
        LeaseRequest first = lease(ACME, 1_000, 1);
        assertThat(take(quotas, first).value().units()).containsExactly(250L);
        assertThat(take(quotas, lease(ACME, 1_000, 1)).value().units()).containsExactly(187L);
        assertThat(count(quotas, ACME)).isEqualTo(new Count(437, 0, 0));
    }

    @Test
    void theShareIsSmallerWhereThereAreMoreMachines() {
        JdbcQuotas another = newQuotas();
        assertThat(take(quotas, lease(ACME, 1_000, 1)).value().units()).containsExactly(125L);
        another.close();
        assertThat(take(quotas, lease(ACME, 1_000, 1)).value().units()).containsExactly(218L);
    }

    @Test
    void aLeaseHasTheUnitsThatAreWantedIfTheyRemain() {
        assertThat(take(quotas, lease(ACME, 1_000, 900)).value().units()).containsExactly(900L);
        LeaseRequest more = new LeaseRequest(UUID.randomUUID(), ACME, 1_000, 1, 900);
        assertThat(take(quotas, more).value())
                .isEqualTo(new Taken(true, List.of(100L), List.of(new Count(1_000, 0, 0))));
    }

    @Test
    void whatDoesNotFitIsNotTaken() {
        take(quotas, lease(ACME, 10, 8));
        assertThat(take(quotas, lease(ACME, 10, 3)).value())
                .isEqualTo(new Taken(false, List.of(0L), List.of(new Count(8, 0, 0))));
        assertThat(taken(quotas, ACME)).isEqualTo(8);
    }

    @Test
    void leasesOfSeveralCountersAreAllTakenOrNone() {
        take(quotas, lease(OTHER, 10, 10));
        assertThat(take(quotas, lease(ACME, 100, 5), lease(OTHER, 10, 1)).value())
                .isEqualTo(new Taken(false, List.of(0L, 0L), List.of(new Count(0, 0, 0), new Count(10, 0, 0))));
        assertThat(taken(quotas, ACME)).isZero();

        assertThat(take(quotas, lease(OTHER, 20, 1), lease(ACME, 100, 50)).value())
                .isEqualTo(new Taken(true, List.of(2L, 50L), List.of(new Count(12, 0, 0), new Count(50, 0, 0))));
    }

    @Test
    void aLeaseOfNothingFitsUnlessMoreIsTakenThanTheAmount() {
        take(quotas, lease(ACME, 10, 10));
        assertThat(take(quotas, lease(ACME, 10, 0)).value())
                .isEqualTo(new Taken(true, List.of(0L), List.of(new Count(10, 0, 0))));
        charge(quotas, UUID.randomUUID(), ACME, 1);
        assertThat(take(quotas, lease(ACME, 10, 0)).value())
                .isEqualTo(new Taken(false, List.of(0L), List.of(new Count(11, 0, 0))));
    }

    @Test
    void aRepetitionTakesNothingMore() {
        LeaseRequest[] request = {lease(ACME, 100, 30), lease(OTHER, 1_000, 1)};
        Taken first = take(quotas, request).value();
        take(quotas, lease(ACME, 100, 30));
        Taken again = take(quotas, request).value();
        assertThat(again.fits()).isTrue();
        assertThat(again.units()).isEqualTo(first.units()).containsExactly(30L, 250L);
        assertThat(again.counts()).containsExactly(new Count(60, 0, 0), new Count(250, 0, 0));
    }

    @Test
    void aRefusedRequestIsDecidedAnew() {
        LeaseRequest request = lease(ACME, 10, 8);
        LeaseRequest former = lease(ACME, 10, 5);
        take(quotas, former);
        assertThat(take(quotas, request).value().fits()).isFalse();
        giveBack(quotas, former.id(), 0);
        assertThat(take(quotas, request).value()).isEqualTo(new Taken(true, List.of(8L), List.of(new Count(8, 0, 0))));
    }

    @Test
    void whatIsUnusedOfALeaseComesBackOnce() {
        LeaseRequest request = lease(ACME, 100, 40);
        take(quotas, request);
        giveBack(quotas, request.id(), 15);
        assertThat(taken(quotas, ACME)).isEqualTo(15);
        giveBack(quotas, request.id(), 15);
        giveBack(quotas, request.id(), 0);
        assertThat(taken(quotas, ACME)).isEqualTo(15);
    }

    @Test
    void manyLeasesAreGivenBackTogetherAndThoseThatAreNotThereArePassedOver() {
        List<Use> uses = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            LeaseRequest request = lease(i % 2 == 0 ? ACME : OTHER, 100, 10);
            take(quotas, request);
            uses.add(new Use(request.id(), i));
            uses.add(new Use(UUID.randomUUID(), 1));
        }
        assertThat(takenOf(ACME, OTHER)).allMatch(taken -> taken >= 20);
        answer(quotas.giveBack(uses));
        assertThat(taken(quotas, ACME)).isEqualTo(0 + 2 + 4);
        assertThat(taken(quotas, OTHER)).isEqualTo(1 + 3);
    }

    /** Such as one that was in a queue somewhere while the limiter gave up. */
    @Test
    void aRequestThatArrivesAfterTheEndOfItsLeaseTakesNothing() {
        LeaseRequest neverSeen = lease(ACME, 100, 40);
        giveBack(quotas, neverSeen.id(), 0);
        quotas.take(List.of(neverSeen))
                .toCompletableFuture()
                .handle((answer, failure) -> 0)
                .join();
        assertThat(taken(quotas, ACME)).isZero();

        LeaseRequest given = lease(ACME, 100, 40);
        take(quotas, given);
        giveBack(quotas, given.id(), 7);
        quotas.take(List.of(given))
                .toCompletableFuture()
                .handle((answer, failure) -> 0)
                .join();
        assertThat(taken(quotas, ACME)).isEqualTo(7);
    }

    @Test
    void aReportTellsWhichLeasesTheStoreDoesNotHave() {
        LeaseRequest held = lease(ACME, 100, 10);
        LeaseRequest ended = lease(ACME, 100, 10);
        take(quotas, held);
        take(quotas, ended);
        giveBack(quotas, ended.id(), 0);
        UUID unknown = UUID.randomUUID();
        List<Use> uses = List.of(new Use(held.id(), 3), new Use(ended.id(), 3), new Use(unknown, 0));
        assertThat(answer(quotas.report(uses)).value()).containsExactlyInAnyOrder(ended.id(), unknown);
        assertThat(answer(quotas.report(uses)).value()).containsExactlyInAnyOrder(ended.id(), unknown);
    }

    @Test
    void anotherMachineSeesWhatIsUnusedHere() {
        LeaseRequest held = lease(ACME, 100, 40);
        take(quotas, held);
        JdbcQuotas another = newQuotas();
        take(another, lease(ACME, 100, 5));
        assertThat(count(another, ACME)).isEqualTo(new Count(47, 0, 40));
        answer(quotas.report(List.of(new Use(held.id(), 30))));
        assertThat(count(another, ACME)).isEqualTo(new Count(47, 0, 10));
        answer(quotas.report(List.of(new Use(held.id(), 20))));
        assertThat(count(another, ACME)).isEqualTo(new Count(47, 0, 20));
        assertThat(count(quotas, ACME)).isEqualTo(new Count(47, 0, 7));
        assertThat(answer(another.report(List.of(new Use(held.id(), 1)))).value())
                .containsExactly(held.id());
        another.close();
    }

    @Test
    void aChargeIsMadeOnceWhetherItFitsOrNot() {
        UUID id = UUID.randomUUID();
        assertThat(charge(quotas, id, ACME, 1_000)).isEqualTo(new Count(1_000, 0, 0));
        assertThat(charge(quotas, id, ACME, 1_000)).isEqualTo(new Count(1_000, 0, 0));
        assertThat(charge(quotas, UUID.randomUUID(), ACME, -400)).isEqualTo(new Count(600, 0, 0));
        assertThat(taken(quotas, ACME)).isEqualTo(600);
    }

    @Test
    void aChargeThatGivesBackDoesNothingWhereThereIsNoCounter() {
        UUID id = UUID.randomUUID();
        assertThat(charge(quotas, id, ACME, -5)).isEqualTo(new Count(0, 0, 0));
        assertThat(charge(quotas, UUID.randomUUID(), ACME, 8)).isEqualTo(new Count(8, 0, 0));
    }

    @Test
    void chargesOfOneCounterAreMadeOneAfterTheOther() {
        long most = 1L << 61;
        charge(quotas, UUID.randomUUID(), ACME, 3);
        List<Charge> charges = List.of(
                new Charge(UUID.randomUUID(), ACME, -10),
                new Charge(UUID.randomUUID(), OTHER, most),
                new Charge(UUID.randomUUID(), ACME, 5),
                new Charge(UUID.randomUUID(), OTHER, most),
                new Charge(UUID.randomUUID(), OTHER, -1));
        answer(quotas.charge(charges));
        assertThat(taken(quotas, ACME)).isEqualTo(5);
        assertThat(taken(quotas, OTHER)).isEqualTo(most - 1);
        answer(quotas.charge(charges));
        assertThat(taken(quotas, ACME)).isEqualTo(5);
        assertThat(taken(quotas, OTHER)).isEqualTo(most - 1);
    }

    @Test
    void aGrantIsMadeOnceAndRaisesWhatMayBeTaken() {
        take(quotas, lease(ACME, 10, 10));
        UUID id = UUID.randomUUID();
        assertThat(answer(quotas.grant(id, ACME, 5)).value()).isEqualTo(new Count(10, 5, 0));
        assertThat(answer(quotas.grant(id, ACME, 5)).value()).isEqualTo(new Count(10, 5, 0));
        assertThat(take(quotas, lease(ACME, 10, 6)).value().fits()).isFalse();
        assertThat(take(quotas, lease(ACME, 10, 5)).value().counts()).containsExactly(new Count(15, 5, 0));
    }

    @Test
    void whatIsGrantedStaysBetweenZeroAndItsBound() {
        long most = 1L << 53;
        assertThat(answer(quotas.grant(UUID.randomUUID(), ACME, -1)).value().granted())
                .isZero();
        assertThat(answer(quotas.grant(UUID.randomUUID(), ACME, most)).value().granted())
                .isEqualTo(most);
        assertThat(answer(quotas.grant(UUID.randomUUID(), ACME, 7)).value().granted())
                .isEqualTo(most);
        assertThat(answer(quotas.grant(UUID.randomUUID(), ACME, -most)).value().granted())
                .isZero();
    }

    @Test
    void aResetLeavesWhatLeasesHoldUnused() {
        LeaseRequest held = lease(ACME, 100, 40);
        take(quotas, held);
        charge(quotas, UUID.randomUUID(), ACME, 30);
        answer(quotas.grant(UUID.randomUUID(), ACME, 9));
        answer(quotas.report(List.of(new Use(held.id(), 25))));
        answer(quotas.reset(new Owners("acme", Optional.empty())));
        assertThat(count(quotas, ACME)).isEqualTo(new Count(15, 9, 0));
        giveBack(quotas, held.id(), 27);
        assertThat(taken(quotas, ACME)).isEqualTo(2);
    }

    @Test
    void aResetIsOfTheOwnersAndTheirPeriodsThatAreNotOver() {
        Member user = new Member("user", "u7");
        Counter ofUser = Counters.of("acme", user);
        Counter ofAnother = Counters.of("acme", new Member("user", "U7"));
        Counter ofOthers = Counters.of("Acme");
        Counter past = past(ACME);
        for (Counter counter : List.of(ACME, ofUser, ofAnother, ofOthers, past)) {
            charge(quotas, UUID.randomUUID(), counter, 5);
        }
        answer(quotas.reset(new Owners("acme", Optional.of(Set.of(user)))));
        assertThat(takenOf(ACME, ofUser, ofAnother, ofOthers, past)).containsExactly(0L, 0L, 5L, 5L, 5L);
        answer(quotas.reset(new Owners("acme", Optional.empty())));
        assertThat(takenOf(ACME, ofUser, ofAnother, ofOthers, past)).containsExactly(0L, 0L, 0L, 5L, 5L);
    }

    private List<Long> takenOf(Counter... counters) {
        return answer(quotas.counts(List.of(counters))).value().stream()
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
        take(quotas, held);
        charge(quotas, UUID.randomUUID(), ACME, 30);
        answer(quotas.grant(UUID.randomUUID(), ACME, 9));
        answer(quotas.grant(UUID.randomUUID(), OTHER, 9));
        answer(quotas.forget(new Owners("acme", Optional.empty())));
        assertThat(count(quotas, ACME)).isEqualTo(new Count(0, 0, 0));
        assertThat(count(quotas, OTHER)).isEqualTo(new Count(40, 0, 0));
        assertThat(charge(quotas, UUID.randomUUID(), ACME, -5))
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
        names.forEach(name -> counters.add(Counters.of(name)));
        counters.add(Counters.of("acm", "echat"));
        counters.add(Counters.of("acme", new Member("user", "u7")));
        counters.add(Counters.of("acme", new Member("user", "U7")));
        counters.add(Counters.of("acme", QuotaPeriod.lifetime()));
        counters.add(Counters.of("acme", QuotaPeriod.every(Duration.ofDays(30))));
        counters.add(past(ACME));
        for (int i = 0; i < counters.size(); i++) {
            charge(quotas, UUID.randomUUID(), counters.get(i), i + 1);
        }
        assertThat(takenOf(counters.toArray(Counter[]::new)))
                .isEqualTo(IntStream.rangeClosed(1, counters.size())
                        .mapToObj(i -> (long) i)
                        .toList());
        answer(quotas.forget(new Owners("a\uD800cme", Optional.empty())));
        assertThat(taken(quotas, counters.get(6))).isZero();
        assertThat(taken(quotas, counters.get(7))).isEqualTo(8);
    }

    @Test
    void allThatMayBeAskedTogetherIsAnswered() {
        List<LeaseRequest> leases = new ArrayList<>();
        for (int i = 0; i < 256; i++) {
            leases.add(lease(Counters.of("organization-" + i), 10, 2));
        }
        assertThat(answer(quotas.take(leases)).value().units()).hasSize(256).containsOnly(2L);
        List<Counter> counters = leases.stream().map(LeaseRequest::counter).toList();
        assertThat(answer(quotas.counts(counters)).value()).hasSize(256).containsOnly(new Count(2, 0, 0));
        List<Use> uses = leases.stream().map(lease -> new Use(lease.id(), 1)).toList();
        assertThat(answer(quotas.report(uses)).value()).isEmpty();
        answer(quotas.giveBack(uses));
        assertThat(answer(quotas.counts(counters)).value()).containsOnly(new Count(1, 0, 0));
    }

    @Test
    void answersSayWhatTheClockOfTheDatabaseShows() {
        Instant before = Instant.now().minusSeconds(1);
        LeaseRequest request = lease(ACME, 10, 1);
        List<Instant> told = List.of(
                take(quotas, request).now(),
                take(quotas, request).now(),
                answer(quotas.report(List.of(new Use(request.id(), 0)))).now(),
                answer(quotas.charge(List.of(new Charge(UUID.randomUUID(), ACME, 1))))
                        .now(),
                answer(quotas.counts(List.of(ACME))).now(),
                answer(quotas.grant(UUID.randomUUID(), ACME, 1)).now(),
                giveBack(quotas, request.id(), 0),
                answer(quotas.reset(new Owners("acme", Optional.empty()))));
        assertThat(told)
                .allMatch(time ->
                        time.isAfter(before) && time.isBefore(Instant.now().plusSeconds(1)));
    }

    @Test
    void theUnitsOfAMachineThatIsDeadAreReleasedAsItToldLast() {
        LeaseRequest held = lease(ACME, 100, 40);
        take(quotas, held);
        answer(quotas.report(List.of(new Use(held.id(), 30))));
        JdbcQuotas another = newQuotas();
        assertThat(answer(another.releaseMachine(quotas.stats().machine()))).isEqualTo(10);
        assertThat(taken(another, ACME)).isEqualTo(30);
        assertThat(answer(another.releaseMachine(quotas.stats().machine()))).isZero();
        assertThat(answer(another.releaseMachine("nobody"))).isZero();
        assertThat(answer(quotas.report(List.of(new Use(held.id(), 31)))).value())
                .containsExactly(held.id());
        another.close();
    }

    @Test
    void onlyPeriodsThatAreOverAreDeleted() {
        Counter past = past(ACME);
        Counter inAll = Counters.of("acme", QuotaPeriod.lifetime());
        take(quotas, lease(past, 10, 1), lease(ACME, 10, 1), lease(inAll, 10, 1));
        Instant end = past.bounds().end();
        assertThat(answer(quotas.deleteBefore(end.minusSeconds(1)))).isZero();
        assertThat(answer(quotas.deleteBefore(end))).isEqualTo(1);
        assertThat(answer(quotas.deleteBefore(Instant.MAX))).isZero();
        assertThat(takenOf(past, ACME, inAll)).containsExactly(0L, 2L, 2L);
    }

    @Test
    void threadsThatTakeInAnyOrderTakeTheAmountAndNoMore() {
        JdbcQuotas another = newQuotas();
        List<CompletionStage<Answer<Taken>>> stages = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            LeaseRequest one = new LeaseRequest(UUID.randomUUID(), ACME, 60, 1, 1);
            LeaseRequest two = new LeaseRequest(UUID.randomUUID(), OTHER, 45, 1, 1);
            stages.add((i % 2 == 0 ? quotas : another).take(i % 3 == 0 ? List.of(two, one) : List.of(one, two)));
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
        another.close();
    }

    @Test
    void whatIsAskedAfterTheEndIsAway() {
        quotas.close();
        assertThat(failure(quotas.counts(List.of(ACME))))
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining("closed");
    }
}
