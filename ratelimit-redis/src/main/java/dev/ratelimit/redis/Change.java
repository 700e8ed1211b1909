package dev.ratelimit.redis;

import java.util.List;

/**
 * What a settlement changes in one meter.
 *
 * @param encoded the limit
 * @param refunds what it gives back
 * @param more what it charges besides
 * @param period the end of the period that it charges, that of the last charge; 0 if the limit is no quota
 */
record Change(EncodedLimit encoded, List<Refund> refunds, long more, long period) {

    private static final long NUMBERS_OF_A_REFUND = 4;

    /** Adds it to a request, as the script takes it. */
    void addTo(Request request) {
        request.add(more).add(period).add(NUMBERS_OF_A_REFUND * refunds.size());
        for (Refund refund : refunds) {
            Booking of = refund.of();
            request.add(of.first()).add(of.second()).add(refund.units()).add(of.units());
        }
    }
}
