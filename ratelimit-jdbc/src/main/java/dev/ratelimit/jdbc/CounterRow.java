package dev.ratelimit.jdbc;

import dev.ratelimit.Member;
import dev.ratelimit.spi.Printable;
import dev.ratelimit.spi.QuotaKey;
import dev.ratelimit.spi.QuotaStore;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A counter as the tables have it. Digests stand for names. Callers choose some names, so these may be longer than an
 * index allows, may differ in a way that a collation does not see, and may have characters that a database refuses. The
 * names themselves are there for people.
 */
final class CounterRow {

    /** The columns of a counter, in the order of {@link #values}. */
    static final List<String> COLUMNS = List.of(
            "meter",
            "period_start",
            "period_end",
            "taken",
            "granted",
            "organization_hash",
            "member_hash",
            "organization_name",
            "account_name",
            "member_kind",
            "member_name",
            "limit_table",
            "scope_kind",
            "scope_name",
            "unit_name",
            "period_name");

    /** The earliest and the latest time that all databases have. They stand for no start and no end. */
    private static final Instant FIRST = Instant.parse("1000-01-01T00:00:00Z");

    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999Z");

    private CounterRow() {}

    static CounterKey key(QuotaStore.Counter counter) {
        return new CounterKey(
                digest(counter.key().identity()), stored(counter.bounds().start()));
    }

    /** Returns the values of the columns of a counter of which nothing is taken. */
    static @Nullable Object[] values(QuotaStore.Counter counter) {
        QuotaKey key = counter.key();
        Member member = key.member().orElse(null);
        List<String> names = key.identity().stream().map(Printable::name).toList();
        return new @Nullable Object[] {
            key(counter).meter(),
            key(counter).start(),
            stored(counter.bounds().end()),
            0L,
            0L,
            organizationHash(key.organization()),
            member == null ? null : memberHash(key.organization(), member),
            names.get(0),
            names.get(1),
            member == null ? null : names.get(2),
            member == null ? null : names.get(3),
            names.get(4),
            names.get(5),
            names.get(6),
            names.get(7),
            names.get(8)
        };
    }

    static byte[] organizationHash(String organization) {
        return digest(List.of(organization));
    }

    static byte[] memberHash(String organization, Member member) {
        return digest(List.of(organization, member.kind(), member.name()));
    }

    /** Returns a time as the tables have it: in microseconds, and within what all databases have. */
    static Instant stored(Instant time) {
        Instant within = time.isBefore(FIRST) ? FIRST : time.isAfter(LAST) ? LAST : time;
        return within.truncatedTo(ChronoUnit.MICROS);
    }

    /** The lengths tell where a text ends. UTF-16 keeps characters that UTF-8 has not, such as unpaired surrogates. */
    private static byte[] digest(List<String> texts) {
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JVM has it
        }
        for (String text : texts) {
            sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, text.length()));
            ByteBuffer characters = ByteBuffer.allocate(text.length() * Character.BYTES);
            characters.asCharBuffer().put(text);
            sha256.update(characters);
        }
        return sha256.digest();
    }
}
