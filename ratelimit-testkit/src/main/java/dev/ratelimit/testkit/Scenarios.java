package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;

/**
 * The notation of the scenarios.
 *
 * <pre>{@code
 * limits(RateLimit.of(Unit.CALLS, 2, Duration.ofMillis(100)));
 * at(0).admits(1, 1).rejects(1, 100); // at 0 ms two usages of 1 call are admitted, a third is told to wait for 100 ms
 * at(50).rejects(1, 50);
 * at(100).admits(1);
 * }</pre>
 *
 * <p>What is added, settled or cancelled belongs to the reservation that was made last:
 *
 * <pre>{@code
 * limits(Quota.lifetime(Unit.TOKENS, 100));
 * reserves(tokens(60)).used(60L).settles(tokens(20)).used(20L);
 * }</pre>
 *
 * <p>Calls are of the organization "acme" and the endpoint "chat" until another is named.
 */
abstract class Scenarios {

    final RateLimiterContract contract;
    private final long nanoOrigin;

    RateLimiter limiter;
    ManualTime time;

    /** The least step of time. */
    Duration tick;

    private Tier tier = Tier.named("unlimited").build();
    private String organization = "acme";
    private String endpoint = "chat";
    private Decision answer = Decision.admitted();

    /** The one made last, unless it was left for an earlier one. */
    Reservation reservation = Reservation.rejected(Rejected.permanent(new ReservationEnded(), ""));

    Scenarios(RateLimiterContract contract) {
        this(contract, 0);
    }

    Scenarios(RateLimiterContract contract, long nanoOrigin) {
        this.contract = contract;
        this.nanoOrigin = nanoOrigin;
    }

    @BeforeEach
    void begin() {
        tick = contract.resolution();
        begin(new ManualTime(ManualTime.DEFAULT_START, nanoOrigin));
    }

    /** Begins anew, with a limiter of which nothing is used. */
    final void begin(ManualTime time) {
        this.time = time;
        limiter = contract.create(settings());
    }

    /** Begins anew, with a limiter that has meters for a number of endpoints that no table names. */
    final Scenarios boundedBy(int maxUnlistedEndpoints) {
        limiter = contract.create(settings().withMaxUnlistedEndpoints(maxUnlistedEndpoints));
        return this;
    }

    /** Begins anew, with a limiter that a listener hears. */
    final void listenedBy(RateLimitListener listener) {
        limiter = contract.create(settings().withListener(listener));
    }

    private LimiterSettings settings() {
        return LimiterSettings.of(organization -> tier, time);
    }

    /** A tier of one table for each limit, which limits each endpoint alone. */
    static Tier tierOf(Limit... limits) {
        Tier tier = Tier.named("tier").build();
        for (int i = 0; i < limits.length; i++) {
            tier = tier.withTable(LimitTable.named("table " + i).eachOtherEndpoint(limits[i]));
        }
        return tier;
    }

    static Usage calls(long n) {
        return Usage.of(Unit.CALLS, n);
    }

    static Usage tokens(long n) {
        return Usage.of(Unit.TOKENS, n);
    }

    Scenarios limits(Limit... limits) {
        return under(tierOf(limits));
    }

    Scenarios under(Tier tier) {
        this.tier = tier;
        return this;
    }

    Scenarios from(String organization) {
        this.organization = organization;
        return this;
    }

    Scenarios calling(String endpoint) {
        this.endpoint = endpoint;
        return this;
    }

    /** Moves on to some milliseconds after the beginning. */
    Scenarios at(long millis) {
        long passed = time.nanoTime() - nanoOrigin;
        return after(Duration.ofMillis(millis).minusNanos(passed));
    }

    Scenarios after(Duration pause) {
        time.advance(pause);
        return this;
    }

    Scenarios admits(long... calls) {
        return admits(Arrays.stream(calls).mapToObj(Scenarios::calls).toArray(Usage[]::new));
    }

    Scenarios admits(Usage... usages) {
        for (Usage usage : usages) {
            ask(usage);
            assertThat(answer).as("%s at %s", usage, time).isEqualTo(Decision.admitted());
        }
        return this;
    }

    Scenarios rejects(long calls, long retryAfterMillis) {
        return rejects(calls, Duration.ofMillis(retryAfterMillis));
    }

    Scenarios rejects(long calls, Duration retryAfter) {
        return rejects(calls(calls), retryAfter);
    }

    Scenarios rejects(Usage usage, long retryAfterMillis) {
        return rejects(usage, Duration.ofMillis(retryAfterMillis));
    }

    Scenarios rejects(Usage usage, Duration retryAfter) {
        return rejects(usage, Optional.of(retryAfter));
    }

    Scenarios rejectsForGood(long calls) {
        return rejectsForGood(calls(calls));
    }

    Scenarios rejectsForGood(Usage usage) {
        return rejects(usage, Optional.empty());
    }

    private Scenarios rejects(Usage usage, Optional<Duration> retryAfter) {
        ask(usage);
        return rejected(usage, retryAfter);
    }

    private Scenarios rejected(Usage usage, Optional<Duration> retryAfter) {
        assertThat(answer)
                .as("%s at %s", usage, time)
                .asInstanceOf(InstanceOfAssertFactories.type(Rejected.class))
                .returns(retryAfter, Rejected::retryAfter);
        return this;
    }

    /** Makes the reservation that the following lines are about. */
    Scenarios reserves(Usage estimate) {
        reserve(estimate);
        assertThat(answer).as("%s at %s", estimate, time).isEqualTo(Decision.admitted());
        return this;
    }

    Scenarios refusesToReserve(Usage estimate, long retryAfterMillis) {
        return refusesToReserve(estimate, Duration.ofMillis(retryAfterMillis));
    }

    Scenarios refusesToReserve(Usage estimate, Duration retryAfter) {
        reserve(estimate);
        return rejected(estimate, Optional.of(retryAfter));
    }

    Scenarios refusesToReserveForGood(Usage estimate) {
        reserve(estimate);
        return rejected(estimate, Optional.empty());
    }

    private void reserve(Usage estimate) {
        reservation = limiter.reserve(organization, endpoint, estimate);
        answer = reservation.decision();
        useUp(reservation, estimate);
    }

    /** Uses up what is estimated, so that whatever is used from now on is asked for. */
    static void useUp(Reservation reservation, Usage estimate) {
        for (Unit unit : List.of(Unit.CALLS, Unit.TOKENS, Unit.NANO_USD, Unit.CHARACTERS)) {
            long units = estimate.amountOf(unit);
            if (units > 0) {
                assertThat(reservation.use(Usage.of(unit, units)))
                        .isEqualTo(reservation.decision().isAdmitted() ? Decision.admitted() : reservation.decision());
            }
        }
    }

    /** Comes back to a reservation made earlier. */
    Scenarios continuing(Reservation earlier) {
        reservation = earlier;
        return this;
    }

    Scenarios adds(Usage... more) {
        for (Usage usage : more) {
            answer = reservation.use(usage);
            assertThat(answer).as("use %s at %s", usage, time).isEqualTo(Decision.admitted());
        }
        return this;
    }

    Scenarios refusesToAdd(Usage more, long retryAfterMillis) {
        return refusesToAdd(more, Duration.ofMillis(retryAfterMillis));
    }

    Scenarios refusesToAdd(Usage more, Duration retryAfter) {
        answer = reservation.use(more);
        return rejected(more, Optional.of(retryAfter));
    }

    Scenarios refusesToAddForGood(Usage more) {
        answer = reservation.use(more);
        return rejected(more, Optional.empty());
    }

    Scenarios settles(Usage actual) {
        assertThat(reservation.settle(actual))
                .as("settle %s at %s", actual, time)
                .isTrue();
        return this;
    }

    Scenarios cancels() {
        assertThat(reservation.cancel()).as("cancel at %s", time).isTrue();
        return this;
    }

    /** Says that the reservation is not open, and that what is done with it then changes nothing. */
    Scenarios isNotOpen() {
        List<LimitStatus> before = limiter.status(organization, endpoint);
        assertThat(reservation.settle(calls(7).and(Unit.TOKENS, 7))).isFalse();
        assertThat(reservation.cancel()).isFalse();
        assertThat(reservation.use(tokens(0)).isAdmitted()).isFalse();
        assertThat(limiter.status(organization, endpoint)).isEqualTo(before);
        return this;
    }

    /** Says which limit refused. */
    Scenarios by(Limit limit) {
        assertThat(answer)
                .asInstanceOf(InstanceOfAssertFactories.type(Rejected.class))
                .extracting(Rejected::cause, InstanceOfAssertFactories.type(LimitReached.class))
                .extracting(LimitReached::applied)
                .extracting(AppliedLimit::limit)
                .isEqualTo(limit);
        return this;
    }

    /** Says whose limit refused. */
    Scenarios of(Scope scope) {
        assertThat(answer)
                .asInstanceOf(InstanceOfAssertFactories.type(Rejected.class))
                .extracting(Rejected::cause, InstanceOfAssertFactories.type(LimitReached.class))
                .extracting(reached -> reached.applied().scope())
                .isEqualTo(scope);
        return this;
    }

    private void ask(Usage usage) {
        answer = limiter.tryAcquire(organization, endpoint, usage);
    }

    /** Says how much is used of each limit. */
    Scenarios used(Long... units) {
        return each(LimitStatus::used, units);
    }

    /** Says how much remains of each limit. */
    Scenarios remaining(Long... units) {
        return each(LimitStatus::remaining, units);
    }

    /** Says how far each limit is overrun. */
    Scenarios overrun(Long... units) {
        return each(LimitStatus::overrun, units);
    }

    private Scenarios each(Function<LimitStatus, Long> number, Long... units) {
        assertThat(limiter.status(organization, endpoint))
                .as("at %s", time)
                .extracting(number)
                .containsExactly(units);
        return this;
    }

    /** The limiter tells of a usage, and of all limits, what the reference tells. */
    final void answersAs(RateLimiter reference, Caller caller, String endpoint, Usage usage, String call) {
        assertThat(limiter.peek(caller, endpoint, usage)).as(call).isEqualTo(reference.peek(caller, endpoint, usage));
        standsAs(reference, caller, endpoint, call);
    }

    /** The limiter tells of all limits what the reference tells. */
    final void standsAs(RateLimiter reference, Caller caller, String endpoint, String call) {
        assertThat(limiter.status(caller, endpoint)).as(call).isEqualTo(reference.status(caller, endpoint));
        assertThat(limiter.status(caller)).as(call).isEqualTo(reference.status(caller));
    }

    static void refusesNull(String parameter, ThrowingCallable call) {
        assertThatNullPointerException().isThrownBy(call).withMessage(parameter);
    }
}
