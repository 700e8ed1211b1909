package dev.ratelimit.redis;

import dev.ratelimit.Member;
import org.jspecify.annotations.Nullable;

/**
 * Where one party of a call is listed on the server: what it calls, and a member itself. The lists tell which meters
 * the party has.
 *
 * @param member the member; null for the organization
 * @param account the account of the organization's tier
 * @param list which list of the party's has the endpoint: {@link RedisKeys#UNLISTED} or {@link RedisKeys#NAMED}
 * @param name the endpoint as that list has it
 * @param mostNames how many names the list may hold for the limits to count this endpoint alone; negative if any number
 * @param mostMembers how many members the organization may have for this one to have meters of its own; negative if
 *     any number
 */
record Place(@Nullable Member member, String account, String list, String name, int mostNames, int mostMembers) {

    static final int ANY_NUMBER = -1;

    /** Makes a place of a party without an endpoint, which is not bounded. */
    static Place of(@Nullable Member member, String account) {
        return new Place(member, account, RedisKeys.UNLISTED, "", ANY_NUMBER, ANY_NUMBER);
    }

    /** Returns the key of a list of this party's, behind what all keys of the organization begin with. */
    String key(String of) {
        return member == null ? of : of + ":" + entry(member);
    }

    /** Returns the key of the list that has the endpoint. */
    String key() {
        return key(list);
    }

    /** Returns the line that tells the script of a member. */
    String line() {
        Member own = member;
        if (own == null) {
            return name;
        }
        String mark = entry(Member.overflow(own.kind()));
        return "\n" + mostNames + ' ' + mostMembers + ' ' + entry(own) + ' ' + mark + ' '
                + (name.isEmpty() ? RedisKeys.OVERFLOW : name);
    }

    private String entry(Member of) {
        return RedisKeys.encode(account) + '/' + RedisKeys.encode(of);
    }

    /** Returns the place from which on the names of the lists are asked for. */
    Place at(String cursor) {
        return new Place(member, account, RedisKeys.UNLISTED, cursor, ANY_NUMBER, ANY_NUMBER);
    }

    /** Returns the same place without bounds. */
    Place unbounded() {
        return new Place(member, account, list, name, ANY_NUMBER, ANY_NUMBER);
    }

    /** Returns the place of an endpoint beyond the bound of names. */
    Place ofFurtherEndpoints() {
        return new Place(member, account, list, RedisKeys.OVERFLOW, ANY_NUMBER, mostMembers);
    }

    /** Returns the place of a member beyond the bound of members; of the organization, the same. */
    Place ofFurtherMembers() {
        Member own = member;
        return own == null ? this : new Place(Member.overflow(own.kind()), account, list, name, mostNames, ANY_NUMBER);
    }
}
