package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.spi.Printable;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An organization in a snapshot.
 *
 * @param name any string, even an empty or a malformed one
 * @param member the account and the member whose meters these are; null for those of the organization
 * @param meters its meters in any order, no two of the same key
 * @param endpoints the unlisted endpoints that have meters of their own: see {@link UnlistedEndpoints}
 * @param members those of the organization, no two with the same key; none for a member
 */
record SavedOrganization(
        String name,
        @Nullable MemberKey member,
        List<SavedMeter> meters,
        List<String> endpoints,
        List<SavedOrganization> members) {

    /** Makes an organization without members. */
    SavedOrganization(String name, List<SavedMeter> meters, List<String> endpoints) {
        this(name, null, meters, endpoints, List.of());
    }

    /** Throws {@link IllegalArgumentException} if two meters have the same key. */
    SavedOrganization {
        requireNonNull(name, "name");
        meters = List.copyOf(meters);
        endpoints = List.copyOf(endpoints);
        members = List.copyOf(members);
        Set<MemberKey> ofMembers = new HashSet<>();
        for (SavedOrganization each : members) {
            if (each.member == null || !each.members.isEmpty() || !ofMembers.add(each.member)) {
                throw new IllegalArgumentException(
                        Printable.text("member must be one only, without members: member=" + each.member));
            }
        }
        Set<MeterKey> keys = new HashSet<>();
        for (SavedMeter meter : meters) {
            if (!keys.add(meter.key())) {
                throw new IllegalArgumentException("key must be that of one meter only: key="
                        + Printable.text(meter.key().toString()));
            }
        }
    }

    /** Tells whether nothing counts. */
    boolean isEmpty() {
        return meters.isEmpty() && members.isEmpty();
    }

    /** Returns the number of meters, those of members included. */
    long countMeters() {
        return meters.size()
                + members.stream().mapToLong(member -> member.meters.size()).sum();
    }
}
