package dev.ratelimit.servlet;

import dev.ratelimit.Caller;
import dev.ratelimit.Reservation;
import dev.ratelimit.http.filter.ClientNetwork;
import dev.ratelimit.http.filter.LimitedCall;
import jakarta.servlet.ServletRequest;
import java.util.Optional;

/**
 * What a handler finds out about its own call from the request.
 *
 * <pre>{@code
 * Reservation reservation = RateLimits.reservation(request);
 * for (String word : model.answer(prompt)) {
 *   if (reservation.use(Usage.of(Unit.TOKENS, 1)) instanceof Rejected) {
 *     break; // the quota ran out in the middle
 *   }
 *   out.println(word);
 * }
 * }</pre>
 *
 * <p>A handler that goes on in another thread asks before it does so.
 */
public final class RateLimits {

    /** The attribute of a request that has its call. */
    static final String CALL = LimitedCall.ATTRIBUTE;

    private RateLimits() {}

    /**
     * Returns the reservation of a call. What the handler settles or cancels stays as it is. A reservation that is
     * still open when the request ends is settled by the filter.
     *
     * @param request the request
     * @return the reservation that the last filter before the handler made. If the call is not limited, a reservation
     *     that admits every piece and has nothing to settle
     */
    public static Reservation reservation(ServletRequest request) {
        return request.getAttribute(CALL) instanceof LimitedCall call ? call : LimitedCall.unlimited();
    }

    /**
     * Returns who calls.
     *
     * @param request the request
     * @return the organization and its tier; empty if the call is not limited
     */
    public static Optional<Caller> caller(ServletRequest request) {
        return request.getAttribute(CALL) instanceof LimitedCall call ? Optional.of(call.caller()) : Optional.empty();
    }

    /**
     * Names the network that a request comes from, to limit callers without a key: the address of the peer, of IPv6 the
     * first 64 bits, since each customer of a provider has that many. {@code X-Forwarded-For} is not read: any client
     * can send it. Behind a proxy that you trust, let the server take the address from there, such as by Tomcat's
     * {@code RemoteIpValve} or Jetty's {@code ForwardedRequestCustomizer}.
     *
     * @param request the request
     * @return for example {@code 192.0.2.7} or {@code 2001:db8:0:1::/64}
     */
    public static String network(ServletRequest request) {
        return ClientNetwork.of(request.getRemoteAddr());
    }
}
