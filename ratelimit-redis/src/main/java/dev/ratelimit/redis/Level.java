package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.kernel.Listeners;
import java.util.List;

/**
 * Where an organization stands with a limit, as of a charge.
 *
 * @param status the status after the charge
 * @param units how many units were charged; negative if more were given back
 */
record Level(LimitStatus status, long units) {

    /** Notifies the listeners whose share one of some charges has reached. */
    static void notifyNear(List<Level> levels, Listeners listeners, Caller caller, String endpoint) {
        levels.forEach(level -> listeners.onCharged(caller, endpoint, level.status, level.units));
    }
}
