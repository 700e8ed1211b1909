package dev.ratelimit.http.filter;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the requests of a framework. Safe for use by many threads.
 *
 * @param <Q> the requests
 */
@SuppressWarnings("exports") // the annotations are for tools, and require no module of users
public interface RequestReader<Q> {

    /**
     * Returns the method.
     *
     * @param request the request
     * @return for example {@code GET}
     */
    String method(Q request);

    /**
     * Returns the path within the application, without parameters of its segments. It is decoded as the framework
     * decodes it to find a handler, or a caller could reach a handler by a path that no pattern matches.
     *
     * @param request the request
     * @return for example {@code /v1/chat}
     */
    String path(Q request);

    /**
     * Returns all values of a field.
     *
     * @param request the request
     * @param name the name of the field, in any case
     * @return the values in their order; empty if the request does not have the field
     */
    List<String> field(Q request, String name);

    /**
     * Returns the address of the peer. Fields such as {@code X-Forwarded-For} are left to the server.
     *
     * @param request the request
     * @return the address as text; {@code null} if there is none
     */
    @Nullable
    String address(Q request);
}
