package dev.ratelimit.redis;

/**
 * Units that one charge added to a meter, and where: what is given back goes there.
 *
 * @param first the number of the mark in a window, the end of the period of a quota, the time of the charge in a
 *     bucket, or the name of the entry in flight
 * @param second the stamp of the mark; the name of the charge that began the quota's count or filled up the bucket's;
 *     or the end in flight
 * @param units how many, at most 2<sup>53</sup>; 0 for the bag of pieces in flight, of which the server knows the units
 */
record Booking(long first, long second, long units) {

    /** Stands for none: no charge has this name. */
    static final Booking NONE = new Booking(0, 0, 0);

    /** Returns a bag in flight. */
    static Booking ofBag(long name, long end) {
        return new Booking(name, end, 0);
    }

    /** Tells whether the server knows both, of what is in flight, by one name. */
    boolean isNamedAs(Booking other) {
        return first == other.first && units == other.units;
    }

    /** Returns this booking with more units. */
    Booking and(long more) {
        return new Booking(first, second, units + more);
    }
}
