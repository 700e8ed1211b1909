package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod.Interval;
import dev.ratelimit.Scope;
import dev.ratelimit.spi.Printable;
import java.time.Instant;
import java.util.List;

/**
 * Where an organization stands, as JSON: for a page of a customer's own usage.
 *
 * <pre>{@code
 * byte[] body = UsageJson.of(limiter.status("acme"), limiter.timeSource().instant());
 * }</pre>
 *
 * <pre>
 *   {"limits": [{
 *     "table": "calls per month", "scope": "all", "scope-kind": "group",
 *     "limit": "1,000 calls per calendar month", "unit": "calls", "shadow": false,
 *     "most": 1000, "used": 2, "granted": 0, "remaining": 998, "overrun": 0,
 *     "period-start": "2025-01-01T00:00:00Z", "period-end": "2025-02-01T00:00:00Z",
 *     "next-release-after-ms": 2678400000, "reset-after-ms": 2678400000
 *   }]}
 * </pre>
 *
 * <p>Units are whole numbers; what was overrun may be more than 2<sup>53</sup>. {@code scope-kind} is {@code endpoint},
 * {@code group} or {@code others}. A quota has {@code period-start} and {@code period-end}, unless it is for ever. The
 * two waits are in milliseconds, rounded up; one that has no end is left out. A name has at most 256 characters, and
 * U+FFFD stands for those that cannot be shown.
 */
public final class UsageJson {

    private UsageJson() {}

    /**
     * Writes the status of some limits.
     *
     * @param limits the limits, as a limiter's {@code status} or a decision's {@code limits()} gives them
     * @param now the time of the status, by which a period is told
     * @return one object, in UTF-8
     */
    public static byte[] of(List<LimitStatus> limits, Instant now) {
        requireNonNull(limits, "limits");
        requireNonNull(now, "now");
        JsonText json = new JsonText().begin('{').name("limits").begin('[');
        limits.forEach(status -> write(status, now, json));
        return json.end(']').end('}').toBytes();
    }

    private static void write(LimitStatus status, Instant now, JsonText json) {
        AppliedLimit applied = status.applied();
        Limit limit = applied.limit();
        json.begin('{');
        json.name("table").value(Printable.name(applied.table()));
        json.name("scope").value(Printable.name(applied.scope().name()));
        json.name("scope-kind").value(kind(applied.scope()));
        applied.member().ifPresent(member -> {
            json.name("member").value(Printable.name(member.name()));
            json.name("member-kind").value(member.kind());
        });
        json.name("limit").value(Printable.text(limit.toString()));
        json.name("unit").value(Printable.name(limit.unit().name()));
        json.name("shadow").value(applied.shadow());
        json.name("most").value(limit.most());
        json.name("used").value(status.used());
        json.name("granted").value(status.granted());
        json.name("remaining").value(status.remaining());
        json.name("overrun").value(status.overrun());
        if (limit instanceof Quota quota) {
            Interval period = quota.period().at(now);
            if (!period.end().equals(Instant.MAX)) {
                json.name("period-start").value(period.start().toString());
                json.name("period-end").value(period.end().toString());
            }
        }
        status.nextReleaseAfter()
                .ifPresent(wait -> json.name("next-release-after-ms").value(Numbers.millis(wait)));
        status.resetAfter().ifPresent(wait -> json.name("reset-after-ms").value(Numbers.millis(wait)));
        json.end('}');
    }

    private static String kind(Scope scope) {
        if (scope instanceof Scope.Endpoint) {
            return "endpoint";
        }
        return scope instanceof Scope.Group ? "group" : "others";
    }
}
