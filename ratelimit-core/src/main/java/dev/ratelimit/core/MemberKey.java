package dev.ratelimit.core;

import dev.ratelimit.Member;

/**
 * Who has a state of a member, within an organization.
 *
 * @param account that of the organization's tier
 * @param member the member, or what stands for further ones of its kind
 */
record MemberKey(String account, Member member) {

    /** Returns the key of the state that members of the same kind share beyond the bound. */
    MemberKey overflow() {
        return new MemberKey(account, Member.overflow(member.kind()));
    }
}
