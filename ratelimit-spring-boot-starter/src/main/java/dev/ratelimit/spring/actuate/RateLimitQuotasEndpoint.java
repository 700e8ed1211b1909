package dev.ratelimit.spring.actuate;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.jdbc.JdbcQuotas;
import dev.ratelimit.jdbc.JdbcQuotasStats;
import dev.ratelimit.spi.Printable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.lang.Nullable;

/**
 * The database of quotas, for operators: {@code GET /actuator/ratelimitquotas} tells whether it answers, and which
 * machines hold units though nobody has heard of them for a minute. {@code DELETE
 * /actuator/ratelimitquotas/{machine}} gives those of one back. It needs {@code
 * management.endpoint.ratelimitquotas.access: unrestricted}.
 *
 * <p>Safe for use by many threads.
 */
@Endpoint(id = "ratelimitquotas", defaultAccess = Access.READ_ONLY)
public class RateLimitQuotasEndpoint {

    private final JdbcQuotas quotas;

    /**
     * Makes the endpoint.
     *
     * @param quotas the store
     */
    public RateLimitQuotasEndpoint(JdbcQuotas quotas) {
        this.quotas = requireNonNull(quotas, "quotas");
    }

    /**
     * Tells what the store sees. The database is not asked.
     *
     * @return the numbers of {@link JdbcQuotasStats}
     */
    @ReadOperation
    public Map<String, Object> quotas() {
        JdbcQuotasStats stats = quotas.stats();
        Map<String, Object> told = new LinkedHashMap<>();
        stats.database().ifPresent(database -> told.put("database", database));
        told.put("available", stats.available());
        told.put("machine", stats.machine());
        told.put("machines", stats.machines());
        told.put(
                "unseen",
                stats.unseen().stream()
                        .map(unseen -> Map.of(
                                "machine", unseen.machine(), "leases", unseen.leases(), "unused", unseen.unused()))
                        .toList());
        return told;
    }

    /**
     * Gives back the unused units of a machine that is dead. What it used after it told last is given out again.
     *
     * @param machine one that was not seen for a minute
     * @return how many units were given back; 503 and a problem while the database is away
     * @throws InvalidEndpointRequestException if it is none of those
     */
    @DeleteOperation
    @Nullable
    public WebEndpointResponse<Object> release(@Selector String machine) {
        boolean isUnseen = quotas.stats().unseen().stream()
                .anyMatch(unseen -> unseen.machine().equals(machine));
        if (!isUnseen) {
            String reason = "machine must be one that holds units and was not seen for a minute: machine="
                    + Printable.name(machine);
            throw new InvalidEndpointRequestException(reason, reason);
        }
        return StoreAnswers.of(() -> Map.of(
                "released", quotas.releaseMachine(machine).toCompletableFuture().join()));
    }
}
