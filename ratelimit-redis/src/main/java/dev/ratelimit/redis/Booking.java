package dev.ratelimit.redis;

/**
 * Units that one charge added to a meter, and where: what is given back goes there.
 *
 * @param first the number of the mark in a window, the end of the period of a quota, the time of the charge in a
 *     bucket, or the name of the charge in flight
 * @param second the stamp of the mark; the name of the charge that began the quota's count or the bucket; or the
 *     longest time in flight
 * @param units how many, at most 2<sup>53</sup>
 */
record Booking(long first, long second, long units) {}
