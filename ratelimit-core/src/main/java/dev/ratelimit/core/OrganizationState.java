package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Member;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.spi.QuotaKey;
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
 * <p><b>Progress.</b> Lock-free: a call is decided again only when the state was dropped meanwhile. A short lock is
 * taken for the first call of a meter, and for the first one of an endpoint that no table names.
 */
final class OrganizationState extends EndpointLimits implements Parties {

    /* As measured, with names of about 20 characters, on a JVM that compresses pointers. */
    private static final long BYTES = 184;
    private static final long BYTES_OF_METER = 98;

    final String name;
    /** The number of snapshots that had begun when this state was added to the store. */
    final int snapshots;

    /** The next state in the list of the {@link IdleSweeper}, which guards it. */
    @Nullable
    OrganizationState older;

    /** The parties of the last call whose last party this was: a hint. */
    @Nullable
    PartyGroup group;

    /** Made with the first call of a member. */
    private volatile @Nullable MemberStates members;

    /** Its key among the members of its organization; null if this is the state of an organization. */
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
        super(context, home);
        this.name = name;
        this.snapshots = snapshots;
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
     * Estimates the heap of this state with some meters, in bytes. Its entries in the store are included, and
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

    /** Ends this state and those of its members, idle or not. */
    void endAll() {
        end();
        MemberStates known = members;
        if (known != null) {
            known.all().forEach(OrganizationState::end);
        }
    }
}
