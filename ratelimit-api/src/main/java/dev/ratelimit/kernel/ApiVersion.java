package dev.ratelimit.kernel;

/**
 * The version of the API. A backend and the API share this package, which promises no compatibility. So both must be of
 * one version, and a backend checks that when it is built.
 */
public final class ApiVersion {

    /** The version. The compiler copies it into the backend, so that the backend tells what it was compiled against. */
    public static final String CURRENT = "0.1.0-SNAPSHOT";

    private ApiVersion() {}

    /**
     * Requires that a backend was compiled against this version of the API.
     *
     * @param backend the name of the backend's artifact
     * @param compiledAgainst {@link #CURRENT}, as the compiler copied it
     * @throws IllegalStateException if the versions differ; names both
     */
    public static void require(String backend, String compiledAgainst) {
        if (!compiledAgainst.equals(CURRENT)) {
            throw new IllegalStateException("ratelimit-api and " + backend + " must be of one version: ratelimit-api="
                    + CURRENT + ", " + backend + "=" + compiledAgainst);
        }
    }
}
