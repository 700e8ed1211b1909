package dev.ratelimit.spi;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Member;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import java.util.List;
import java.util.Optional;

/**
 * The identity of a quota's meter, for a {@link QuotaStore}. Quotas with equal keys add up, on all machines; their
 * amount and overrun are not in it.
 *
 * <p>Callers choose some of the names: those of organizations, members and endpoints. A name may be long, may have any
 * character, also U+0000 and unpaired surrogates, and may differ from another by case only. A scope keeps the hash of a
 * long name in it. So a store compares names by their characters, or by a digest of {@link #identity()}.
 *
 * @param organization whose quota it is, or whose member's
 * @param account the account of the organization's tier
 * @param member whose quota it is; empty if it is the organization's own
 * @param table the table that the quota stands in
 * @param scope the endpoint or the group: a {@link Scope.Endpoint} or a {@link Scope.Group}
 * @param unit what is counted
 * @param period how the time-line is divided
 */
public record QuotaKey(
        String organization,
        String account,
        Optional<Member> member,
        String table,
        Scope scope,
        Unit unit,
        QuotaPeriod period) {

    /**
     * Makes a key.
     *
     * @param organization whose quota it is, or whose member's
     * @param account the account of the organization's tier
     * @param member whose quota it is; empty if it is the organization's own
     * @param table the table that the quota stands in
     * @param scope the endpoint or the group
     * @param unit what is counted
     * @param period how the time-line is divided
     * @throws NullPointerException if one is null
     */
    public QuotaKey {
        requireNonNull(organization, "organization");
        requireNonNull(account, "account");
        requireNonNull(member, "member");
        requireNonNull(table, "table");
        requireNonNull(scope, "scope");
        requireNonNull(unit, "unit");
        requireNonNull(period, "period");
    }

    /**
     * Returns the texts that identify the meter, always in the same order and number. Two keys are equal if and only if
     * these texts are. The texts do not depend on the version of this library, so a store may keep a digest of them. A
     * digest must be made of the length of each text too: texts may have any character.
     *
     * @return the organization, the account, the kind and the name of the member (both empty if there is none), the
     *     table, {@code endpoint} or {@code group}, the name of the scope, the unit, and the period
     */
    public List<String> identity() {
        return List.of(
                organization,
                account,
                member.map(Member::kind).orElse(""),
                member.map(Member::name).orElse(""),
                table,
                scope instanceof Scope.Group ? "group" : "endpoint",
                scope.name(),
                unit.name(),
                period.toString());
    }

    /** Returns a text for people, in which names are safe to print and cut. */
    @Override
    public String toString() {
        return "quota of " + unit + " per " + period + " for " + scope + " (" + Printable.name(table) + ") of "
                + member.map(own -> own + " of ").orElse("") + Printable.name(organization) + ", account "
                + Printable.name(account);
    }
}
