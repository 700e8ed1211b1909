package dev.ratelimit.core;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingInt;
import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Member;
import dev.ratelimit.Quota;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.spi.QuotaKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
final class OrganizationState extends MeterTable implements Parties {

    /** The end of a life. It is even, so that no call takes it for a check, and no count of checks reaches it. */
    private static final long DEAD = Long.MIN_VALUE;

    /* As measured, with names of about 20 characters, on a JVM that compresses pointers. */
    private static final long BYTES = 160;
    private static final long BYTES_OF_METER = 90;

    private static final VarHandle LIFE = VarHandles.of(MethodHandles.lookup(), "life", long.class);

    final String name;
    final OrganizationContext context;

    /** The number of snapshots that had begun when this state was added to the store. */
    final int snapshots;

    private volatile long life;

    /** The compiled tier of the last call: a hint, and a reference that keeps it from being collected. */
    private @Nullable CompiledTier compiled;

    /** The next state in the list of the {@link IdleSweeper}, which guards it. */
    @Nullable
    OrganizationState older;

    /** Made with the first call of an endpoint that no table names. */
    private volatile @Nullable UnlistedEndpoints unlisted;

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
        this.name = name;
        this.context = context;
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

    /** Returns the account that usage under a tier is written in. */
    String account(Tier tier) {
        return key == null ? tier.account() : key.account();
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

    /** Returns the compiled tier of a tier, and holds it. */
    CompiledTier compiled(Tier tier) {
        CompiledTier known = compiled; // may be seen late, and never half made: its fields are final
        if (known != null && known.tier.equals(tier)) {
            return known;
        }
        TierCache tierCache = context.tierCache();
        CompiledTier found = key == null ? tierCache.of(tier) : tierCache.ofMembers(tier, key.account());
        compiled = found;
        return found;
    }

    /**
     * Returns the compiled tier of a tier, and holds it. The usual one is compared before this object is read. So the
     * processor goes on to the limits while it waits for the memory of this object.
     */
    CompiledTier compiled(Tier tier, TierCache tierCache) {
        CompiledTier usual = tierCache.usual(tier);
        if (usual != null) {
            hold(usual);
            return usual;
        }
        CompiledTier found = compiled(tier);
        tierCache.offerUsual(found);
        return found;
    }

    /** Holds a compiled tier, so that it stays while this organization is on its tier. */
    private void hold(CompiledTier usual) {
        if (compiled != usual) {
            compiled = usual;
        }
    }

    /** Returns the limits of an endpoint, in the order of charging. */
    CompiledLimit[] limits(CompiledTier compiled, String endpoint) {
        CompiledLimit[] known = compiled.find(endpoint);
        if (known == null) {
            UnlistedEndpoints endpoints = unlisted;
            known = endpoints == null ? null : endpoints.find(compiled, endpoint);
        }
        return known != null ? known : unlistedLimits(compiled, endpoint);
    }

    private CompiledLimit[] unlistedLimits(CompiledTier compiled, String endpoint) {
        CompiledTier.Overflow overflow = compiled.overflow(endpoint);
        return overflow.isShared ? overflow.limits : unlisted().limits(compiled, overflow, endpoint);
    }

    /**
     * Returns the limits of an endpoint as a call would meet them, in the order of charging. This question takes no
     * place of an unlisted endpoint.
     */
    CompiledLimit[] peekLimits(CompiledTier compiled, String endpoint) {
        CompiledLimit[] known = compiled.find(endpoint);
        if (known != null) {
            return known;
        }
        CompiledTier.Overflow overflow = compiled.overflow(endpoint);
        if (overflow.isShared) {
            return overflow.limits;
        }
        UnlistedEndpoints endpoints = unlisted;
        return (endpoints != null ? endpoints : newUnlisted()).peekLimits(compiled, overflow, endpoint);
    }

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

    private Meter restored(SavedMeter saved, long elapsed) {
        Clocks clocks = context.clocks();
        if (saved instanceof SavedMeter.Window window) {
            return new SlidingWindow(window, elapsed, clocks.lag, clocks.nanoTime());
        } else if (saved instanceof SavedMeter.Period period) {
            return PeriodCounter.restored(period, elapsed, clocks);
        } else if (saved instanceof SavedMeter.Bucket bucket) {
            return new BucketCounter(bucket, elapsed, clocks);
        }
        return new InFlightCounter((SavedMeter.InFlight) saved, elapsed, clocks);
    }

    /** Returns where this organization stands with the limits of an endpoint, in the order of the tables. */
    List<LimitStatus> status(Tier tier, String endpoint) {
        return status(peekLimits(compiled(tier), endpoint));
    }

    /** Returns where this organization stands with some limits, in the order of the tables. */
    List<LimitStatus> status(CompiledLimit[] limits) {
        OrganizationState view = view(limits);
        long now = context.clocks().nanoTime();
        return inOrderOfTables(limits)
                .map(limit -> whose(0, view.meter(limit).status(limit, now)))
                .toList();
    }

    /**
     * Returns where this organization stands with all limits of a tier. Behind them come the limits of other endpoints
     * of which something is used or granted.
     */
    List<LimitStatus> status(Tier tier) {
        long now = context.clocks().nanoTime();
        CompiledTier compiled = compiled(tier);
        Stream<LimitStatus> known = compiled.limits.values().stream().map(limit -> status(limit, now));
        Stream<LimitStatus> touched = limitsOfOtherEndpoints(compiled).stream()
                .map(limit -> status(limit, now))
                .filter(status -> status.used() > 0 || status.granted() > 0);
        return Stream.concat(known, touched).map(status -> whose(0, status)).toList();
    }

    private static Stream<CompiledLimit> inOrderOfTables(CompiledLimit[] limits) {
        return Arrays.stream(limits).sorted(comparingInt(limit -> limit.order));
    }

    /** Returns where this organization stands with a limit. This question makes no meter. */
    private LimitStatus status(CompiledLimit limit, long now) {
        Meter meter = find(limit);
        return meter != null
                ? meter.status(limit, now)
                : LimitStatus.of(limit.applied, 0, 0, Optional.of(Duration.ZERO));
    }

    /**
     * Returns the limits of the endpoints that have meters and that the tier does not name, without those of groups, in
     * the order of the names that their meters have under the tier, and of the tables.
     */
    private Set<CompiledLimit> limitsOfOtherEndpoints(CompiledTier compiled) {
        Set<String> named = compiled.tier.namedEndpoints().stream()
                .map(endpoint -> new Scope.Endpoint(endpoint).name())
                .collect(Collectors.toSet());
        Comparator<CompiledLimit> byName = comparing(limit -> limit.key.scope().name());
        Set<CompiledLimit> others = new TreeSet<>(byName.thenComparingInt(limit -> limit.order));
        forEach((key, meter) -> {
            if (key.scope() instanceof Scope.Endpoint endpoint && !named.contains(endpoint.name())) {
                Arrays.stream(peekLimits(compiled, endpoint.name()))
                        .filter(limit -> limit.key.scope() instanceof Scope.Endpoint)
                        .forEach(others::add);
            }
        });
        return others;
    }

    /**
     * Returns the compiled form of a limit. For an endpoint that no table names, that is the limit of the meter which
     * the endpoint has.
     */
    CompiledLimit limit(Tier tier, AppliedLimit asked) {
        AppliedLimit applied = AppliedLimit.of(asked.table(), asked.scope(), asked.limit(), asked.shadow());
        CompiledTier compiled = compiled(tier);
        CompiledLimit named = compiled.limits.get(applied);
        return named != null
                ? named
                : Arrays.stream(limits(compiled, applied.scope().name()))
                        .filter(limit -> limit.applied.table().equals(applied.table()))
                        .findFirst()
                        .orElseThrow();
    }

    /** Makes the meters of all quotas that a tier names. */
    void makeQuotas(Tier tier) {
        compiled(tier).limits.values().stream()
                .filter(limit -> limit.applied.limit() instanceof Quota)
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
        unused.unlisted = unlisted;
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
        long bytes = BYTES + meters * BYTES_OF_METER;
        UnlistedEndpoints endpoints = unlisted;
        return endpoints == null ? bytes : bytes + endpoints.estimatedBytes();
    }

    private UnlistedEndpoints unlisted() {
        UnlistedEndpoints known = unlisted;
        return known != null ? known : addUnlisted();
    }

    private synchronized UnlistedEndpoints addUnlisted() {
        UnlistedEndpoints known = unlisted;
        if (known == null) {
            known = newUnlisted();
            unlisted = known;
        }
        return known;
    }

    private UnlistedEndpoints newUnlisted() {
        return new UnlistedEndpoints(context.maxEndpoints());
    }

    /**
     * Tells whether a decision made here holds. If this state was dropped as idle meanwhile, the decision must be made
     * again on another one.
     */
    @Override
    public boolean confirmLive() {
        return isLive() && (home == null || home.owner().confirmLive());
    }

    private boolean isLive() {
        long seen = life;
        while ((seen & 1) != 0) {
            if (LIFE.compareAndSet(this, seen, seen + 1)) {
                return true;
            }
            seen = life;
        }
        return seen != DEAD;
    }

    /**
     * Returns what counts of this organization, with ages as of {@code now}. A meter that cannot be saved is left out
     * and logged: it must not cost the others the snapshot.
     */
    SavedOrganization save(long now, Listeners listeners) {
        List<SavedMeter> saved = new ArrayList<>();
        forEach((key, meter) -> {
            try {
                SavedMeter one = meter.save(key, now);
                if (one != null) {
                    saved.add(one);
                }
            } catch (RuntimeException thrown) {
                listeners.log("A meter could not be saved in a snapshot", thrown);
            }
        });
        UnlistedEndpoints endpoints = unlisted;
        List<String> names = endpoints == null ? List.of() : endpoints.names();
        return new SavedOrganization(name, key, saved, names, savedMembers(now, listeners));
    }

    /** A member whose state is replaced meanwhile may come twice: the first one is taken. */
    private List<SavedOrganization> savedMembers(long now, Listeners listeners) {
        MemberStates known = members;
        if (known == null) {
            return List.of();
        }
        Map<MemberKey, SavedOrganization> saved = new LinkedHashMap<>();
        for (OrganizationState member : known.all()) {
            SavedOrganization one = member.save(now, listeners);
            if (!one.meters().isEmpty()) {
                saved.putIfAbsent(requireNonNull(member.key), one);
            }
        }
        return List.copyOf(saved.values());
    }

    /** Restores what was saved {@code elapsed} nanoseconds ago. Endpoints that shared meters go on to share them. */
    void restore(SavedOrganization saved, long elapsed) {
        Clocks clocks = context.clocks();
        reserve(saved.meters().size());
        for (SavedMeter meter : saved.meters()) {
            if (context.quotas() != null && meter instanceof SavedMeter.Period) {
                continue; // the store has the counts
            }
            Meter restored = restored(meter, elapsed);
            if (!restored.isIdle(clocks.nanoTime())) {
                put(meter.key(), restored);
            }
        }
        for (SavedOrganization member : saved.members()) {
            OrganizationState restored = newMember(requireNonNull(member.member()), members());
            restored.restore(member, elapsed);
            if (!restored.isIdle(clocks.nanoTime())) {
                members().put(restored);
            }
        }
        boolean shared = saved.meters().stream()
                .anyMatch(meter -> meter.key().scope() instanceof Scope.Endpoint endpoint && endpoint.isOverflow());
        if (shared || !saved.endpoints().isEmpty()) {
            unlisted = new UnlistedEndpoints(shared ? 0 : context.maxEndpoints(), saved.endpoints());
        }
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
