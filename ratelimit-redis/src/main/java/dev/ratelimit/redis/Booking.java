package dev.ratelimit.redis;

/**
 * Units that one charge added to a meter, and where: what is given back goes there.
 *
 * @param first the number of the mark in a window, or the end of the period of a quota
 * @param second the stamp of the mark; 0 for a quota
 * @param units how many, at most 2<sup>53</sup>
 */
record Booking(long first, long second, long units) {}
