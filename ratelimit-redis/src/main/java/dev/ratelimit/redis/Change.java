package dev.ratelimit.redis;

import java.util.List;

/**
 * What a settlement changes in one meter.
 *
 * @param encoded the limit
 * @param refunds what it gives back
 * @param more what it charges besides
 * @param period the end of the period that it charges, that of the last charge; 0 for a window
 */
record Change(EncodedLimit encoded, List<Booking> refunds, long more, long period) {}
