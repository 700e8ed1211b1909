package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.KeyRevoked;
import dev.ratelimit.spi.Counted;
import java.util.function.BiConsumer;

/**
 * The answer to a call that was refused: a status, a body of {@value #CONTENT_TYPE} (RFC 9457) in UTF-8, and the fields
 * that go with them. {@link HttpProblems} makes it. An immutable value.
 */
public final class HttpProblem {

    /** The media type of the body. */
    public static final String CONTENT_TYPE = "application/problem+json";

    private static final int UNAUTHORIZED = 401;

    private final int status;
    private final byte[] body;
    private final Challenge challenge;
    private final boolean hadKey;

    HttpProblem(int status, byte[] body, Challenge challenge, boolean hadKey) {
        this.status = status;
        this.body = body;
        this.challenge = challenge;
        this.hadKey = hadKey;
    }

    /**
     * Returns the status of the answer.
     *
     * @return a status from 400 to 599
     */
    public int status() {
        return status;
    }

    /**
     * Returns the body of the answer, in UTF-8.
     *
     * @return a copy of the bytes
     */
    public byte[] body() {
        return body.clone();
    }

    /**
     * Returns this problem as the answer to a call that brought a key, so that a challenge of {@code Bearer} says
     * {@code error="invalid_token"}. {@link KeyRevoked} says that without being told.
     *
     * @return the problem
     */
    public HttpProblem withInvalidKey() {
        return new HttpProblem(status, body, challenge, true);
    }

    /**
     * Writes the fields that go with the body: {@code Content-Type}, {@code Cache-Control: no-store}, and with the
     * status 401 {@code WWW-Authenticate}.
     *
     * @param sink sets a field, by name and value; is called once for each name
     */
    public void write(BiConsumer<String, String> sink) {
        requireNonNull(sink, "sink");
        sink.accept("Content-Type", CONTENT_TYPE);
        sink.accept("Cache-Control", "no-store");
        if (status == UNAUTHORIZED) {
            sink.accept("WWW-Authenticate", challenge.text(hadKey));
        }
    }

    /** Returns the status and the length of the body. */
    @Override
    public String toString() {
        return "HTTP problem " + status + ", " + Counted.of(body.length, "bytes");
    }
}
