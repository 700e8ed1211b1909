package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Printable;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Who calls: an organization, under the tier of the key it calls with, and the members of it that the call is of. An
 * immutable value.
 *
 * <pre>{@code
 * Caller acme = limiter.caller("acme");
 * limiter.tryAcquire(acme.member("user", "u7"), "chat"); // under its tier's tier of users
 * limiter.tryAcquire(acme.member("project", "p1", PROJECT).member("user", "u7"), "chat");
 * }</pre>
 *
 * <p>The organization and the members are the parties of a call. The limits of all parties decide it together, all or
 * nothing. A caller names at most one member of each kind. Two callers that name the same members are equal, in
 * whatever order they were named: the parties are the organization, then the members in the order of their kinds.
 *
 * <p>Later versions will say more of a caller, so it is made by a factory.
 */
public final class Caller implements Resolution {

    private final String organization;
    private final Tier tier;

    /** In the order of their kinds, so that the order in which they were named does not matter. */
    private final Named[] members;

    private final List<Member> names;

    private static final Named[] NONE = {};

    /**
     * A member of a caller.
     *
     * @param own the tier that the host gave it
     * @param tier the tier that it has: without one of its own, that of its organization's tier for its kind
     */
    private record Named(Member member, @Nullable Tier own, Optional<Tier> tier) {

        static Named of(Member member, @Nullable Tier own, Tier ofOrganization) {
            return new Named(
                    member,
                    own,
                    Optional.ofNullable(own == null ? ofOrganization.members().get(member.kind()) : own));
        }
    }

    private Caller(String organization, Tier tier, Named[] members) {
        this.organization = requireNonNull(organization, "organization");
        this.tier = requireNonNull(tier, "tier");
        this.members = members;
        this.names = members.length == 0 ? List.of() : namesOf(members);
    }

    private static List<Member> namesOf(Named[] members) {
        Member[] names = new Member[members.length];
        Arrays.setAll(names, i -> members[i].member);
        return List.of(names);
    }

    /**
     * Makes a caller without members.
     *
     * @param organization who is limited; all its users and keys add up
     * @param tier the tier that decides its calls
     * @return the caller
     */
    public static Caller of(String organization, Tier tier) {
        return new Caller(organization, tier, NONE);
    }

    /**
     * Returns this caller with a member, under the tier that its organization's tier {@linkplain Tier.Builder#member
     * has for members of that kind}. If it has none, the member is not limited.
     *
     * @param kind what the member is, such as {@code user}
     * @param name which one of its kind it is
     * @return the caller with one member more
     * @throws IllegalArgumentException if the caller has a member of that kind, or if the kind is {@value Member#KEY},
     *     which {@link #key} names, or no {@linkplain Member word}
     */
    public Caller member(String kind, String name) {
        return with(ofHost(kind, name), null);
    }

    /**
     * Returns this caller with a member under a tier of its own. What it uses is written in the account of its
     * organization's tier.
     *
     * @param kind what the member is, such as {@code project}
     * @param name which one of its kind it is
     * @param tier the tier, which states no account and no members
     * @return the caller with one member more
     * @throws IllegalArgumentException if the caller has a member of that kind, if the kind is {@value Member#KEY} or
     *     no {@linkplain Member word}, or if the tier states an account or members
     */
    public Caller member(String kind, String name, Tier tier) {
        return with(ofHost(kind, name), Tier.requireOfMembers(tier));
    }

    /**
     * Returns this caller with the API key that the call brought, as a member of the kind {@value Member#KEY}. The tier
     * of the organization says what a key alone is limited to. A {@linkplain dev.ratelimit.apikeys directory of keys}
     * names the key so.
     *
     * @param id what the host names the key by; never the key, since messages and stores have it
     * @return the caller with one member more
     * @throws IllegalArgumentException if the caller has a key
     */
    public Caller key(String id) {
        return with(new Member(Member.KEY, id), null);
    }

    private static Member ofHost(String kind, String name) {
        Member member = new Member(kind, name);
        Arguments.require(!kind.equals(Member.KEY), "kind", "another than that of API keys", kind);
        return member;
    }

    private Caller with(Member member, @Nullable Tier own) {
        int at = 0;
        while (at < members.length && members[at].member.kind().compareTo(member.kind()) < 0) {
            at++;
        }
        if (at < members.length && members[at].member.kind().equals(member.kind())) {
            throw new IllegalArgumentException(
                    "a caller must have one member of a kind: " + members[at].member + " and " + member);
        }
        Named[] more = new Named[members.length + 1];
        System.arraycopy(members, 0, more, 0, at);
        more[at] = Named.of(member, own, tier);
        System.arraycopy(members, at, more, at + 1, members.length - at);
        return new Caller(organization, tier, more);
    }

    /**
     * Returns the same parties under other tiers.
     *
     * @param change makes the tier that takes a tier's place: of the organization's, and of those that members have of
     *     their own
     * @return the caller
     * @throws IllegalArgumentException if a member's tier then states an account or members
     */
    public Caller withTiers(UnaryOperator<Tier> change) {
        Tier changed = requireNonNull(change.apply(tier), "tier");
        Named[] others = members.clone();
        Arrays.setAll(others, i -> {
            Tier own = others[i].own;
            return Named.of(others[i].member, own == null ? null : Tier.requireOfMembers(change.apply(own)), changed);
        });
        return new Caller(organization, changed, others);
    }

    /**
     * Returns who is limited.
     *
     * @return the name of the organization
     */
    public String organization() {
        return organization;
    }

    /**
     * Returns the tier that decides the calls of this caller.
     *
     * @return the tier of the organization
     */
    public Tier tier() {
        return tier;
    }

    /**
     * Returns the members of the organization that the call is of, limited or not.
     *
     * @return the members in the order of their kinds, unmodifiable
     */
    public List<Member> members() {
        return names;
    }

    /**
     * Returns the tier of a member of this caller.
     *
     * @param kind the kind of the member
     * @return its own tier, otherwise that of the organization's tier for its kind; empty if it is not limited, or if
     *     there is no member of that kind
     */
    public Optional<Tier> tierOf(String kind) {
        requireNonNull(kind, "kind");
        for (Named named : members) {
            if (named.member.kind().equals(kind)) {
                return named.tier;
            }
        }
        return Optional.empty();
    }

    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof Caller that
                        && organization.equals(that.organization)
                        && tier.equals(that.tier)
                        && Arrays.equals(members, that.members));
    }

    @Override
    public int hashCode() {
        return 31 * (31 * organization.hashCode() + tier.hashCode()) + Arrays.hashCode(members);
    }

    /**
     * Returns the organization, and the tier by name and account, for example {@code acme under tier trial (account
     * default)}; and the members, with the name of a tier of their own.
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(Printable.name(organization))
                .append(" under tier ")
                .append(Printable.name(tier.name()))
                .append(" (account ")
                .append(Printable.name(tier.account()))
                .append(')');
        for (Named named : members) {
            text.append(", ").append(named.member);
            if (named.own != null) {
                text.append(" under tier ").append(Printable.name(named.own.name()));
            }
        }
        return Printable.text(text.toString());
    }
}
