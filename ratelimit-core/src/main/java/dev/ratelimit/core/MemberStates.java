package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
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

    private final int most;
    private final ConcurrentHashMap<MemberKey, OrganizationState> states = new ConcurrentHashMap<>(1);

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
        return states.isEmpty();
    }

    Collection<OrganizationState> all() {
        return states.values();
    }

    /** Returns the state that has a key; null if there is none. */
    @Nullable
    OrganizationState find(MemberKey key) {
        return states.get(key);
    }

    /** Returns the key of the state that a member has or would have. This question makes no state. */
    MemberKey keyOf(MemberKey key) {
        MemberKey overflow = key.overflow();
        return states.containsKey(key) || (!states.containsKey(overflow) && hasPlace()) ? key : overflow;
    }

    private boolean hasPlace() {
        return own.get() < most;
    }

    /** Returns the state of a member, which may be the one that it shares. A new one is made known. */
    OrganizationState get(MemberKey key, Consumer<OrganizationState> added) {
        OrganizationState known = states.get(key);
        OrganizationState found = known != null ? known : states.get(key.overflow());
        return found != null ? found : add(key, added);
    }

    private synchronized OrganizationState add(MemberKey key, Consumer<OrganizationState> added) {
        return require(keyOf(key), added);
    }

    /** Returns the state of a key, which is made if there is none, beyond the bound if need be. */
    OrganizationState require(MemberKey key, Consumer<OrganizationState> added) {
        boolean[] isNew = {false};
        OrganizationState found = states.computeIfAbsent(key, missing -> {
            isNew[0] = true;
            own.getAndAdd(count(missing));
            return owner.newMember(missing, this);
        });
        if (isNew[0]) {
            added.accept(found);
        }
        return found;
    }

    /** Puts a state in the place of one with the same key. Returns false if that one is there no more. */
    boolean replace(MemberKey key, OrganizationState known, OrganizationState other) {
        return states.replace(key, known, other);
    }

    /** Puts a state that is restored, beyond the bound if need be. */
    void put(OrganizationState restored) {
        MemberKey key = requireNonNull(restored.key);
        states.put(key, restored);
        own.getAndAdd(count(key));
    }

    /** Removes a state that has ended. */
    void remove(MemberKey key, OrganizationState ended) {
        if (states.remove(key, ended)) {
            own.getAndAdd(-count(key));
        }
    }

    private static int count(MemberKey key) {
        return key.member().isOverflow() ? 0 : 1;
    }
}
