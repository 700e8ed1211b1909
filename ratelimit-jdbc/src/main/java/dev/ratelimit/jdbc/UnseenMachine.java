package dev.ratelimit.jdbc;

import static java.util.Objects.requireNonNull;

/**
 * A machine that holds leases and was not heard of for a minute.
 *
 * @param machine its id
 * @param leases how many leases it holds of periods that are not over
 * @param unused how many units of them are unused, as it told last: they count as used until somebody {@linkplain
 *     JdbcQuotas#releaseMachine releases} the machine
 */
public record UnseenMachine(String machine, long leases, long unused) {

    /**
     * Makes one.
     *
     * @param machine its id
     * @param leases how many leases it holds
     * @param unused how many units of them are unused
     */
    public UnseenMachine {
        requireNonNull(machine, "machine");
    }
}
