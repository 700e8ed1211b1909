package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.Tier;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A tier of one organization: the limits of the endpoints that it has called, with the amounts of that tier. All else
 * is that of a compiled tier of the same shape, which many organizations share.
 *
 * <p>A host may give the same {@link Tier} at each call, or build an equal one. The same one is recognized by
 * reference. So this object holds a tier that came twice. Of others it compares the shape, and the amounts of the
 * endpoint that is called. It holds none of them: a tier is larger than all that an organization has.
 *
 * <p>Limits are found by those of the compiled tier. There they are an array, one object for each endpoint that has
 * limits of its own.
 *
 * <p><b>Guarantees.</b> While this holds a tier, all its limits are of that tier. Otherwise each array of limits is of
 * one tier, and is compared at each call.
 *
 * <p><b>Progress.</b> A look-up takes no lock. The first call of an endpoint takes one.
 */
final class OwnTier implements HeldTier {

    /* As measured with one limit, on a JVM that compresses pointers. */
    private static final long BYTES = 32;
    private static final long BYTES_OF_ENDPOINT = 95;

    private static final VarHandle KNOWN = VarHandles.of(MethodHandles.lookup(), "known", Object.class);

    /** A compiled tier of the same shape. */
    final CompiledTier form;

    /** The tier that all limits are of, if the host gives it at each call; otherwise null. */
    private volatile @Nullable Tier tier;

    /** The limits of the only endpoint; null if there are several or none. */
    private volatile CompiledLimit @Nullable [] only;

    /**
     * The limits of several endpoints, as {@link Several}; beside those of one a hint. While this holds a tier, it
     * is the limits of the compiled tier that they take the place of. So they are found without a look at them. Before,
     * it is the identity hash of the last tier that was compared.
     */
    private volatile @Nullable Object known;

    /** What the organization held before; null, or what it calls under in turn with this. */
    @Nullable
    HeldTier former;

    OwnTier(CompiledTier form, @Nullable HeldTier former) {
        this.form = form;
        this.former = former;
    }

    /** Tells whether this holds a tier, by reference. */
    @SuppressWarnings("ReferenceEquality")
    boolean holds(Tier asked) {
        return tier == asked;
    }

    /** Tells whether a tier comes the second time in turn. */
    boolean hasSeen(Tier asked) {
        Object last = known;
        Integer hash = System.identityHashCode(asked);
        if (last instanceof Several several) {
            return several.hasSeen(hash);
        }
        boolean again = hash.equals(last);
        if (!again) {
            KNOWN.compareAndSet(this, last, hash); // lost if others have added limits meanwhile
        }
        return again;
    }

    /**
     * Returns the limits of the only endpoint, if they are of a tier that this holds; otherwise null.
     *
     * @param ofForm the limits of the compiled tier that they are to take the place of
     */
    @SuppressWarnings("ReferenceEquality")
    CompiledLimit @Nullable [] find(Tier asked, CompiledLimit[] ofForm) {
        return tier == asked && known == ofForm ? only : null;
    }

    /** Returns the limits that take the place of those of the compiled tier; null if they were not added. */
    CompiledLimit @Nullable [] find(CompiledLimit[] ofForm) {
        CompiledLimit[] known = only;
        if (known != null) {
            return areAt(ofForm, known) ? known : null;
        }
        return this.known instanceof Several several ? several.find(ofForm) : null;
    }

    /** Estimates the heap of this tier, in bytes. */
    synchronized long estimatedBytes() {
        long endpoints = known instanceof Several several ? several.size : 1;
        return BYTES + endpoints * BYTES_OF_ENDPOINT;
    }

    /**
     * Holds a tier, if some limits of it are all that are here. Tells whether it does.
     *
     * @param ofForm the limits of the compiled tier that they take the place of
     */
    @SuppressWarnings("ReferenceEquality")
    synchronized boolean hold(Tier itsTier, CompiledLimit[] ofForm, CompiledLimit[] all) {
        boolean holds = only == all;
        if (holds) {
            known = ofForm;
            tier = itsTier;
        }
        return holds;
    }

    /**
     * Adds limits of a tier, or puts them in the place of those of an earlier one. Returns false if this holds another
     * tier.
     */
    synchronized boolean put(Tier itsTier, CompiledLimit[] own) {
        Tier held = tier;
        boolean takes = held == null || held.equals(itsTier);
        if (takes) {
            put(own);
        }
        return takes;
    }

    private void put(CompiledLimit[] own) {
        CompiledLimit[] one = only;
        if (known instanceof Several several) {
            Several wider = several.withRoom();
            wider.put(own);
            known = wider;
        } else if (one == null || areAt(own, one)) {
            only = own;
        } else {
            Several several = new Several(4);
            several.put(one);
            several.put(own);
            known = several;
            only = null; // who does not find this one finds the several
        }
    }

    /** Makes the limits of a tier that take the place of those of a compiled tier of the same shape. */
    static CompiledLimit[] of(CompiledLimit[] ofForm, List<AppliedLimit> applied) {
        CompiledLimit[] own = new CompiledLimit[ofForm.length];
        Arrays.setAll(own, i -> ofForm[i].of(limitAt(i, ofForm, applied)));
        return own;
    }

    /** Tells whether limits have the amounts that a tier has at their places. */
    static boolean areOf(CompiledLimit[] own, List<AppliedLimit> applied) {
        boolean same = true;
        for (int i = 0; same && i < own.length; i++) {
            same = own[i].hasAmountOf(limitAt(i, own, applied));
        }
        return same;
    }

    /** Returns what the i-th limit is in a tier, whose limits are in the order of the tables. */
    private static Limit limitAt(int i, CompiledLimit[] limits, List<AppliedLimit> applied) {
        int place = 0;
        for (CompiledLimit other : limits) {
            place += other.order < limits[i].order ? 1 : 0;
        }
        return applied.get(place).limit();
    }

    /** Tells whether limits stand at the places of others in a tier: then they share a meter. */
    private static boolean areAt(CompiledLimit[] ofForm, CompiledLimit[] own) {
        boolean same = ofForm.length == own.length;
        for (int i = 0; same && i < own.length; i++) {
            same = own[i].key.equals(ofForm[i].key);
        }
        return same;
    }

    /** The limits of several endpoints: a hash table with linear probing. It is changed by one thread at a time. */
    private static final class Several {

        private static final VarHandle PLACE = MethodHandles.arrayElementVarHandle(CompiledLimit[][].class);

        private final CompiledLimit[][] places;
        private int size;

        /** The identity hash of the last tier that was compared: a hint. */
        private int seen;

        Several(int places) {
            this.places = new CompiledLimit[places][];
        }

        boolean hasSeen(int hash) {
            boolean again = seen == hash;
            seen = hash;
            return again;
        }

        private static int hash(CompiledLimit[] limits) {
            int hash = 0;
            for (CompiledLimit limit : limits) {
                hash = 31 * hash + limit.key.hashCode();
            }
            return hash ^ hash >>> 16;
        }

        CompiledLimit @Nullable [] find(CompiledLimit[] ofForm) {
            return at(placeOf(ofForm));
        }

        /** Returns the place of limits, or the one where they are to be put. */
        private int placeOf(CompiledLimit[] ofForm) {
            int last = places.length - 1;
            int place = hash(ofForm) & last;
            for (CompiledLimit[] known = at(place); known != null && !areAt(ofForm, known); known = at(place)) {
                place = (place + 1) & last;
            }
            return place;
        }

        private CompiledLimit @Nullable [] at(int place) {
            return (CompiledLimit[]) PLACE.getAcquire(places, place);
        }

        void put(CompiledLimit[] own) {
            int place = placeOf(own);
            size += places[place] == null ? 1 : 0;
            PLACE.setRelease(places, place, own);
        }

        /** Returns this table, or a wider one if it is three quarters full. */
        Several withRoom() {
            if (4 * (size + 1) <= 3 * places.length) {
                return this;
            }
            Several wider = new Several(2 * places.length);
            Arrays.stream(places).filter(Objects::nonNull).forEach(wider::put);
            return wider;
        }
    }
}
