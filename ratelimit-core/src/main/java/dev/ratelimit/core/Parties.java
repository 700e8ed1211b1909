package dev.ratelimit.core;

import java.util.function.UnaryOperator;

/**
 * Whose meters a call charges: the state of its organization, or a {@link PartyGroup} with those of members. A limit is
 * asked by its place among the limits of the call.
 */
interface Parties extends Owners {

    /** Returns the state whose meter the i-th limit has. */
    OrganizationState state(int i);

    /** Returns the meter of the i-th limit, which is made if there is none. */
    Meter meter(int i, CompiledLimit limit);

    /**
     * Tells whether a decision made here holds. If a state was dropped as idle meanwhile, the decision must be made
     * again on other states.
     */
    boolean confirmLive();

    /**
     * Returns the states to read the meters of some limits in. Meters that are missing can be made there, and are not
     * kept.
     */
    Parties view(CompiledLimit[] limits);

    /** Returns the name of the organization. */
    String name();

    /** Returns the parties of some of the limits. */
    Parties of(int[] indexes);

    /** Returns the states that replace those of these which have ended, as a store renews them. */
    Parties renewed(UnaryOperator<OrganizationState> store);
}
