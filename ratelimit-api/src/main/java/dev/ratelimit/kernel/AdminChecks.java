package dev.ratelimit.kernel;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Quota;
import dev.ratelimit.Scope;
import dev.ratelimit.spi.Printable;
import java.util.stream.Stream;

/** Checks of what a host does by hand. */
public final class AdminChecks {

    private AdminChecks() {}

    /**
     * Requires that units of a quota can be granted.
     *
     * @param caller the parties, one of which it is granted to, and their tiers
     * @param quota the quota, one of a party's
     * @param units how many
     * @return the party that has the quota: the organization, a member, or what stands for further members
     * @throws IllegalArgumentException if the limit is none of a party's, or no quota, or the units are not between
     *     -2<sup>53</sup> and 2<sup>53</sup>
     */
    public static Party requireGrant(Caller caller, AppliedLimit quota, long units) {
        requireNonNull(caller, "caller");
        requireNonNull(quota, "quota");
        Arguments.require(quota.limit() instanceof Quota, "quota", "a quota", quota);
        boolean inRange = units >= -Arguments.MAX_AMOUNT && units <= Arguments.MAX_AMOUNT;
        Arguments.require(inRange, "units", ">= -2^53 and <= 2^53", units);
        return Party.of(caller).stream()
                .flatMap(party -> Stream.of(party, party.overflow()))
                .filter(party -> isOf(party, quota))
                .findFirst()
                .orElseThrow(() -> noLimitOf(caller, quota));
    }

    private static boolean isOf(Party party, AppliedLimit limit) {
        return party.namedLimits().contains(limit)
                || (limit.scope() instanceof Scope.Endpoint endpoint
                        && party.limits(endpoint.name()).own().contains(limit));
    }

    private static IllegalArgumentException noLimitOf(Caller caller, AppliedLimit quota) {
        String rule = "a limit of tier \"" + Printable.name(caller.tier().name()) + '"'
                + (caller.members().isEmpty() ? "" : " or of a member of the caller");
        return new IllegalArgumentException("quota must be " + rule + ": quota=" + Printable.name(quota.toString()));
    }

    /**
     * Requires that two callers are one organization under two tiers.
     *
     * @param caller the organization and its tier
     * @param former the organization and its former tier
     * @throws IllegalArgumentException if the organizations differ
     */
    public static void requireSameOrganization(Caller caller, Caller former) {
        requireNonNull(caller, "caller");
        requireNonNull(former, "former");
        Arguments.require(
                former.organization().equals(caller.organization()),
                "former",
                "of organization \"" + caller.organization() + '"',
                former.organization());
    }
}
