package dev.ratelimit.spring;

import java.security.Principal;
import java.util.List;
import java.util.Optional;

/**
 * A request, as those see it that are asked about it before it is decided. It is the same for Spring MVC and WebFlux.
 * It is valid while the question about it is answered, on the thread that asks.
 */
public interface WebCall {

    /**
     * Returns the method.
     *
     * @return the method as it was sent, for example {@code POST}
     */
    String method();

    /**
     * Returns the path within the application, decoded.
     *
     * @return the path, for example {@code /v1/chat}
     */
    String path();

    /**
     * Returns the values of a field.
     *
     * @param name the name of the field, in any case
     * @return a value for each time that the request has the field; empty if it has none
     */
    List<String> headers(String name);

    /**
     * Returns who is logged in.
     *
     * @return the principal, if a filter before this one has found it
     */
    Optional<Principal> principal();

    /**
     * Returns the network that the request comes from, to limit callers of whom nothing else is known: the address of
     * the peer, of IPv6 the first 64 bits. {@code X-Forwarded-For} is not read here: any client can send it. Behind a
     * proxy that you trust, let the server take the address from there, by {@code server.forward-headers-strategy}.
     *
     * @return for example {@code 192.0.2.7} or {@code 2001:db8:0:1::/64}
     */
    String network();

    /**
     * Returns an attribute of the request.
     *
     * @param name the name of the attribute
     * @return what a filter before this one has set; empty if there is none
     */
    Optional<Object> attribute(String name);
}
