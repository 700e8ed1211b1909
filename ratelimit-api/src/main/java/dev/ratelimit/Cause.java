package dev.ratelimit;

/** Why a call was rejected. A reader that switches over causes should expect further ones in later versions. */
public sealed interface Cause
        permits CapacityReached, KeyRevoked, KeyUnknown, LimitReached, StoreUnavailable, ReservationEnded {

    /**
     * Returns the cause in words, for the person whose call was rejected.
     *
     * @return one sentence or phrase, without a full stop
     */
    String message();

    /**
     * Returns the HTTP status that fits, as RFC 9110 and RFC 6585 define it.
     *
     * @return a status code, for example 429
     */
    int suggestedStatus();
}
