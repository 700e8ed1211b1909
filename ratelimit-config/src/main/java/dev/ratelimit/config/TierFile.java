package dev.ratelimit.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import dev.ratelimit.Tier;
import dev.ratelimit.spi.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Tiers as text that people read and change: YAML, or JSON of the same structure.
 *
 * <pre>
 *   tiers:
 *     - name: trial
 *       account: trial
 *       message: Trial keys are throttled. Please upgrade your API key.
 *       tables:
 *         - name: calls per minute
 *           rows:
 *             - {each: [embed], limit: 5 calls per minute}
 *             - {each: [chat], limit: 20 calls per minute}
 *         - name: calls per month
 *           rows:
 *             - {unlimited: [embed, chat]}
 *             - {others: together, named: all other endpoints, limit: "1,000 calls per calendar month"}
 * </pre>
 *
 * <pre>{@code
 * TierFile file = TierFile.read(Path.of("tiers.yaml"));
 * RateLimiter limiter = InMemoryRateLimiter.builder().tier(file.tier("trial")).build();
 * }</pre>
 *
 * <p>A tier has a name, and may have an account, a message, members and tables. {@code members: [{kind: user, tier:
 * each user}]} gives each user of an organization the limits of another tier of the file. A table has a name and rows,
 * and may be {@code shadow: true}. A row is for {@code each} or for all {@code together} of a list of endpoints, for
 * the {@code others} ({@code each} or {@code together}), or leaves a list {@code unlimited}. A list may have
 * {@linkplain dev.ratelimit.LimitTable patterns}, such as {@code chat/*}. Rows of endpoints together are {@code named}.
 * A limit is a text as {@link dev.ratelimit.Limit#parse(String)} has it. {@code units} lists the units beside calls,
 * characters, tokens and usd. {@code endpoints} may list all endpoints; then a row that names another is an error, and
 * so is a pattern that matches none.
 *
 * <p>A text that another tool may read as a number, a time or a truth value stands in quotes, and so does a text with a
 * comma in a row between braces. A file is one document in UTF-8 of at most 1,048,576 characters and 100,000 values,
 * without tags, anchors and aliases. Its JSON Schema, for editors, is the resource {@code
 * dev/ratelimit/config/tiers.schema.json} of this module.
 *
 * <p>Instances are immutable. Two files with equal tiers of the same order are equal.
 */
public final class TierFile {

    private final Map<String, Tier> tiers;

    private TierFile(Map<String, Tier> tiers) {
        this.tiers = tiers;
    }

    /**
     * Reads a file.
     *
     * @param file the file, in UTF-8
     * @return its tiers
     * @throws IOException if the file cannot be read
     * @throws TierFileException if the text is no tier file; it has all that is wrong
     */
    public static TierFile read(Path file) throws IOException {
        return parse(bytes(file), file.toString());
    }

    /**
     * Reads a text.
     *
     * @param text the text of a tier file
     * @return its tiers
     * @throws TierFileException if the text is no tier file; it has all that is wrong
     */
    public static TierFile parse(String text) {
        return parse(text, "text");
    }

    /** Reads at most a byte more than the longest text can have, so that a huge file costs no more than that. */
    static byte[] bytes(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(4 * YamlText.MAX_LENGTH + 1);
        }
    }

    /**
     * Reads the bytes of a file that was read elsewhere, for example out of a jar.
     *
     * @param bytes the text of a tier file, in UTF-8
     * @param name the name of the file, for messages
     * @return its tiers
     * @throws TierFileException if the text is no tier file; it has all that is wrong
     */
    public static TierFile parse(byte[] bytes, String name) {
        requireNonNull(name, "name");
        try {
            String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return parse(text.startsWith("\uFEFF") ? text.substring(1) : text, name);
        } catch (CharacterCodingException e) {
            throw new TierFileException(List.of(new TierFileError(name, 1, 1, "a tier file must be in UTF-8")));
        }
    }

    private static TierFile parse(String text, String name) {
        Findings findings = new Findings(name);
        Map<String, Tier> tiers = YamlText.compose(text, findings)
                .map(root -> new TierReader(findings).tiers(root))
                .orElse(Map.of());
        findings.throwIfAny();
        return new TierFile(tiers);
    }

    /**
     * Reads a file, and reads it again when its bytes have changed. A file that is broken or cannot be read then is
     * logged once as a warning, and the tiers stay as they were.
     *
     * <pre>{@code
     * WatchedTierFile watched = TierFile.watch(Path.of("tiers.yaml"), Duration.ofSeconds(10));
     * RateLimiter limiter = InMemoryRateLimiter.builder()
     *     .tiers(organization -> watched.tier(planOf(organization)))
     *     .build();
     * }</pre>
     *
     * @param file the file; it is best replaced as a whole, by a move
     * @param every how often the file is read, more than zero
     * @return the file as it was read last; closing it ends the watch
     * @throws IOException if the file cannot be read now
     * @throws TierFileException if the text is no tier file now
     * @throws IllegalArgumentException if {@code every} is not more than zero
     */
    public static WatchedTierFile watch(Path file, Duration every) throws IOException {
        System.Logger logger = System.getLogger(TierFile.class.getName());
        return watch(
                file,
                every,
                failure -> logger.log(
                        System.Logger.Level.WARNING,
                        "The tier file was not taken over, the former tiers stay",
                        failure));
    }

    /**
     * Reads a file, and reads it again when its bytes have changed; as {@link #watch(Path, Duration)}, but tells the
     * host of a file that is broken.
     *
     * @param file the file
     * @param every how often the file is read, more than zero
     * @param onFailure takes the {@link TierFileException} or {@link IOException} of a file that was not taken over,
     *     on the thread that watches, once until the file changes
     * @return the file as it was read last; closing it ends the watch
     * @throws IOException if the file cannot be read now
     * @throws TierFileException if the text is no tier file now
     * @throws IllegalArgumentException if {@code every} is not more than zero
     */
    public static WatchedTierFile watch(Path file, Duration every, Consumer<Exception> onFailure) throws IOException {
        requireNonNull(onFailure, "onFailure");
        require(every.compareTo(Duration.ZERO) > 0, "every", "> 0", every);
        return WatchedTierFile.begin(file, every, onFailure);
    }

    /**
     * Returns the text of a tier file: what is read back from it is equal. Texts stand in double quotes.
     *
     * @param tiers the tiers, at least one, each of a name of its own; those of their members are among them
     * @return the text, of YAML, with line feeds
     * @throws IllegalArgumentException if two tiers have one name, if a table has no rows, if a tier of members is not
     *     among the tiers, or if the text would be longer than a file may be
     */
    public static String write(Collection<Tier> tiers) {
        require(!tiers.isEmpty(), "tiers", "at least one", List.of());
        Set<String> names = new HashSet<>();
        for (Tier tier : tiers) {
            require(names.add(tier.name()), "tiers", "of a name each", tier.name());
        }
        String text = TierWriter.text(tiers);
        try {
            if (List.copyOf(parse(text).tiers.values()).equals(List.copyOf(tiers))) {
                return text;
            }
        } catch (TierFileException e) {
            throw new IllegalArgumentException("tiers must be what a tier file can hold: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException(
                "tiers must be what a tier file can hold: " + Printable.text(tiers.toString()));
    }

    /**
     * Returns a tier of this file.
     *
     * @param name the name of the tier
     * @return the tier
     * @throws IllegalArgumentException if the file has no such tier
     */
    public Tier tier(String name) {
        Tier tier = tiers.get(requireNonNull(name, "name"));
        if (tier == null) {
            String known = tiers.keySet().stream().map(Printable::name).collect(joining(", "));
            throw new IllegalArgumentException(
                    Printable.text("tier must be one of " + known + ": tier=" + Printable.name(name)));
        }
        return tier;
    }

    /**
     * Returns all tiers of this file.
     *
     * @return the tiers by name, in the order of the file, unmodifiable
     */
    public Map<String, Tier> tiers() {
        return tiers;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TierFile that && List.copyOf(tiers.values()).equals(List.copyOf(that.tiers.values()));
    }

    @Override
    public int hashCode() {
        return tiers.hashCode();
    }

    /** Returns the names of the tiers. */
    @Override
    public String toString() {
        return Printable.text("tiers " + tiers.keySet());
    }

    private static void require(boolean holds, String name, String rule, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(
                    name + " must be " + rule + ": " + name + "=" + Printable.name(value.toString()));
        }
    }
}
