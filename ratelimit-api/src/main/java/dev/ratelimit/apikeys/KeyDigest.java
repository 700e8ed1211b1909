package dev.ratelimit.apikeys;

import static dev.ratelimit.kernel.Arguments.require;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Counted;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The SHA-256 digest of a key, which is kept, compared and passed on instead of the key.
 *
 * <p>Digests are immutable values and safe as keys of a hash map that strangers query. The time of a comparison does
 * not depend on where two digests differ. A secret of this JVM is part of the hash code. So nobody can prepare keys
 * that share a hash code, or learn from the time of a look-up how far a digest agrees with a kept one.
 */
public final class KeyDigest {

    private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{64}");

    /*
     * Multiply-shift over the digest's eight words, with one factor for each and one to add: whatever two digests are,
     * they share a hash code with a probability of 2^-32 over the secret. A slice of the digest would do if nobody
     * chose keys: for a hash map searches all keys of a hash code one by one.
     */
    private static final int WORDS = 8;
    private static final long[] SECRET = secret();

    private final byte[] bytes;
    private final int hash;

    /** A loop: the streams of the generator would make ten classes more at the start of an application. */
    private static long[] secret() {
        SecureRandom random = new SecureRandom();
        long[] secret = new long[WORDS + 1];
        for (int i = 0; i < secret.length; i++) {
            secret[i] = random.nextLong();
        }
        return secret;
    }

    private KeyDigest(byte[] bytes) {
        this.bytes = bytes;
        this.hash = hash(bytes);
    }

    /**
     * Returns the digest of a key, of its characters in UTF-8.
     *
     * @param key the key
     * @return its digest
     * @throws IllegalArgumentException if the key is blank
     */
    public static KeyDigest of(String key) {
        requireNonNull(key, "key");
        if (key.isBlank()) {
            throw new IllegalArgumentException("key must be not blank");
        }
        try {
            return new KeyDigest(MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /**
     * Returns a digest that was made elsewhere, or kept as {@link #hex()}.
     *
     * @param hex the SHA-256 digest of a key in hexadecimal, 64 digits of either case
     * @return the digest
     * @throws IllegalArgumentException if the text is anything else
     */
    public static KeyDigest ofHex(String hex) {
        requireNonNull(hex, "hex");
        // The text is not shown: it may be a key, given by mistake.
        require(HEX.matcher(hex).matches(), "hex", "64 hexadecimal digits", Counted.of(hex.length(), "characters"));
        return new KeyDigest(HexFormat.of().parseHex(hex));
    }

    /**
     * Returns the digest in hexadecimal, to be kept in the place of the key.
     *
     * @return 64 digits in lower case
     */
    public String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    private static int hash(byte[] bytes) {
        IntBuffer words = ByteBuffer.wrap(bytes).asIntBuffer();
        long sum = SECRET[WORDS];
        for (int i = 0; i < WORDS; i++) {
            sum += SECRET[i] * Integer.toUnsignedLong(words.get(i));
        }
        return (int) (sum >>> 32);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyDigest that && MessageDigest.isEqual(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /**
     * Returns the first four digits, enough for support to tell the keys of a customer apart: for example {@code digest
     * 4f0a...}.
     */
    @Override
    public String toString() {
        return "digest " + HexFormat.of().formatHex(bytes, 0, 2) + "...";
    }
}
