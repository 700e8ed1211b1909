package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Tier;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The limits of an organization's endpoints, beside their meters: what it holds of its tiers, and of the endpoints that
 * no table names.
 *
 * <p>It holds a compiled tier that other organizations hold too, or an {@link OwnTier}. An organization may call under
 * two tiers in turn, as with two kinds of keys. So an own tier stays when another one comes, and holds that one.
 *
 * <p>What it holds is a hint, which may be seen late: each call compares it with the tier that it names.
 */
abstract class EndpointLimits extends MeterTable {

    final OrganizationContext context;

    /** Also a reference that keeps a compiled tier from being collected. */
    private @Nullable HeldTier held;

    /** Made with the first call of an endpoint that no table names. */
    private volatile @Nullable UnlistedEndpoints unlisted;

    /** Made with the first call that it helps. */
    private volatile @Nullable Called called;

    EndpointLimits(OrganizationContext context, @Nullable MemberStates home) {
        super(home);
        this.context = context;
    }

    /** Returns the account that usage under a tier is written in. */
    abstract String account(Tier tier);

    /** Makes an endpoint that is called under a compiled tier. */
    abstract CalledEndpoint newCalled(CompiledTier compiled, String endpoint, CompiledLimit[] limits);

    /* ---------------- Under a tier ---------------- */

    /** Returns an endpoint with its limits and their meter; null if it must be looked up by them. */
    final @Nullable CalledEndpoint called(Tier tier, String endpoint, TierCache tierCache) {
        Called all = called;
        CompiledTier compiled = all == null ? null : compiled(tierCache.usual(tier), tier, tierCache);
        return all == null || compiled == null ? null : all.find(compiled, endpoint);
    }

    /**
     * Returns the limits of an endpoint, in the order of charging. Those under the usual compiled tier are looked up
     * before this object is read, also for a tier of its own, which mostly has them as its form.
     */
    final CompiledLimit[] limits(Tier tier, String endpoint, TierCache tierCache) {
        CompiledTier usual = tierCache.usual();
        CompiledLimit[] ofUsual = usual == null ? null : usual.find(endpoint);
        CompiledTier same = usual != null && usual.isOf(tier) ? usual : null;
        if (same == null && ofUsual != null && held instanceof OwnTier own) {
            CompiledLimit[] only = own.find(tier, ofUsual);
            if (only != null) {
                return only;
            }
        }
        CompiledTier compiled = compiled(same, tier, tierCache);
        CompiledLimit[] limits = same == null ? null : ofUsual;
        if (limits == null) {
            limits = compiled == null ? limits(tier, endpoint) : limits(compiled, endpoint);
        }
        if (compiled == null) {
            HeldTier known = held;
            if (known != null) {
                tierCache.offerUsual(formOf(known));
            }
            compiled = compiledOf(known, tier);
        }
        if (compiled != null && (unlisted != null || hasMany())) {
            remember(compiled, endpoint, limits);
        }
        return limits;
    }

    /**
     * Returns the compiled tier of a tier, which is held then; null if this holds none.
     *
     * @param usual the usual compiled tier, if it is that of the tier; it was compared before this object is read, so
     *     the processor goes on to the limits while it waits for the memory of this object
     */
    private @Nullable CompiledTier compiled(@Nullable CompiledTier usual, Tier tier, TierCache tierCache) {
        if (usual != null) {
            hold(usual);
            return usual;
        }
        CompiledTier compiled = compiledOf(held, tier);
        if (compiled != null) {
            tierCache.offerUsual(compiled);
        }
        return compiled;
    }

    /** Returns what is held, if it is the compiled form of a tier itself; otherwise null. */
    private static @Nullable CompiledTier compiledOf(@Nullable HeldTier known, Tier tier) {
        return known instanceof CompiledTier compiled && compiled.tier.equals(tier) ? compiled : null;
    }

    /** Remembers an endpoint for later calls, unless its name is one of many that have no meters of their own. */
    private void remember(CompiledTier compiled, String endpoint, CompiledLimit[] limits) {
        UnlistedEndpoints endpoints = unlisted;
        boolean isOwn = compiled.names(endpoint) || (endpoints != null && endpoints.has(endpoint));
        if (limits.length > 0 && isOwn) {
            Called all = called;
            if (all == null || all.hasPlace(compiled, endpoint)) {
                add(compiled, newCalled(compiled, endpoint, limits));
            }
        }
    }

    private synchronized void add(CompiledTier compiled, CalledEndpoint added) {
        Called known = called;
        called = known == null ? added : known.with(compiled, added);
    }

    /** Holds a compiled tier, so that it stays while this organization is on its tier. */
    @SuppressWarnings("ReferenceEquality")
    private void hold(CompiledTier compiled) {
        HeldTier known = held;
        if (known instanceof OwnTier own) {
            if (own.former != compiled) {
                own.former = compiled;
            }
        } else if (known != compiled) {
            held = compiled;
        }
    }

    /** Returns the limits of an endpoint, in the order of charging. */
    final CompiledLimit[] limits(Tier tier, String endpoint) {
        HeldTier known = held;
        CompiledLimit[] limits = known == null ? null : find(known, tier, endpoint);
        if (limits == null && known instanceof OwnTier own && own.former != null) {
            limits = find(own.former, tier, endpoint);
        }
        return limits != null ? limits : limitsUnderNew(tier, endpoint);
    }

    /** Returns the limits of an endpoint; null if what is held is not of a tier. */
    private CompiledLimit @Nullable [] find(HeldTier known, Tier tier, String endpoint) {
        if (known instanceof CompiledTier compiled) {
            return compiled.tier.equals(tier) ? limits(compiled, endpoint) : null;
        }
        OwnTier own = (OwnTier) known;
        if (own.holds(tier)) {
            CompiledLimit[] ofForm = limits(own.form, endpoint);
            CompiledLimit[] limits = own.find(ofForm);
            return limits != null ? limits : add(own, ofForm, tier, endpoint);
        }
        return own.form.hasShapeOf(tier, account(tier)) ? findEqual(own, tier, endpoint) : null;
    }

    private CompiledLimit @Nullable [] findEqual(OwnTier own, Tier tier, String endpoint) {
        CompiledLimit[] ofForm = limits(own.form, endpoint);
        CompiledLimit[] limits = own.find(ofForm);
        if (limits == null) {
            return add(own, ofForm, tier, endpoint);
        }
        if (!OwnTier.areOf(limits, tier.limitsFor(endpoint))) {
            return null;
        }
        if (own.hasSeen(tier) && !own.hold(tier, ofForm, limits)) {
            OwnTier holding = new OwnTier(own.form, own == held ? own.former : null);
            holding.put(tier, limits);
            holding.hold(tier, ofForm, limits);
            replace(own, holding);
        }
        return limits;
    }

    /** Adds the limits of an endpoint under a tier, and returns them; null if another tier is held. */
    private static CompiledLimit @Nullable [] add(OwnTier own, CompiledLimit[] ofForm, Tier tier, String endpoint) {
        CompiledLimit[] limits = OwnTier.of(ofForm, tier.limitsFor(endpoint));
        return own.put(tier, limits) ? limits : null;
    }

    private void replace(OwnTier own, OwnTier other) {
        if (held instanceof OwnTier first && first != own) {
            first.former = other;
        } else {
            held = other;
        }
    }

    private CompiledLimit[] limitsUnderNew(Tier tier, String endpoint) {
        HeldTier former = held;
        HeldTier made = context.tierCache().held(tier, account(tier), former);
        if (!(made instanceof OwnTier own)) {
            hold((CompiledTier) made);
            return limits((CompiledTier) made, endpoint);
        }
        if (former instanceof OwnTier second) {
            second.former = null;
        }
        held = own;
        CompiledLimit[] limits = OwnTier.of(limits(own.form, endpoint), tier.limitsFor(endpoint));
        own.put(tier, limits);
        return limits;
    }

    /**
     * Returns the limits of an endpoint as a call would meet them, in the order of charging. This question takes no
     * place of an unlisted endpoint.
     */
    final CompiledLimit[] peekLimits(Tier tier, String endpoint) {
        CompiledTier form = form(tier);
        CompiledLimit[] limits = peekLimits(form, endpoint);
        return form.tier.equals(tier) ? limits : OwnTier.of(limits, tier.limitsFor(endpoint));
    }

    /** Returns the limits that a tier names, in its order. */
    final Stream<CompiledLimit> namedLimits(Tier tier) {
        CompiledTier form = form(tier);
        Stream<CompiledLimit> limits = form.limits.values().stream();
        if (form.tier.equals(tier)) {
            return limits;
        }
        Iterator<AppliedLimit> own = tier.namedLimits().iterator();
        return limits.map(limit -> limit.of(own.next().limit()));
    }

    /** Returns the compiled tier that has the shape of a tier, be it that of another one. */
    final CompiledTier form(Tier tier) {
        HeldTier known = held;
        if (known instanceof OwnTier own && !isFormOf(own, tier)) {
            known = own.former;
        }
        return known != null && isFormOf(known, tier)
                ? formOf(known)
                : formOf(context.tierCache().held(tier, account(tier), null));
    }

    /** Returns the tier that is held and equals another one; null if none does. */
    final @Nullable Tier held(Tier tier) {
        HeldTier known = held;
        if (known instanceof OwnTier own && !own.holds(tier)) {
            known = own.former;
        }
        if (known instanceof OwnTier own) {
            return own.holds(tier) ? tier : null;
        }
        CompiledTier compiled = compiledOf(known, tier);
        return compiled == null ? null : compiled.tier;
    }

    /** Counts what this holds in the vote for the usual compiled tier. */
    final void voteFor(TierCache tierCache) {
        HeldTier known = held;
        if (known != null) {
            tierCache.vote(formOf(known));
        }
    }

    private static CompiledTier formOf(HeldTier known) {
        return known instanceof OwnTier own ? own.form : (CompiledTier) known;
    }

    private boolean isFormOf(HeldTier known, Tier tier) {
        return known instanceof CompiledTier compiled
                ? compiled.tier.equals(tier)
                : formOf(known).hasShapeOf(tier, account(tier));
    }

    /* ---------------- Under a compiled tier ---------------- */

    /** Returns the limits of an endpoint, in the order of charging. */
    final CompiledLimit[] limits(CompiledTier compiled, String endpoint) {
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

    /** Returns the limits of an endpoint as a call would meet them, as above. */
    final CompiledLimit[] peekLimits(CompiledTier compiled, String endpoint) {
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

    /* ---------------- The names of endpoints ---------------- */

    /** Returns the names of the unlisted endpoints that have meters of their own. */
    final List<String> unlistedNames() {
        UnlistedEndpoints known = unlisted;
        return known == null ? List.of() : known.names();
    }

    /** Sets the names of the unlisted endpoints that have meters of their own. Nobody calls here yet. */
    final void setUnlisted(UnlistedEndpoints restored) {
        unlisted = restored;
    }

    /** Takes over the names of the unlisted endpoints of another state, and shares them with it. */
    final void shareUnlistedOf(EndpointLimits other) {
        unlisted = other.unlisted;
    }

    /** Estimates the heap of what is held of tiers and endpoints, in bytes, without what organizations share. */
    final long estimatedBytesOfLimits() {
        UnlistedEndpoints endpoints = unlisted;
        Called all = called;
        long bytes = endpoints == null ? 0 : endpoints.estimatedBytes();
        bytes += all == null ? 0 : all.estimatedBytes();
        return held instanceof OwnTier own ? bytes + own.estimatedBytes() : bytes;
    }
}
