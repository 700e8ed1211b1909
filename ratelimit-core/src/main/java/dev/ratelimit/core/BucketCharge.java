package dev.ratelimit.core;

/**
 * A charge of a {@link BucketCounter}.
 *
 * @param at its reading of the monotonic clock
 */
record BucketCharge(long at) implements Meter.Booking {}
