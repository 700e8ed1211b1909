package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.BoundLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.DecisionCounter;
import dev.ratelimit.kernel.Endpoints;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spi.WaitingCalls;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rate limiter that keeps its counts in memory.
 *
 * <pre>{@code
 * RateLimiter everyoneOnTrial = InMemoryRateLimiter.builder().tier(GoingLiveEdition.trial()).build();
 *
 * RateLimiter tierByOrganization = InMemoryRateLimiter.builder()
 *     .tiers(organization -> paying.contains(organization) ? production : trial)
 *     .build();
 * }</pre>
 *
 * <p>It never admits more than a limit's amount in any window of the limit's length, whatever threads do. Windows are
 * exact to the nanosecond of the monotonic clock, or hold a charge up to window/1,024 too long: see {@link
 * dev.ratelimit.Precision}.
 *
 * <p>The wall clock is read for quotas only: before each of their refusals and statuses, and when a period is over.
 * Otherwise it is read at most once a second for each quota of an organization. So a wall clock that is set forward is
 * noticed within a second. A jump of more than an hour, forward or back, is believed when it has lasted a minute of the
 * monotonic clock. Until then time goes on from before. A period that was left because of a jump is kept until it would
 * have ended. It goes on if the clock is put right.
 *
 * <p>Calls may race for the last unit of one limit. The loser gives back what it took of its other limits. Meanwhile a
 * further call that shares one of those may be refused, or be told too long a wait.
 *
 * <p>Safe for use by many threads. Decisions are lock-free and do not block. A short lock may be taken when an
 * organization, a tier of it or an endpoint comes for the first time. The same holds when a period is left because the
 * wall clock jumped, and where calls in flight are limited. What a thread did before an admitted call happens-before
 * what another thread does after a later call that the admission counted against. The time of a call does not depend on
 * how many organizations and endpoints were named.
 *
 * <p>An organization's state is dropped when it is idle: nothing that it has used or was granted counts any more, so no
 * later decision depends on it. Each call that brings a new organization checks a few states, and so does one call in
 * every millisecond. {@link #cleanUp()} checks all. Quotas keep an organization's state until their period is over,
 * token buckets until they have been full for a second. State is lost with the object, unless a {@linkplain
 * #snapshot(Path) snapshot} was written.
 */
public final class InMemoryRateLimiter implements RateLimiter, WaitingCalls.Wakers, AutoCloseable {

    final OrganizationStore store;

    /** Null if quotas are counted here. */
    private final @Nullable StoreQuestions questions;

    private final TierResolver tiers;
    private final AdminTools support;
    private final DecisionCounter counter;
    private final boolean reports;

    InMemoryRateLimiter(TierResolver tiers, OrganizationStore store, DecisionCounter counter) {
        this.tiers = tiers;
        this.store = store;
        this.questions = store.waits == null ? null : new StoreQuestions(store, store.waits);
        this.support = new AdminTools(store, this::tierOf);
        this.counter = counter;
        this.reports = false;
    }

    /** Makes the view of a limiter that reports. */
    private InMemoryRateLimiter(InMemoryRateLimiter limiter) {
        this.tiers = limiter.tiers;
        this.store = limiter.store;
        this.questions = limiter.questions;
        this.support = limiter.support;
        this.counter = limiter.counter;
        this.reports = true;
    }

    /**
     * Begins a limiter.
     *
     * @return a builder
     */
    public static InMemoryRateLimiterBuilder builder() {
        return new InMemoryRateLimiterBuilder();
    }

    @Override
    public Decision tryAcquire(Resolution who, String endpoint, Usage usage) {
        requireCall(who, endpoint, usage);
        Resolution resolved = Endpoints.resolve(who, endpoint);
        return resolved instanceof Caller caller ? tryAcquire(caller, endpoint, usage) : refused((Rejected) resolved);
    }

    /* As the default, but allocates no caller. */
    @Override
    public Decision tryAcquire(String organization, String endpoint, Usage usage) {
        Tier tier = tierOf(organization);
        requireCall(tier, endpoint, usage);
        Rejected unknown = Endpoints.refusal(tier, endpoint);
        return unknown == null ? tryAcquire(organization, tier, endpoint, usage) : refused(unknown);
    }

    private Decision tryAcquire(String name, Tier tier, String endpoint, Usage usage) {
        if (!store.listeners.isEmpty() || (reports && questions != null)) {
            return tryAcquire(Caller.of(name, tier), endpoint, usage);
        }
        Report report = report();
        Decision decision = store.tryAcquire(name, tier, endpoint, usage, report);
        return Decider.isUndecided(decision) ? ask(Caller.of(name, tier), endpoint, usage, report) : decision;
    }

    private Decision tryAcquire(Caller caller, String endpoint, Usage usage) {
        Report report = report();
        if (store.listeners.isEmpty()) {
            return decide(caller, endpoint, usage, report);
        }
        Decision[] decision = new Decision[1];
        Runnable notifying = () -> store.notifyDecided(caller, endpoint, usage, decision[0], report);
        decision[0] = decide(caller, endpoint, usage, report);
        store.listeners.attempt(notifying);
        return decision[0];
    }

    private Decision decide(Caller caller, String endpoint, Usage usage, @Nullable Report report) {
        if (reports && questions != null) {
            return ask(caller, endpoint, usage, report);
        }
        Decision decision = store.tryAcquire(caller, endpoint, usage, report);
        return Decider.isUndecided(decision) ? ask(caller, endpoint, usage, report) : decision;
    }

    /** Decides a call for which the store of quotas must be asked. */
    private Decision ask(Caller caller, String endpoint, Usage usage, @Nullable Report report) {
        return await(requireNonNull(questions).tryAcquire(caller, endpoint, usage, report));
    }

    private <T> T await(StoreWaits.Question<T> question) {
        return requireNonNull(store.waits).await(question);
    }

    @Override
    public Reservation reserve(Resolution who, String endpoint, Usage estimate) {
        requireNonNull(estimate, "estimate");
        requireCall(who, endpoint, estimate);
        Resolution resolved = Endpoints.resolve(who, endpoint);
        return resolved instanceof Caller caller
                ? reserve(caller, endpoint, estimate)
                : Reservation.rejected(refused((Rejected) resolved));
    }

    private Reservation reserve(Caller caller, String endpoint, Usage estimate) {
        Report report = report();
        if (store.listeners.isEmpty()) {
            return reserve(caller, endpoint, estimate, report);
        }
        Reservation[] reservation = new Reservation[1];
        NotifyingReservation told = new NotifyingReservation(store, caller, endpoint, estimate, reports);
        Runnable notifying = () -> told.notifyReserved(reservation[0].decision(), report);
        reservation[0] = reserve(caller, endpoint, estimate, report);
        store.listeners.attempt(notifying);
        return reservation[0] instanceof InMemoryReservation own ? told.of(own) : reservation[0];
    }

    private Reservation reserve(Caller caller, String endpoint, Usage estimate, @Nullable Report report) {
        return questions == null
                ? InMemoryReservation.reserve(store, caller, endpoint, estimate, report)
                : await(questions.reserve(caller, endpoint, estimate, report));
    }

    /** Returns what is told beside a decision; null if nothing is. */
    private @Nullable Report report() {
        return Report.of(reports, store.listeners);
    }

    @Override
    public Decision peek(Resolution who, String endpoint, Usage usage) {
        requireCall(who, endpoint, usage);
        Resolution resolved = Endpoints.resolve(who, endpoint);
        return resolved instanceof Caller caller ? peek(caller, endpoint, usage) : refused((Rejected) resolved);
    }

    private Decision peek(Caller caller, String endpoint, Usage usage) {
        return questions == null
                ? store.peek(caller, endpoint, usage, report())
                : await(questions.peek(caller, endpoint, usage, report()));
    }

    @Override
    public Recorded record(Resolution who, String endpoint, Usage usage) {
        requireCall(who, endpoint, usage);
        Resolution resolved = Endpoints.resolve(who, endpoint);
        if (!(resolved instanceof Caller caller)) {
            return Recorded.notCharged(refused((Rejected) resolved));
        }
        Report report = report();
        if (store.listeners.isEmpty()) {
            return record(caller, endpoint, usage, report);
        }
        Recorded[] recorded = new Recorded[1];
        Runnable notifying = () -> store.notifyRecorded(caller, endpoint, usage, recorded[0], report);
        recorded[0] = record(caller, endpoint, usage, report);
        store.listeners.attempt(notifying);
        return recorded[0];
    }

    private Recorded record(Caller caller, String endpoint, Usage usage, @Nullable Report report) {
        return questions == null
                ? store.record(caller, endpoint, usage, report)
                : await(questions.record(caller, endpoint, usage, report));
    }

    @Override
    public List<LimitStatus> status(Resolution who, String endpoint) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        if (!(who instanceof Caller caller)) {
            return List.of();
        }
        return questions == null ? store.status(caller, endpoint) : await(questions.status(caller, endpoint));
    }

    @Override
    public List<LimitStatus> status(Resolution who) {
        requireNonNull(who, "who");
        if (!(who instanceof Caller caller)) {
            return List.of();
        }
        return questions == null ? store.status(caller) : await(questions.status(caller));
    }

    private Rejected refused(Rejected refusal) {
        return reports ? refusal.withLimits(List.of()) : refusal;
    }

    private static void requireCall(Object who, String endpoint, Usage usage) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
    }

    @Override
    public Caller caller(String organization) {
        return tiers.callerOf(organization);
    }

    @Override
    public TimeSource timeSource() {
        return store.clocks.time;
    }

    @Override
    public WaitingCalls waitingCalls() {
        return store.waitingCalls;
    }

    @Override
    public InMemoryRateLimiter reporting() {
        return reports ? this : new InMemoryRateLimiter(this);
    }

    @Override
    public AsyncRateLimiter async() {
        return questions == null
                ? AsyncRateLimiter.immediate(this)
                : new StoreAnswers(store, requireNonNull(store.waits), questions, tiers, reports);
    }

    /** Binds an endpoint of a caller, for calls that then look neither up by its name. */
    @Override
    public BoundLimiter bind(Resolution who, String endpoint) {
        requireNonNull(who, "who");
        return !reports && questions == null && who instanceof Caller caller
                ? new BoundEndpoint(this, store, caller, endpoint)
                : RateLimiter.super.bind(who, endpoint);
    }

    /** Binds an endpoint of an organization, for calls that then look neither up by its name. */
    @Override
    public BoundLimiter bind(String organization, String endpoint) {
        requireNonNull(organization, "organization");
        return reports || questions != null
                ? RateLimiter.super.bind(organization, endpoint)
                : new BoundEndpoint(this, store, organization, endpoint, () -> tierOf(organization));
    }

    private Tier tierOf(String organization) {
        return tiers.callerOf(organization).tier();
    }

    /**
     * Drops the state of all organizations that are idle now: nothing that they have used or were granted counts any
     * more. Calls do this themselves, a few organizations at a time. A host with quiet hours may do it at once. It
     * takes time in proportion to the number of organizations, and hinders no call.
     */
    public void cleanUp() {
        store.sweepAll();
    }

    /**
     * Returns the tools of support: to grant units, to carry over a change of plan, to reset or to forget an
     * organization.
     *
     * @return the tools
     */
    public AdminTools admin() {
        return support;
    }

    /**
     * Counts what is kept. It takes time in proportion to the number of organizations, and hinders no call.
     *
     * @return the counts; while calls go on, each is as of another moment
     */
    public LimiterStats stats() {
        return LimiterStats.of(store, counter);
    }

    /**
     * Counts what is leased of quotas whose counts are in a {@linkplain InMemoryRateLimiterBuilder#quotas store}.
     *
     * @return the counts
     */
    public QuotaStats quotaStats() {
        return store.waits == null ? QuotaStats.NONE : store.waits.leases.rounds.stats();
    }

    /**
     * Gives the leases of quotas back to their {@linkplain InMemoryRateLimiterBuilder#quotas store}, tells it what was
     * used, and closes it. That takes no longer than twice the {@linkplain InMemoryRateLimiterBuilder#timeout timeout}.
     * From then on calls are decided as while the store is away. Without a store this does nothing.
     */
    @Override
    public void close() {
        StoreWaits waits = store.waits;
        if (waits != null) {
            waits.close();
        }
    }

    /**
     * Writes all that counts to a stream, so that a later process can {@linkplain
     * InMemoryRateLimiterBuilder#restore(InputStream) go on} with it. A charge that was reported before this call is in
     * the snapshot. A charge that is made meanwhile may be. Calls go on.
     *
     * <p>The snapshot has the names of organizations, accounts, tables and endpoints, and what is used and granted. Its
     * form is that of {@code docs/SNAPSHOT.md}. It ends with a mark, so that what a failure left incomplete is refused
     * on read.
     *
     * @param out takes the bytes; may be unbuffered, and is not closed
     * @throws IOException if the stream throws it
     */
    public void snapshot(OutputStream out) throws IOException {
        LimiterSnapshot.save(store, requireNonNull(out, "out"));
    }

    /**
     * Replaces a file by a {@linkplain #snapshot(OutputStream) snapshot}, as a whole: when the process or the machine
     * stops, the file is the old one or the new one. Not for two threads at a time on one file.
     *
     * @param file a regular file, or a symbolic link to one, which is replaced and not followed. It may be absent; its
     *     folder must exist
     * @throws IOException if it cannot be written, or is something else, such as a folder, a device or a pipe; then it
     *     is as it was
     */
    public void snapshot(Path file) throws IOException {
        SnapshotFiles.replace(requireNonNull(file, "file"), out -> LimiterSnapshot.save(store, out));
    }
}
