package dev.ratelimit.http;

import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.util.LinkedHashMap;
import java.util.Map;

/** Limiters by the reference, and the fields of their decisions. */
final class Given {

    final ManualTime time = new ManualTime();
    final RateLimiter limiter;

    Given(Tier tier) {
        limiter = new ReferenceRateLimiter(organization -> tier, time).reporting();
    }

    /** One table for each limit, named by the limit's place, with the limit for the endpoint "chat". */
    static Given limits(Limit... limits) {
        return new Given(tier(limits));
    }

    static Given limits(String... limits) {
        Limit[] parsed = new Limit[limits.length];
        for (int i = 0; i < limits.length; i++) {
            parsed[i] = Limit.parse(limits[i]);
        }
        return limits(parsed);
    }

    static Tier tier(Limit... limits) {
        Tier.Builder tier = Tier.named("tier");
        for (int i = 0; i < limits.length; i++) {
            tier.table(LimitTable.named("table " + i).each(limits[i], "chat"));
        }
        return tier.build();
    }

    Decision call() {
        return call(Usage.call());
    }

    Decision call(Usage usage) {
        return limiter.tryAcquire("acme", "chat", usage);
    }

    Map<String, String> fields(Decision decision, Dialect... dialects) {
        return fields(decision, Usage.call(), dialects);
    }

    Map<String, String> fields(Decision decision, Usage usage, Dialect... dialects) {
        return fields(RateLimitFields.of(dialects).withTimeSource(time), decision, usage);
    }

    static Map<String, String> fields(RateLimitFields fields, Decision decision, Usage usage) {
        Map<String, String> written = new LinkedHashMap<>();
        fields.write(decision, usage, (name, value) -> {
            if (written.put(name, value) != null) {
                throw new AssertionError(name + " is written twice");
            }
        });
        return written;
    }
}
