package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.collection;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.config.TierFile;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.http.RateLimitFields;
import dev.ratelimit.jdbc.JdbcQuotas;
import dev.ratelimit.micrometer.RateLimitMetrics;
import dev.ratelimit.redis.RedisRateLimiter;
import dev.ratelimit.servlet.RateLimitFilter;
import dev.ratelimit.spring.boot.RateLimitPropertyException;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Finds cycles between the classes of a package, which no tool shows: the strongly connected components of the graph of
 * type references. A class refers to the types that the constant pool of its class file names. A nested class counts as
 * its outermost one.
 */
final class PackageCyclesTest {

    /** The classes that must name each other. Each set is one component. */
    private static final Set<Set<String>> FAMILIES = Set.of(
            // Sealed types, with what they permit.
            Set.of(
                    "dev.ratelimit.Admitted",
                    "dev.ratelimit.Caller",
                    "dev.ratelimit.Decision",
                    "dev.ratelimit.Rejected", // of both: a Decision and a Resolution
                    "dev.ratelimit.Resolution"),
            Set.of(
                    "dev.ratelimit.ConcurrencyLimit",
                    "dev.ratelimit.FurtherLimit",
                    "dev.ratelimit.Limit",
                    "dev.ratelimit.LimitParser", // Limit.parse
                    "dev.ratelimit.PerCallLimit",
                    "dev.ratelimit.Quota",
                    "dev.ratelimit.RateLimit",
                    "dev.ratelimit.TokenBucket"),
            Set.of(
                    "dev.ratelimit.core.BucketCharge",
                    "dev.ratelimit.core.BucketCounter",
                    "dev.ratelimit.core.CallSize",
                    "dev.ratelimit.core.Flight",
                    "dev.ratelimit.core.InFlightCounter",
                    "dev.ratelimit.core.KeptPeriods", // a Period has those that were left before it
                    "dev.ratelimit.core.LeasedPeriod",
                    "dev.ratelimit.core.LeasedQuota",
                    "dev.ratelimit.core.MarkLog",
                    "dev.ratelimit.core.MarkRef",
                    "dev.ratelimit.core.Meter",
                    "dev.ratelimit.core.Period",
                    "dev.ratelimit.core.PeriodCounter",
                    "dev.ratelimit.core.SlidingWindow"),
            // The state of an organization has those of its members, and is the only party of a call without members.
            // A state remembers the group of its last call, and its endpoints, each the only party of its own calls.
            Set.of(
                    "dev.ratelimit.core.Called",
                    "dev.ratelimit.core.CalledEndpoint",
                    "dev.ratelimit.core.CalledEndpoints",
                    "dev.ratelimit.core.EndpointLimits",
                    "dev.ratelimit.core.Life",
                    "dev.ratelimit.core.MemberStates",
                    "dev.ratelimit.core.MeterTable",
                    "dev.ratelimit.core.OrganizationState",
                    "dev.ratelimit.core.Parties",
                    "dev.ratelimit.core.PartyGroup"),
            // A type, and the class behind its factory.
            Set.of("dev.ratelimit.config.TierFile", "dev.ratelimit.config.WatchedTierFile"),
            Set.of("dev.ratelimit.Reservation", "dev.ratelimit.RejectedReservation"),
            Set.of("dev.ratelimit.spi.TimeSource", "dev.ratelimit.spi.SystemTimeSource"),
            // A limiter, and the views that it gives.
            Set.of(
                    "dev.ratelimit.RateLimiter",
                    "dev.ratelimit.AsyncRateLimiter",
                    "dev.ratelimit.ImmediateAnswers",
                    "dev.ratelimit.NamedEndpoint",
                    "dev.ratelimit.WaitingLimiter"),
            // A class and its builder.
            Set.of("dev.ratelimit.core.InMemoryRateLimiter", "dev.ratelimit.core.InMemoryRateLimiterBuilder"),
            Set.of("dev.ratelimit.jdbc.JdbcQuotas", "dev.ratelimit.jdbc.JdbcQuotasBuilder"),
            Set.of("dev.ratelimit.redis.RedisRateLimiter", "dev.ratelimit.redis.RedisRateLimiterBuilder"),
            Set.of("dev.ratelimit.servlet.RateLimitFilter", "dev.ratelimit.servlet.RateLimitFilterBuilder"),
            Set.of(
                    "dev.ratelimit.spring.webflux.RateLimitWebFilter",
                    "dev.ratelimit.spring.webflux.RateLimitWebFilterBuilder"),
            Set.of("dev.ratelimit.http.filter.CallRules", "dev.ratelimit.http.filter.FilterBuilder"),
            // A factory, and what it makes.
            Set.of("dev.ratelimit.spring.actuate.LimiterSupport", "dev.ratelimit.spring.actuate.RedisSupport"));

    /** A class of each module that users put on their class path. */
    private static final List<Class<?>> MODULES = List.of(
            RateLimiter.class,
            InMemoryRateLimiter.class,
            RedisRateLimiter.class,
            JdbcQuotas.class,
            TierFile.class,
            RateLimitFields.class,
            RateLimitFilter.class,
            RateLimitMetrics.class,
            RateLimitPropertyException.class);

    @Test
    void noClassesOfAPackageDependOnEachOtherButTheFamilies() throws Exception {
        Map<String, Set<String>> references = new TreeMap<>();
        for (Class<?> of : MODULES) {
            references.putAll(references(of));
        }
        assertThat(references)
                .extractingByKey("dev.ratelimit.core.PendingRefunds", as(collection(String.class)))
                .containsExactlyInAnyOrder(
                        "dev.ratelimit.core.CompiledLimit",
                        "dev.ratelimit.core.OrganizationState",
                        "dev.ratelimit.core.PendingRefunds",
                        "dev.ratelimit.core.VarHandles");
        assertThat(cycles(references)).containsExactlyInAnyOrderElementsOf(FAMILIES);
    }

    @Test
    void aCycleIsFoundHoweverLong() {
        Map<String, Set<String>> references =
                Map.of("a", Set.of("b"), "b", Set.of("c"), "c", Set.of("a", "d"), "d", Set.of("e"), "e", Set.of());
        assertThat(cycles(references)).containsExactly(Set.of("a", "b", "c"));
    }

    /** Returns the components of more than one class. */
    private static Set<Set<String>> cycles(Map<String, Set<String>> references) {
        Set<Set<String>> cycles = new HashSet<>();
        for (String one : references.keySet()) {
            Set<String> component = reached(one, references);
            component.removeIf(other -> !reached(other, references).contains(one));
            if (component.size() > 1) {
                cycles.add(component);
            }
        }
        return cycles;
    }

    private static Set<String> reached(String from, Map<String, Set<String>> references) {
        Set<String> reached = new TreeSet<>(Set.of(from));
        Deque<String> next = new ArrayDeque<>(reached);
        while (!next.isEmpty()) {
            for (String to : references.getOrDefault(next.pop(), Set.of())) {
                if (reached.add(to)) {
                    next.push(to);
                }
            }
        }
        return reached;
    }

    /** Returns what the classes of a module refer to in their own packages; the module is that of some class. */
    private static Map<String, Set<String>> references(Class<?> of) throws IOException, URISyntaxException {
        Path place =
                Path.of(of.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isDirectory(place)) {
            return references(place);
        }
        try (FileSystem jar = FileSystems.newFileSystem(place)) {
            return references(jar.getPath("/"));
        }
    }

    private static Map<String, Set<String>> references(Path root) throws IOException {
        Map<String, Set<String>> references = new HashMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : (Iterable<Path>) files.filter(PackageCyclesTest::isOfClass)::iterator) {
                String path = root.relativize(file).toString().replace('\\', '/');
                String folder = path.substring(0, path.lastIndexOf('/') + 1);
                Pattern name = Pattern.compile(Pattern.quote(folder) + "(\\w+)(?![\\w/])");
                Set<String> named = references.computeIfAbsent(className(path), missing -> new HashSet<>());
                for (String text : texts(Files.readAllBytes(file))) {
                    for (Matcher found = name.matcher(text); found.find(); ) {
                        named.add(className(folder + found.group(1)));
                    }
                }
            }
        }
        references.values().forEach(named -> named.retainAll(references.keySet()));
        return references;
    }

    private static boolean isOfClass(Path file) {
        String name = file.getFileName() == null ? "" : file.getFileName().toString();
        return name.endsWith(".class") && !name.endsWith("-info.class");
    }

    /** Returns the name of the outermost class of a path such as {@code dev/ratelimit/Scope$Group.class}. */
    private static String className(String path) {
        return path.replaceFirst("[.$].*", "").replace('/', '.');
    }

    /** Returns the texts in the constant pool of a class file, among them the names and descriptors of all types. */
    private static Set<String> texts(byte[] file) throws IOException {
        Set<String> texts = new HashSet<>();
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(file));
        in.skipNBytes(8); // the magic number and the version
        int count = in.readUnsignedShort();
        for (int i = 1; i < count; i++) {
            int tag = in.readUnsignedByte();
            switch (tag) {
                case 1 -> texts.add(in.readUTF());
                case 3, 4, 9, 10, 11, 12, 17, 18 -> in.skipNBytes(4);
                case 5, 6 -> {
                    in.skipNBytes(8);
                    i++; // a long or a double takes two entries
                }
                case 7, 8, 16, 19, 20 -> in.skipNBytes(2);
                case 15 -> in.skipNBytes(3);
                default -> throw new IOException("unknown constant: tag=" + tag);
            }
        }
        return texts;
    }
}
