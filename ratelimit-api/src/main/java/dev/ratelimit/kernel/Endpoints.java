package dev.ratelimit.kernel;

import dev.ratelimit.Caller;
import dev.ratelimit.EndpointUnknown;
import dev.ratelimit.Member;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The refusal of endpoints that a tier does not have, before any limit is asked. */
public final class Endpoints {

    private Endpoints() {}

    /**
     * Returns who calls an endpoint.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @return the caller, or the refusal of its key, or of the endpoint by the tier of the first party that does not
     *     have it
     */
    public static Resolution resolve(Resolution who, String endpoint) {
        Rejected refusal = who instanceof Caller caller ? refusal(caller, endpoint) : null;
        return refusal == null ? who : refusal;
    }

    /**
     * Returns the refusal of an endpoint by the tier of the first party of a call that does not have it.
     *
     * @param caller who calls
     * @param endpoint what is called
     * @return the refusal; null if the tiers of all parties have the endpoint
     */
    public static @Nullable Rejected refusal(Caller caller, String endpoint) {
        Rejected refusal = refusal(caller.tier(), endpoint);
        List<Member> members = caller.members();
        for (int i = 0; refusal == null && i < members.size(); i++) { // makes no iterator
            Tier own = caller.tierOf(members.get(i).kind()).orElse(null);
            refusal = own == null ? null : refusal(own, endpoint);
        }
        return refusal;
    }

    /**
     * Returns the refusal of an endpoint.
     *
     * @param tier the caller's tier
     * @param endpoint what is called
     * @return the refusal; null if the tier has the endpoint
     */
    public static @Nullable Rejected refusal(Tier tier, String endpoint) {
        return tier.has(endpoint) ? null : Rejected.permanent(new EndpointUnknown(endpoint), tier.message());
    }
}
