package dev.ratelimit.spring.actuate;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Member;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.http.UsageJson;
import dev.ratelimit.spi.Printable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.lang.Nullable;

/**
 * The limits of organizations, for support: {@code GET /actuator/ratelimits} has the tiers and what the limiter holds,
 * {@code GET /actuator/ratelimits/acme} where an organization stands under each tier that its keys name. Writes need
 * {@code management.endpoint.ratelimits.access: unrestricted}.
 *
 * <p>An organization without keys is found by {@code ?tier=}. {@code ?kind=user&member=u7} adds a member. To ask
 * creates no state. Answers are {@linkplain UsageJson JSON}, as bytes.
 *
 * <p>Safe for use by many threads.
 */
@Endpoint(id = "ratelimits", defaultAccess = Access.READ_ONLY)
public class RateLimitsEndpoint {

    private final RateLimiter limiter;
    private final KeyDirectory keys;
    private final Supplier<? extends Collection<Tier>> tiers;

    /**
     * Makes the endpoint.
     *
     * @param limiter whose limits they are
     * @param keys tells the tiers of an organization
     * @param tiers gives all tiers that there are now
     */
    public RateLimitsEndpoint(RateLimiter limiter, KeyDirectory keys, Supplier<? extends Collection<Tier>> tiers) {
        this.limiter = requireNonNull(limiter, "limiter");
        this.keys = requireNonNull(keys, "keys");
        this.tiers = requireNonNull(tiers, "tiers");
    }

    /** Made for each request, so that no start waits for it. */
    private LimiterSupport support() {
        return LimiterSupport.of(limiter);
    }

    /**
     * Returns the tiers and what the limiter holds.
     *
     * @return the object that {@link UsageJson#of(Map, Collection)} writes
     */
    @ReadOperation
    public byte[] ratelimits() {
        return UsageJson.of(support().totals(), tiers.get());
    }

    /**
     * Returns where an organization stands.
     *
     * @param organization the organization
     * @param tier the name of a tier; without one, those that its keys name
     * @param kind the kind of a member, together with its name
     * @param member the name of the member
     * @return the object that {@link UsageJson#of(Map, java.time.Instant)} writes; {@code null}, which is answered with
     *     404, if no key and no parameter name a tier; 503 and a problem while the store of counts is away
     */
    @ReadOperation
    @Nullable
    public WebEndpointResponse<Object> organization(
            @Selector String organization, @Nullable String tier, @Nullable String kind, @Nullable String member) {
        List<Caller> callers = callers(organization, tier, kind, member);
        return StoreAnswers.of(() -> callers.isEmpty() ? null : statusOf(callers));
    }

    /**
     * Grants units of a quota, or sets what an organization and all its members have used to nothing.
     *
     * @param organization the organization
     * @param action {@code grant} or {@code reset}
     * @param tier the name of a tier; without one, that of its keys, which must be one for a grant
     * @param table the table of the quota; of a grant
     * @param scope the scope of the quota, if its table has several; of a grant
     * @param units the units to grant, negative ones to take back; of a grant
     * @param kind the kind of a member, together with its name: a grant is its own then
     * @param member the name of the member
     * @return where the organization stands then; 503 and a problem while the store of counts is away
     */
    @WriteOperation
    @Nullable
    public WebEndpointResponse<Object> change(
            @Selector String organization,
            @Selector String action,
            @Nullable String tier,
            @Nullable String table,
            @Nullable String scope,
            @Nullable Long units,
            @Nullable String kind,
            @Nullable String member) {
        List<Caller> callers = callers(organization, tier, kind, member);
        require(!callers.isEmpty(), "organization", "one that a key names, or tier be stated", organization);
        return StoreAnswers.of(() -> {
            switch (action) {
                case "grant" -> grant(callers, table, scope, units);
                case "reset" -> support().reset(organization);
                default -> require(false, "action", "grant or reset", action);
            }
            return statusOf(callers);
        });
    }

    /**
     * Drops all that is kept of an organization and its members, grants too.
     *
     * @param organization the organization
     * @return nothing; 503 and a problem while the store of counts is away
     */
    @DeleteOperation
    @Nullable
    public WebEndpointResponse<Object> forget(@Selector String organization) {
        return StoreAnswers.of(() -> {
            support().forget(organization);
            return null;
        });
    }

    private void grant(List<Caller> callers, @Nullable String table, @Nullable String scope, @Nullable Long units) {
        require(callers.size() == 1, "tier", "stated where the keys name several", "none");
        require(table != null, "table", "stated", "none");
        require(units != null, "units", "stated", "none");
        Caller caller = callers.get(0);
        List<AppliedLimit> quotas = limiter.status(caller).stream()
                .map(LimitStatus::applied)
                .filter(applied -> applied.limit() instanceof Quota)
                .filter(applied ->
                        applied.member().equals(caller.members().stream().findFirst()))
                .filter(applied -> Printable.name(applied.table()).equals(String.valueOf(table)))
                .filter(applied ->
                        scope == null || Printable.name(applied.scope().name()).equals(scope))
                .toList();
        require(
                !quotas.isEmpty(),
                "table and scope",
                "those of a quota of tier " + caller.tier().name(),
                String.valueOf(table));
        require(quotas.size() == 1, "scope", "stated where a table has several quotas", String.valueOf(scope));
        support().grant(caller, quotas.get(0), requireNonNull(units, "units"));
    }

    private byte[] statusOf(List<Caller> callers) {
        Map<Caller, List<LimitStatus>> usage = new LinkedHashMap<>();
        for (Caller caller : callers) {
            usage.put(caller, limiter.status(caller));
        }
        return UsageJson.of(usage, limiter.timeSource().instant());
    }

    private List<Caller> callers(
            String organization, @Nullable String tier, @Nullable String kind, @Nullable String member) {
        List<Tier> named = new ArrayList<>(keys.tiersOf(organization));
        if (tier != null) {
            named.removeIf(known -> !known.name().equals(tier));
            if (named.isEmpty()) {
                named.addAll(tiers.get());
                named.removeIf(known -> !known.name().equals(tier));
            }
        }
        return named.stream()
                .map(known -> with(Caller.of(organization, known), kind, member))
                .toList();
    }

    private static Caller with(Caller caller, @Nullable String kind, @Nullable String member) {
        if (kind == null && member == null) {
            return caller;
        }
        require(kind != null && member != null, "kind and member", "stated together", kind + ", " + member);
        try {
            return Member.KEY.equals(kind)
                    ? caller.key(requireNonNull(member))
                    : caller.member(requireNonNull(kind), requireNonNull(member));
        } catch (IllegalArgumentException malformed) {
            throw new InvalidEndpointRequestException(
                    String.valueOf(malformed.getMessage()), String.valueOf(malformed.getMessage()), malformed);
        }
    }

    private static void require(boolean holds, String name, String rule, String value) {
        if (!holds) {
            String reason = name + " must be " + rule + ": " + name + "=" + Printable.name(value);
            throw new InvalidEndpointRequestException(reason, reason);
        }
    }
}
