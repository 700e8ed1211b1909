package dev.ratelimit.testkit;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.TierResolver;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The answers that every {@link RateLimiter} must give, as tests of JUnit 5.
 *
 * <p>A backend extends this class, and passes if its decisions are those of {@link ReferenceRateLimiter}, which does
 * itself:
 *
 * <pre>{@code
 * class ReferenceRateLimiterTest extends RateLimiterContract {
 *
 *     @Override
 *     protected RateLimiter create(LimiterSettings settings) {
 *         Assumptions.assumeTrue(settings.listener().isEmpty(), "the reference has no listeners");
 *         return new ReferenceRateLimiter(
 *                 settings.tiers(),
 *                 settings.time(),
 *                 settings.maxUnlistedEndpoints().orElse(Integer.MAX_VALUE),
 *                 settings.maxMembers().orElse(Integer.MAX_VALUE));
 *     }
 *
 *     @Override
 *     protected boolean carryOver(RateLimiter limiter, Caller caller, Caller former) {
 *         ((ReferenceRateLimiter) limiter).carryOver(caller, former);
 *         return true;
 *     }
 * }
 * }</pre>
 *
 * <p>A limiter may admit calls into a period for up to a second after the wall clock was set past its end; before it
 * refuses a call, and in what it says of a quota, it goes by the wall clock as it is. It need not read that clock to
 * settle or cancel a reservation: what that charges to a period that is over is forgotten as soon as a call or a status
 * looks at it.
 *
 * <p>What else may differ between backends, and by which method of this class a backend says so, is one list: {@code
 * docs/DIFFERENCES.md} of the project.
 *
 * <p>Time is a {@link ManualTime} nearly everywhere, so the tests wait for nothing. Those that need threads go by
 * {@link TimeSource#system()}, are bounded by the number of their calls, and have the tag {@code threads}. Those that
 * compare random histories of calls with the reference have the tag {@code histories}. These two take most of the time.
 */
public abstract class RateLimiterContract {

    /** For subclasses, which JUnit creates. */
    protected RateLimiterContract() {}

    /**
     * Creates a limiter of which nothing is used. Whatever the settings leave open is as the backend has it by default.
     * A scenario that wants what the backend has not, such as a listener, is skipped by an {@linkplain
     * org.junit.jupiter.api.Assumptions assumption}.
     *
     * @param settings what the scenario wants; {@link LimiterSettings#applyTo} hands most of them to a builder
     * @return the limiter, which shares no state with those created earlier
     */
    protected abstract RateLimiter create(LimiterSettings settings);

    /**
     * Creates a limiter of which nothing is used, without a listener and with the bounds that the backend has anyway.
     *
     * @param tiers tells the tier of a call that does not bring one
     * @param time the clocks to go by
     * @return the limiter, which shares no state with those created earlier
     */
    protected final RateLimiter create(TierResolver tiers, TimeSource time) {
        return create(LimiterSettings.of(tiers, time));
    }

    /**
     * Returns the least step of time that the backend tells apart. Scenarios about the last moment of a window use it,
     * and all of them move time by its multiples.
     *
     * @return the resolution, a divisor of one millisecond; 1 nanosecond unless overridden
     */
    protected Duration resolution() {
        return Duration.ofNanos(1);
    }

    /**
     * Returns about how long a call takes where nobody else calls. Scenarios with threads choose windows by it that
     * refuse some of many calls.
     *
     * @return the time of a call, more than zero; 5 microseconds unless overridden
     */
    protected Duration timeOfACall() {
        return Duration.ofNanos(5_000);
    }

    /**
     * Returns whether the limiter believes its wall clock whatever that shows. Others doubt a jump of more than an hour
     * until it has lasted a minute.
     *
     * @return false unless overridden; true for a backend that goes by the clock of a server
     */
    protected boolean believesTheWallClock() {
        return false;
    }

    /**
     * Returns whether a call may give back what it has charged, ask a store, and be decided again. Then two calls at a
     * time may be told that the same units remain.
     *
     * @return false unless overridden; true for a backend whose quotas are in a store
     */
    protected boolean decidesAgain() {
        return false;
    }

    /**
     * Lets a limiter that is not in use drop what is idle, end, and go on in another process. Scenarios about the wall
     * clock and about members call this at any point, and expect the same answers after it.
     *
     * @param limiter one that {@link #create} returned last, or this method
     * @return what goes on: the same limiter unless overridden
     */
    protected RateLimiter restart(RateLimiter limiter) {
        return limiter;
    }

    /**
     * Carries over what an organization has used under a former tier, as {@link ReferenceRateLimiter#carryOver} does.
     * Scenarios about it are skipped where a backend cannot.
     *
     * @param limiter one that {@link #create} returned
     * @param caller whose limits are charged, and their tier
     * @param former the same organization, and the tier that it had
     * @return whether the backend can: false unless overridden
     */
    protected boolean carryOver(RateLimiter limiter, Caller caller, Caller former) {
        return false;
    }

    @Nested
    class Windows extends WindowScenarios {
        Windows() {
            super(RateLimiterContract.this, 0);
        }
    }

    @Nested
    @Tag("nanoTime")
    class WindowsWhileNanoTimeIsNegative extends WindowScenarios {
        WindowsWhileNanoTimeIsNegative() {
            super(RateLimiterContract.this, Long.MIN_VALUE);
        }
    }

    @Nested
    @Tag("nanoTime")
    class WindowsWhileNanoTimePassesZero extends WindowScenarios {
        WindowsWhileNanoTimePassesZero() {
            super(RateLimiterContract.this, -1_500_000_000);
        }
    }

    @Nested
    @Tag("nanoTime")
    class WindowsWhileNanoTimeWraps extends WindowScenarios {
        WindowsWhileNanoTimeWraps() {
            super(RateLimiterContract.this, Long.MAX_VALUE - 60_000_000);
        }
    }

    @Nested
    class Records extends RecordScenarios {
        Records() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Reports extends ReportingScenarios {
        Reports() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Quotas extends QuotaScenarios {
        Quotas() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class TokenBuckets extends TokenBucketScenarios {
        TokenBuckets() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class InFlight extends InFlightScenarios {
        InFlight() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class PerCall extends PerCallScenarios {
        PerCall() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class WallClockSteps extends WallClockScenarios {
        WallClockSteps() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class WallClockJumps extends WallClockJumpScenarios {
        WallClockJumps() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class NearLimits extends NearLimitScenarios {
        NearLimits() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class SeveralLimits extends SeveralLimitsScenarios {
        SeveralLimits() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Tables extends TableScenarios {
        Tables() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class ShortForms extends ShortFormScenarios {
        ShortForms() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Tiers extends TierScenarios {
        Tiers() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Answers extends AnswerScenarios {
        Answers() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Reservations extends ReservationScenarios {
        Reservations() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Streams extends StreamScenarios {
        Streams() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Overruns extends OverrunScenarios {
        Overruns() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Shadows extends ShadowScenarios {
        Shadows() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class CarriedOver extends CarryOverScenarios {
        CarriedOver() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Overviews extends OverviewScenarios {
        Overviews() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class UnlistedEndpoints extends UnlistedEndpointScenarios {
        UnlistedEndpoints() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Patterns extends PatternScenarios {
        Patterns() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Members extends MemberScenarios {
        Members() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class MembersBeyondTheBound extends MemberBoundScenarios {
        MembersBeyondTheBound() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    @Tag("histories")
    class MemberHistories extends MemberHistoryScenarios {
        MemberHistories() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Repetitions extends RepetitionScenarios {
        Repetitions() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    @Tag("histories")
    class Histories extends HistoryScenarios {
        Histories() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    @Tag("histories")
    class ReservationHistories extends ReservationHistoryScenarios {
        ReservationHistories() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    @Tag("histories")
    class WallClockHistories extends WallClockHistoryScenarios {
        WallClockHistories() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    @Tag("threads")
    class Threads extends ThreadScenarios {
        Threads() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    @Tag("threads")
    class ReservationThreads extends ReservationThreadScenarios {
        ReservationThreads() {
            super(RateLimiterContract.this);
        }
    }

    @Nested
    class Waits extends WaitingScenarios {
        Waits() {
            super(RateLimiterContract.this);
        }
    }
}
