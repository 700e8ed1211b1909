package dev.ratelimit.apikeys;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Member;
import dev.ratelimit.Tier;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Printable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a key is registered as: whose it is, what it is for, by which id it is named, and the members that its calls are
 * of. Immutable.
 *
 * <pre>{@code
 * keys.register(digest, KeyRegistration.of("acme", KeyKind.TRIAL).id("key-17").member("project", "p1"));
 * }</pre>
 */
public final class KeyRegistration {

    private static final int DIGITS_OF_ID = 16;

    private final String organization;
    private final KeyKind kind;
    private final @Nullable String id;
    private final Map<String, Member> members;

    private KeyRegistration(String organization, KeyKind kind, @Nullable String id, Map<String, Member> members) {
        this.organization = requireNonNull(organization, "organization");
        this.kind = requireNonNull(kind, "kind");
        this.id = id;
        this.members = members;
    }

    /**
     * Makes a registration without an id and without members.
     *
     * @param organization whose calls the key's calls are
     * @param kind what the key is for
     * @return the registration
     */
    public static KeyRegistration of(String organization, KeyKind kind) {
        return new KeyRegistration(organization, kind, null, Map.of());
    }

    /**
     * Returns this registration with an id. Limits that a key has alone are counted by it, under a tier with
     * {@linkplain Tier.Builder#member members} of the kind {@value Member#KEY}. Messages, logs and stores have it.
     *
     * @param id what the host names the key by; never the key
     * @return the registration
     * @throws IllegalArgumentException if the id is blank
     */
    public KeyRegistration id(String id) {
        return new KeyRegistration(organization, kind, Arguments.requireName(id, "id"), members);
    }

    /**
     * Returns this registration with a member that the key's calls are of, as {@link Caller#member(String, String)}
     * has it.
     *
     * @param kind what the member is, such as {@code project}
     * @param name which one of its kind it is
     * @return the registration with one member more
     * @throws IllegalArgumentException if there is a member of that kind, or if the kind is {@value Member#KEY} or no
     *     {@linkplain Member word}
     */
    public KeyRegistration member(String kind, String name) {
        Member member = new Member(kind, name);
        Arguments.require(!kind.equals(Member.KEY), "kind", "another than that of API keys", kind);
        Arguments.require(!members.containsKey(kind), "kind", "one that the key has no member of", kind);
        Map<String, Member> more = new LinkedHashMap<>(members);
        more.put(kind, member);
        return new KeyRegistration(organization, this.kind, id, more);
    }

    String organization() {
        return organization;
    }

    KeyKind kind() {
        return kind;
    }

    /** Returns this registration for another use. */
    KeyRegistration kind(KeyKind other) {
        return new KeyRegistration(organization, other, id, members);
    }

    /** Returns this registration; if it has no id, with one that the digest gives. */
    KeyRegistration orId(KeyDigest digest) {
        return id == null ? id(digest.hex().substring(0, DIGITS_OF_ID)) : this;
    }

    /** Returns who calls with the key. The key itself is a member only where the tier limits keys. */
    Caller callerUnder(Tier tier) {
        Caller caller = Caller.of(organization, tier);
        for (Member member : members.values()) {
            caller = caller.member(member.kind(), member.name());
        }
        return id != null && tier.members().containsKey(Member.KEY) ? caller.key(id) : caller;
    }

    /** Returns for example {@code PRODUCTION key of acme}. */
    @Override
    public String toString() {
        return kind + " key of " + Printable.name(organization);
    }
}
