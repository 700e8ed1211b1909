package dev.ratelimit.spring.actuate;

import dev.ratelimit.jdbc.JdbcQuotasStats;
import dev.ratelimit.spring.boot.JdbcProperties.Outage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Whether the database of quotas answers. It tells what the last request found, at most some 10 seconds ago, and asks
 * the database nothing.
 *
 * @param stats has what was found
 * @param outage what is done with calls while the database is away
 */
record QuotasHealth(Supplier<JdbcQuotasStats> stats, Outage outage) implements StoreHealth {

    @Override
    public boolean isServing() {
        return outage == Outage.FAIL_OPEN || stats.get().available();
    }

    @Override
    public Map<String, Object> details() {
        JdbcQuotasStats now = stats.get();
        Map<String, Object> details = new LinkedHashMap<>();
        now.database().ifPresent(database -> details.put("database", database));
        details.put("available", now.available());
        details.put("machines", now.machines());
        details.put("machinesUnseen", now.unseen().size());
        if (!now.available()) {
            details.put("outage", StoreHealth.word(outage));
        }
        return details;
    }
}
