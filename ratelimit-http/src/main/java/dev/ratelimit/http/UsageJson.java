package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Member;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod.Interval;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.spi.Printable;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Where organizations stand, as JSON: for support, and for a page of a customer's own usage.
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
        JsonText json = new JsonText().begin('{');
        write(limits, now, json);
        return json.end('}').toBytes();
    }

    /**
     * Writes the status of some callers, such as an organization under each tier that its keys name: {@code {"callers":
     * [{"organization": "acme", "tier": "trial", "account": "trial", "members": [{"kind": "user", "name": "u7"}],
     * "limits": [..]}]}}. Without members there is no such list.
     *
     * @param usage the callers, and the limits of each, as a limiter's {@code status} gives them
     * @param now the time of the status, by which a period is told
     * @return one object, in UTF-8
     */
    public static byte[] of(Map<Caller, List<LimitStatus>> usage, Instant now) {
        requireNonNull(usage, "usage");
        requireNonNull(now, "now");
        JsonText json = new JsonText().begin('{').name("callers").begin('[');
        usage.forEach((caller, limits) -> {
            json.begin('{').name("organization").value(Printable.name(caller.organization()));
            writeName(caller.tier(), json);
            if (!caller.members().isEmpty()) {
                json.name("members").begin('[');
                for (Member member : caller.members()) {
                    json.begin('{').name("kind").value(member.kind());
                    json.name("name").value(Printable.name(member.name())).end('}');
                }
                json.end(']');
            }
            write(limits, now, json);
            json.end('}');
        });
        return json.end(']').end('}').toBytes();
    }

    /**
     * Writes tiers, and what a limiter holds in all: {@code {"totals": {"organizations": 3}, "tiers": [{"tier":
     * "trial", "account": "trial", "limits": [..]}]}}. Each limit has the fields of {@link #of(List, Instant)} that do
     * not depend on what is used.
     *
     * @param totals numbers by their names
     * @param tiers the tiers
     * @return one object, in UTF-8
     */
    public static byte[] of(Map<String, Long> totals, Collection<Tier> tiers) {
        requireNonNull(totals, "totals");
        requireNonNull(tiers, "tiers");
        JsonText json = new JsonText().begin('{').name("totals").begin('{');
        totals.forEach((name, total) -> json.name(name).value(total));
        json.end('}').name("tiers").begin('[');
        for (Tier tier : tiers) {
            json.begin('{');
            writeName(tier, json);
            json.name("limits").begin('[');
            for (AppliedLimit applied : tier.limits()) {
                json.begin('{');
                write(applied, json);
                json.end('}');
            }
            json.end(']').end('}');
        }
        return json.end(']').end('}').toBytes();
    }

    private static void writeName(Tier tier, JsonText json) {
        json.name("tier").value(Printable.name(tier.name()));
        json.name("account").value(Printable.name(tier.account()));
    }

    private static void write(List<LimitStatus> limits, Instant now, JsonText json) {
        json.name("limits").begin('[');
        limits.forEach(status -> write(status, now, json));
        json.end(']');
    }

    private static void write(AppliedLimit applied, JsonText json) {
        Limit limit = applied.limit();
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
    }

    private static void write(LimitStatus status, Instant now, JsonText json) {
        json.begin('{');
        write(status.applied(), json);
        json.name("used").value(status.used());
        json.name("granted").value(status.granted());
        json.name("remaining").value(status.remaining());
        json.name("overrun").value(status.overrun());
        if (status.applied().limit() instanceof Quota quota) {
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
