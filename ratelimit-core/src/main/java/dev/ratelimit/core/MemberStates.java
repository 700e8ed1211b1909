package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Member;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The states of the members of an organization by account, kind and name.
 *
 * <p>Callers make names up, so their number is bounded. A member beyond the bound shares the state of its kind's
 * overflow, and so does each new member of the kind as long as that state is there. A state is dropped when it is idle,
 * as that of an organization is.
 *
 * <p>An organization that is reset keeps this object. Then another state is its owner.
 *
 * <p><b>Progress.</b> Lock-free, except for the first call of a member.
 */
final class MemberStates {

    /** The states in the account of a tier. To find one makes no key. */
    private static final class Account {

        final String name;
        final ConcurrentHashMap<Member, OrganizationState> states;

        Account(String name, ConcurrentHashMap<Member, OrganizationState> states) {
            this.name = name;
            this.states = states;
        }
    }

    private final int most;

    /** The accounts that have members: nearly always one. A changed array takes the place of the former one. */
    private volatile Account[] accounts = {};

    /** The first account that had members, whether or not it still has some; null if there was none. */
    private volatile @Nullable String firstAccount;

    /** The states in the first account, which are found here by few reads. */
    private final ConcurrentHashMap<Member, OrganizationState> inFirst = new ConcurrentHashMap<>(1);

    /** The number of states that no others share. */
    private final AtomicInteger own = new AtomicInteger();

    /** The state of the organization. */
    private volatile OrganizationState owner;

    MemberStates(int most, OrganizationState owner) {
        this.most = most;
        this.owner = owner;
    }

    OrganizationState owner() {
        return owner;
    }

    void ownedBy(OrganizationState other) {
        owner = other;
    }

    boolean isEmpty() {
        return accounts.length == 0;
    }

    /** Returns all states that there are now. */
    List<OrganizationState> all() {
        return Arrays.stream(accounts)
                .flatMap(account -> account.states.values().stream())
                .toList();
    }

    /** Returns the state that has a key; null if there is none. */
    @Nullable
    OrganizationState find(MemberKey key) {
        return find(key.account(), key.member());
    }

    /** Returns the state that a member has of its own; null if it has none. */
    @Nullable
    OrganizationState find(String account, Member member) {
        if (account.equals(firstAccount)) {
            return inFirst.get(member);
        }
        Account known = find(account);
        return known == null ? null : known.states.get(member);
    }

    private @Nullable Account find(String name) {
        for (Account account : accounts) {
            if (account.name.equals(name)) {
                return account;
            }
        }
        return null;
    }

    /** Returns the key of the state that a member has or would have. This question makes no state. */
    MemberKey keyOf(MemberKey key) {
        MemberKey overflow = key.overflow();
        return find(key) != null || (find(overflow) == null && hasPlace()) ? key : overflow;
    }

    private boolean hasPlace() {
        return own.get() < most;
    }

    /** Returns the state of a member, which may be the one that it shares. A new one is made known. */
    OrganizationState get(MemberKey key, Consumer<OrganizationState> added) {
        OrganizationState known = find(key);
        OrganizationState found = known != null ? known : find(key.overflow());
        return found != null ? found : add(key, added);
    }

    private synchronized OrganizationState add(MemberKey key, Consumer<OrganizationState> added) {
        return require(keyOf(key), added);
    }

    /** Returns the state of a key, which is made if there is none, beyond the bound if need be. */
    OrganizationState require(MemberKey key, Consumer<OrganizationState> added) {
        boolean[] isNew = {false};
        OrganizationState found = change(key, known -> {
            isNew[0] = known == null;
            return known == null ? owner.newMember(key, this) : known;
        });
        if (isNew[0]) {
            added.accept(requireNonNull(found));
        }
        return requireNonNull(found);
    }

    /** Puts a state in the place of one with the same key. Returns false if that one is there no more. */
    boolean replace(MemberKey key, OrganizationState known, OrganizationState other) {
        return change(key, there -> there == known ? other : there) == other;
    }

    /** Puts a state that is restored, beyond the bound if need be. */
    void put(OrganizationState restored) {
        change(requireNonNull(restored.key), none -> restored);
    }

    /** Removes a state that has ended. */
    void remove(MemberKey key, OrganizationState ended) {
        change(key, known -> known == ended ? null : known);
    }

    /** Changes the state of a key; null stands for none. */
    private synchronized @Nullable OrganizationState change(
            MemberKey key, Function<@Nullable OrganizationState, @Nullable OrganizationState> change) {
        Account known = find(key.account());
        Account account = known == null ? newAccount(key.account()) : known;
        OrganizationState before = account.states.get(key.member());
        OrganizationState after = change.apply(before);
        if (after == null) {
            account.states.remove(key.member());
        } else {
            account.states.put(key.member(), after);
        }
        own.getAndAdd(count(key, after) - count(key, before));
        if ((known == null) != account.states.isEmpty()) {
            Stream<Account> others = Arrays.stream(accounts).filter(other -> other != account);
            accounts = Stream.concat(others, Stream.of(account))
                    .filter(each -> !each.states.isEmpty())
                    .toArray(Account[]::new);
        }
        return after;
    }

    private Account newAccount(String name) {
        if (firstAccount == null) {
            firstAccount = name;
        }
        return new Account(name, name.equals(firstAccount) ? inFirst : new ConcurrentHashMap<>(1));
    }

    private static int count(MemberKey key, @Nullable OrganizationState state) {
        return state == null || key.member().isOverflow() ? 0 : 1;
    }
}
