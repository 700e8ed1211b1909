package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Member;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.spi.QuotaKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The state of one organization, or of a member of one: its meters by key, and what it holds of tiers and endpoints.
 * The state of an organization has those of its members.
 *
 * <h2>Its life</h2>
 *
 * <p>A sweep drops state that is idle: no later decision depends on it. {@code life} is an epoch that only grows. It is
 * even while the state is live, odd while a check for idleness is under way, and {@link #DEAD} in the end.
 *
 * <ol>
 *   <li>A check raises {@code life} to an odd number, then reads all meters. It ends with a CAS from that odd number:
 *       to DEAD if all meters are idle, otherwise to the next even number.
 *   <li>A call charges first, and then reads {@code life}. If a check is under way, the call raises {@code life}, and
 *       the last CAS of the check fails. If the state is dead, the call is decided again on a new state.
 * </ol>
 *
 * <p>A charge is written before the call reads {@code life}. The odd number is written before the check reads the
 * charges. So one of the two sees the other. No charge that was reported as admitted is dropped while it counts. A call
 * that takes leases from a store does the same: it takes the place of its {@link Exchange}, by which the meter is not
 * idle, then reads {@code life}, and asks the store only if the state is live.
 *
 * <p>The state of a member has a life of its own. It is live only while that of its organization is. An organization
 * that has a state of a member is not idle.
 *
 * <p><b>Progress.</b> Lock-free: a call is decided again only when the state was dropped meanwhile. A short lock is
 * taken for the first call of a meter, and for the first one of an endpoint that no table names.
 */
final class OrganizationState extends EndpointLimits implements Parties {

    /** The end of a life. It is even, so that no call takes it for a check, and no count of checks reaches it. */
    private static final long DEAD = Long.MIN_VALUE;

    /* As measured, with names of about 20 characters, on a JVM that compresses pointers. */
    private static final long BYTES = 176;
    private static final long BYTES_OF_METER = 90;

    private static final VarHandle LIFE = VarHandles.of(MethodHandles.lookup(), "life", long.class);

    final String name;
    /** The number of snapshots that had begun when this state was added to the store. */
    final int snapshots;

    private volatile long life;

    /** The next state in the list of the {@link IdleSweeper}, which guards it. */
    @Nullable
    OrganizationState older;

    /** The parties of the last call whose last party this was: a hint. */
    @Nullable
    PartyGroup group;

    /** Made with the first call of a member. */
    private volatile @Nullable MemberStates members;

    /** Where this is the state of a member: those of the members of its organization, and its key among them. */
    private final @Nullable MemberStates home;

    final @Nullable MemberKey key;

    OrganizationState(String name, OrganizationContext context, int snapshots) {
        this(name, context, snapshots, null, null);
    }

    private OrganizationState(
            String name,
            OrganizationContext context,
            int snapshots,
            @Nullable MemberStates home,
            @Nullable MemberKey key) {
        super(context);
        this.name = name;
        this.snapshots = snapshots;
        this.home = home;
        this.key = key;
    }

    /** Makes the state of a member of this organization. */
    OrganizationState newMember(MemberKey itsKey, MemberStates itsHome) {
        return new OrganizationState(name, context, 0, itsHome, itsKey);
    }

    /** Returns the member whose state this is; null if it is an organization's. */
    @Nullable
    Member member() {
        return key == null ? null : key.member();
    }

    @Override
    String account(Tier tier) {
        return key == null ? tier.account() : key.account();
    }

    @Override
    CalledEndpoint newCalled(CompiledTier compiled, String endpoint, CompiledLimit[] limits) {
        return new CalledEndpoint(this, compiled, endpoint, limits);
    }

    /** Returns the states of the members of this organization; null if there are none. */
    @Nullable
    MemberStates membersIfAny() {
        return members;
    }

    /** Returns the states of the members of this organization. */
    MemberStates members() {
        MemberStates known = members;
        return known != null ? known : addMembers();
    }

    private synchronized MemberStates addMembers() {
        MemberStates known = members;
        if (known == null) {
            known = new MemberStates(context.maxMembers(), this);
            members = known;
        }
        return known;
    }

    /** Tells whether this organization has a state of a member, and so is not idle. */
    boolean hasMembers() {
        MemberStates known = members;
        return known != null && !known.isEmpty();
    }

    /* ---------------- As the only party of a call ---------------- */

    @Override
    public String name() {
        return name;
    }

    @Override
    public OrganizationState state(int i) {
        return this;
    }

    @Override
    public Meter meter(int i, CompiledLimit limit) {
        return meter(limit);
    }

    @Override
    @Nullable
    public Member member(int i) {
        return member();
    }

    @Override
    public int order(int i, CompiledLimit limit) {
        return limit.order;
    }

    @Override
    public OrganizationState of(int[] indexes) {
        return this;
    }

    @Override
    public OrganizationState renewed(UnaryOperator<OrganizationState> store) {
        return store.apply(this);
    }

    /* ---------------- Limits ---------------- */

    /**
     * Returns a state to read the meters of some limits in: this one, if it has all of them. Otherwise that is a copy,
     * which is not kept and in which the missing meters can be made.
     */
    @Override
    public OrganizationState view(CompiledLimit[] limits) {
        for (CompiledLimit limit : limits) {
            if (find(limit) == null) {
                return copy(limits);
            }
        }
        return this;
    }

    private OrganizationState copy(CompiledLimit[] limits) {
        OrganizationState copy = new OrganizationState(name, context, snapshots, home, key);
        for (CompiledLimit limit : limits) {
            Meter meter = find(limit);
            if (meter != null) {
                copy.put(limit.key, meter);
            }
        }
        return copy;
    }

    @Override
    Meter newMeter(MeterKey key) {
        Clocks clocks = context.clocks();
        MeterKey.Span span = key.span();
        if (span instanceof MeterKey.Window window) {
            return new SlidingWindow(window.length().toNanos() + clocks.lag, clocks.nanoTime());
        } else if (span instanceof MeterKey.Period) {
            Function<QuotaKey, LeasedQuota> quotas = context.quotas();
            return quotas == null
                    ? new PeriodCounter(SavedMeter.Period.periods(key), clocks)
                    : quotas.apply(quotaKey(key));
        } else if (span instanceof MeterKey.Bucket) {
            return new BucketCounter(clocks);
        }
        return span instanceof MeterKey.InFlight ? new InFlightCounter(clocks) : CallSize.METER;
    }

    private QuotaKey quotaKey(MeterKey key) {
        return new QuotaKey(
                name,
                key.account(),
                Optional.ofNullable(member()),
                key.table(),
                key.scope(),
                key.unit(),
                SavedMeter.Period.periods(key));
    }

    /**
     * Returns the compiled form of a limit. For an endpoint that no table names, that is the limit of the meter which
     * the endpoint has.
     */
    CompiledLimit limit(Tier tier, AppliedLimit asked) {
        AppliedLimit applied = AppliedLimit.of(asked.table(), asked.scope(), asked.limit(), asked.shadow());
        return namedLimits(tier)
                .filter(limit -> limit.applied().equals(applied))
                .findFirst()
                .orElseGet(() -> Arrays.stream(limits(tier, applied.scope().name()))
                        .filter(limit -> limit.key.table().equals(applied.table()))
                        .findFirst()
                        .orElseThrow());
    }

    /** Makes the meters of all quotas that a tier names. */
    void makeQuotas(Tier tier) {
        namedLimits(tier)
                .filter(limit -> limit.key.span() instanceof MeterKey.Period)
                .forEach(this::meter);
    }

    /** Returns the meters of quotas whose counts are in a store. */
    List<LeasedQuota> leasedQuotas() {
        List<LeasedQuota> quotas = new ArrayList<>();
        forEach((itsKey, meter) -> {
            if (meter instanceof LeasedQuota quota) {
                quotas.add(quota);
            }
        });
        return quotas;
    }

    /** Grants units of a quota, or takes them back if negative. Returns where this organization then stands. */
    LimitStatus grant(CompiledLimit quota, long units) {
        PeriodCounter counter = (PeriodCounter) meter(quota);
        return whose(0, counter.grant(quota, units, context.clocks().nanoTime()));
    }

    /** Returns a state of this organization with the same names of endpoints and the same grants, and nothing used. */
    OrganizationState unused() {
        OrganizationState unused = new OrganizationState(name, context, snapshots, home, key);
        unused.shareUnlistedOf(this);
        forEach((key, meter) -> {
            PeriodCounter granted = meter instanceof PeriodCounter counter ? counter.unused() : null;
            if (granted != null) {
                unused.put(key, granted);
            }
        });
        return unused;
    }

    /** Takes over the members of the state that this one replaces. Nobody calls here yet. */
    void adoptMembersOf(OrganizationState former) {
        members = former.members;
    }

    /** Removes this state of a member, which has ended, from those of its organization. */
    void removeFromHome() {
        requireNonNull(home).remove(requireNonNull(key), this);
    }

    /** Gives back what a limit was charged for a usage. */
    void refund(CompiledLimit limit, Usage usage, long position) {
        Meter meter = meter(limit);
        long units = usage.amountOf(limit.unit);
        long now = limit.isBucket ? context.clocks().nanoTime() : 0;
        meter.refund(limit, meter.booking(position), units, units, now);
    }

    /**
     * Estimates the heap of this state with some meters, in bytes. Its entry in the map of the store is included, and
     * the marks are not.
     */
    long estimatedBytes(long meters) {
        return BYTES + meters * BYTES_OF_METER + estimatedBytesOfLimits();
    }

    /**
     * Tells whether a decision made here holds. If this state was dropped as idle meanwhile, the decision must be made
     * again on another one.
     */
    @Override
    public boolean confirmLive() {
        return isLive() && (home == null || home.owner().confirmLive());
    }

    /** Tells whether a decision holds that is made here, while the organization of this member is live. */
    boolean isLive() {
        long seen = life;
        while ((seen & 1) != 0) {
            if (LIFE.compareAndSet(this, seen, seen + 1)) {
                return true;
            }
            seen = life;
        }
        return seen != DEAD;
    }

    /** Ends this state, idle or not, and not those of its members. */
    void end() {
        life = DEAD;
    }

    /** Ends this state and those of its members, idle or not. */
    void endAll() {
        end();
        MemberStates known = members;
        if (known != null) {
            known.all().forEach(OrganizationState::end);
        }
    }

    /**
     * Begins a check for idleness, unless this state has ended. The state of a member ends with that of its
     * organization. For one thread at a time.
     */
    boolean beginCheck() {
        if (home != null && home.owner().life == DEAD) {
            end();
        }
        long live = life;
        return live != DEAD && LIFE.compareAndSet(this, live, live + 1);
    }

    /** Tells whether a check is under way that no call has stopped. */
    boolean isUnderCheck() {
        return (life & 1) != 0;
    }

    /** Ends a check, and this state if it is idle and no call came meanwhile. Tells whether the state has ended. */
    boolean endCheck(boolean idle) {
        long checking = life;
        if ((checking & 1) != 0 && !LIFE.compareAndSet(this, checking, idle ? DEAD : checking + 1)) {
            return false;
        }
        return life == DEAD;
    }
}
