package dev.ratelimit.core;

import dev.ratelimit.Member;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint that an organization has called under a compiled tier, as the only party of its calls: its limits, beside
 * the meter of the first one. So a call reads both at once, and not one behind the other. Immutable.
 */
final class CalledEndpoint implements Called, Parties {

    /* As measured, on a JVM that compresses pointers. */
    static final long BYTES = 32;

    final String endpoint;

    /** Tells the compiled tier that the limits are of, and does not hold it. */
    private final Object tier;

    /** At least one, in the order of charging. */
    final CompiledLimit[] limits;

    private final Meter first;
    private final OrganizationState state;

    CalledEndpoint(OrganizationState state, CompiledTier tier, String endpoint, CompiledLimit[] limits) {
        String known = limits[0].key.scope().name();
        this.endpoint = known.equals(endpoint) ? known : endpoint; // so no string of a caller is kept
        this.tier = tier.identity;
        this.limits = limits;
        this.first = state.meter(limits[0]);
        this.state = state;
    }

    /** Tells whether this is an endpoint under a compiled tier. */
    boolean is(CompiledTier itsTier, String name) {
        return isUnder(itsTier) && endpoint.equals(name);
    }

    /** Tells whether this is an endpoint under a compiled tier, whichever. */
    boolean isUnder(CompiledTier itsTier) {
        return tier == itsTier.identity;
    }

    @Override
    @Nullable
    public CalledEndpoint find(CompiledTier itsTier, String name) {
        return is(itsTier, name) ? this : null;
    }

    @Override
    public boolean hasPlace(CompiledTier itsTier, String name) {
        return true;
    }

    @Override
    public Called with(CompiledTier itsTier, CalledEndpoint added) {
        return is(itsTier, added.endpoint) ? this : new CalledEndpoints(this).with(itsTier, added);
    }

    @Override
    public long estimatedBytes() {
        return BYTES;
    }

    /** Returns a hash of a name. Callers can choose names that collide. */
    static int hash(String endpoint) {
        int hash = endpoint.hashCode() * 0x9E37_79B9; // names that are numbered have hash codes in runs
        return hash ^ hash >>> 16;
    }

    @Override
    public String name() {
        return state.name;
    }

    @Override
    public OrganizationState state(int i) {
        return state;
    }

    @Override
    public Meter meter(int i, CompiledLimit limit) {
        return i == 0 ? first : state.meter(limit);
    }

    @Override
    @Nullable
    public Member member(int i) {
        return state.member();
    }

    @Override
    public int order(int i, CompiledLimit limit) {
        return limit.order;
    }

    @Override
    public boolean confirmLive() {
        return state.confirmLive();
    }

    @Override
    public OrganizationState view(CompiledLimit[] asked) {
        return state.view(asked);
    }

    @Override
    public OrganizationState of(int[] indexes) {
        return state;
    }

    @Override
    public OrganizationState renewed(UnaryOperator<OrganizationState> store) {
        return store.apply(state);
    }
}
