package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.MeterKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Snapshots for tests: as values, as bytes and by chance. */
final class Snapshots {

    private static final ZoneId[] ZONES = {
        ZoneOffset.UTC, ZoneOffset.ofHoursMinutesSeconds(-11, -22, -33), ZoneId.of("Africa/Cairo"), ZoneId.of("UTC+3")
    };
    private static final String[] CHARACTERS = {
        "a", "\0", "\n", "é", "\uFFFF", "\uFEFF", "𝄞", "\uDBFF\uDFFF", "\uD800", "\uDC00", "\uDFFF"
    };

    /** A whole snapshot. */
    record Snapshot(SnapshotHeader header, List<SavedOrganization> organizations) {}

    private Snapshots() {}

    static byte[] bytes(Snapshot snapshot) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            write(snapshot, out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    static void write(Snapshot snapshot, OutputStream out) throws IOException {
        SnapshotWriter writer = new SnapshotWriter(out, snapshot.header);
        for (SavedOrganization organization : snapshot.organizations) {
            writer.organization(organization);
        }
        writer.finish();
    }

    static Snapshot read(byte[] bytes) throws IOException {
        return read(new ByteArrayInputStream(bytes));
    }

    static Snapshot read(InputStream in) throws IOException {
        SnapshotReader reader = new SnapshotReader(in);
        Map<String, SavedOrganization> read = new LinkedHashMap<>();
        reader.forEach(organization -> {
            if (read.put(organization.name(), organization) != null) {
                throw new IllegalArgumentException("organization must come once: name=" + organization.name());
            }
        });
        return new Snapshot(reader.header(), List.copyOf(read.values()));
    }

    /** Asserts that bytes cannot be read, and that the message says why and where. */
    static void assertRefused(byte[] bytes, String... inMessage) {
        try {
            assertThat(read(bytes)).as("what was read").isNull();
        } catch (SnapshotException refused) {
            assertThat(refused).hasMessageContainingAll(inMessage).hasMessageContaining("(at byte ");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static MeterKey key(String endpoint, Duration window) {
        return key(endpoint, new MeterKey.Window(window));
    }

    static MeterKey key(String endpoint, QuotaPeriod period) {
        return key(endpoint, new MeterKey.Period(period));
    }

    private static MeterKey key(String endpoint, MeterKey.Span span) {
        return new MeterKey("default", "table", new Scope.Endpoint(endpoint), Unit.CALLS, span);
    }

    /** Some of everything, in few bytes. */
    static Snapshot sample() {
        MeterKey minute = key("chat", Duration.ofMinutes(1));
        MeterKey month = new MeterKey(
                "other",
                "calls per month",
                new Scope.Group("all"),
                Unit.TOKENS,
                new MeterKey.Period(QuotaPeriod.monthFrom(31, ZONES[2])));
        QuotaPeriod.Interval january =
                new QuotaPeriod.Interval(Instant.parse("2025-01-30T22:00:00Z"), Instant.parse("2025-02-27T22:00:00Z"));
        SavedMeter window = new SavedMeter.Window(
                minute, List.of(new SavedMeter.Charge(59_000_000_000L, 3), new SavedMeter.Charge(-5, 1)));
        SavedMeter.Span first = new SavedMeter.Span(january, 2_300_000_000_000_000L);
        SavedMeter.Kept kept = new SavedMeter.Kept(List.of(first), 4, 2, 3);
        SavedMeter period = new SavedMeter.Period(month, first, 17, 5, 1, List.of(first), List.of(kept));
        Instant taken = Instant.parse("2025-01-31T12:00:00.000000001Z");
        return new Snapshot(
                new SnapshotHeader(taken, taken.plusSeconds(1), Instant.EPOCH, 7),
                List.of(
                        organization("acme", List.of(window, period)),
                        organization("\uD800", List.of(lifetime("chat", 1L << 61))),
                        organization("", List.of(window)),
                        organization("umbrella", List.of(bucket(), inFlight(), fixed(january)))));
    }

    private static SavedMeter bucket() {
        return new SavedMeter.Bucket(key("chat", new MeterKey.Bucket()), new Flow(20, 1_000_000_000), -3, 70);
    }

    private static SavedMeter inFlight() {
        return new SavedMeter.InFlight(
                key("chat", new MeterKey.InFlight()),
                List.of(new SavedMeter.Flight(600_000_000_000L, 2), new SavedMeter.Flight(600_000_000_000L, 1)));
    }

    private static SavedMeter fixed(QuotaPeriod.Interval bounds) {
        return new SavedMeter.Period(
                key("chat", QuotaPeriod.every(Duration.ofMinutes(15), Instant.ofEpochSecond(7))), bounds, 3, 0);
    }

    static SavedOrganization organization(String name, List<SavedMeter> meters) {
        return new SavedOrganization(name, meters, List.of());
    }

    static SavedMeter lifetime(String endpoint, long used) {
        return new SavedMeter.Period(
                key(endpoint, QuotaPeriod.lifetime()), new QuotaPeriod.Interval(Instant.MIN, Instant.MAX), used, 0);
    }

    /** Returns a snapshot by chance, its strings and numbers odd ones more often than not. */
    static Snapshot random(Random random) {
        Map<String, SavedOrganization> organizations = new LinkedHashMap<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            String name = string(random);
            Map<MeterKey, SavedMeter> meters = new LinkedHashMap<>();
            for (int j = random.nextInt(5); j > 0; j--) {
                SavedMeter meter = meter(random);
                meters.put(meter.key(), meter);
            }
            organizations.put(
                    name,
                    new SavedOrganization(name, List.copyOf(meters.values()), List.of(string(random), string(random))));
        }
        SnapshotHeader header = random.nextBoolean()
                ? new SnapshotHeader(instant(random), instant(random))
                : new SnapshotHeader(
                        instant(random), instant(random), instant(random), random.nextLong(TimeOfDay.MINUTE));
        return new Snapshot(header, List.copyOf(organizations.values()));
    }

    private static SavedMeter meter(Random random) {
        return switch (random.nextInt(5)) {
            case 0, 1 -> window(random);
            case 2 -> bucket(random);
            case 3 -> inFlight(random);
            default -> period(random);
        };
    }

    private static SavedMeter bucket(Random random) {
        Flow flow = new Flow(random.nextLong(1L << 53), 1 + (random.nextLong() >>> (4 + random.nextInt(60))));
        long age = random.nextBoolean() ? random.nextLong(1L << 62) : -random.nextLong(1L << 60);
        return new SavedMeter.Bucket(key(random, new MeterKey.Bucket()), flow, age, units(random));
    }

    private static SavedMeter inFlight(Random random) {
        long[] ends = random.longs(random.nextInt(6), 1, 1L << 61).sorted().toArray();
        return new SavedMeter.InFlight(
                key(random, new MeterKey.InFlight()),
                Arrays.stream(ends)
                        .mapToObj(end -> new SavedMeter.Flight(end, units(random) / ends.length))
                        .toList());
    }

    private static SavedMeter window(Random random) {
        long length = 1 + (random.nextLong() >>> (4 + random.nextInt(60)));
        long[] ages = random.longs(random.nextInt(6), -(1L << 60), length).toArray();
        Arrays.sort(ages);
        List<SavedMeter.Charge> charges = new ArrayList<>();
        for (int i = ages.length - 1; i >= 0; i--) {
            charges.add(new SavedMeter.Charge(ages[i], units(random) / ages.length));
        }
        return new SavedMeter.Window(key(random, new MeterKey.Window(Duration.ofNanos(length))), charges);
    }

    private static SavedMeter period(Random random) {
        QuotaPeriod[] periods = {
            QuotaPeriod.lifetime(),
            QuotaPeriod.day(zone(random)),
            QuotaPeriod.week(zone(random)),
            QuotaPeriod.month(zone(random)),
            QuotaPeriod.year(zone(random)),
            QuotaPeriod.day(zone(random), LocalTime.ofNanoOfDay(random.nextLong(86_400_000_000_000L))),
            QuotaPeriod.week(zone(random), DayOfWeek.of(1 + random.nextInt(7)), LocalTime.of(random.nextInt(24), 0)),
            QuotaPeriod.year(MonthDay.of(2, 1 + random.nextInt(29)), zone(random)),
            QuotaPeriod.every(
                    Duration.ofNanos(1_000_000 + (random.nextLong() >>> 5)), Instant.ofEpochSecond(random.nextInt())),
            QuotaPeriod.monthFrom(1 + random.nextInt(31), zone(random)),
            QuotaPeriod.monthFrom(Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000)), zone(random))
        };
        QuotaPeriod period = periods[random.nextInt(periods.length)];
        MeterKey key = key(random, new MeterKey.Period(period));
        long granted = random.nextLong(CompiledLimit.MOST_GRANTED + 1);
        if (random.nextBoolean() || period.equals(QuotaPeriod.lifetime())) {
            return new SavedMeter.Period(key, period.at(instant(random)), units(random), granted);
        }
        List<SavedMeter.Kept> kept = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            kept.add(new SavedMeter.Kept(spans(random, period, 1), units(random), granted, units(random)));
        }
        SavedMeter.Span span = span(random, period);
        List<SavedMeter.Span> alsoOf = spans(random, period, 0);
        return new SavedMeter.Period(key, span, units(random), granted, units(random), alsoOf, kept);
    }

    private static List<SavedMeter.Span> spans(Random random, QuotaPeriod period, int least) {
        List<SavedMeter.Span> spans = new ArrayList<>();
        for (int i = random.nextInt(least, 9); i > 0; i--) {
            spans.add(span(random, period));
        }
        return spans;
    }

    private static SavedMeter.Span span(Random random, QuotaPeriod period) {
        return new SavedMeter.Span(period.at(instant(random)), random.nextLong((1L << 62) + 1));
    }

    private static MeterKey key(Random random, MeterKey.Span span) {
        Scope scope = random.nextBoolean() ? new Scope.Endpoint(string(random)) : new Scope.Group("g" + string(random));
        Unit unit = random.nextBoolean() ? Unit.CALLS : new Unit("u" + string(random));
        return new MeterKey(string(random), string(random), scope, unit, span);
    }

    private static long units(Random random) {
        return random.nextBoolean() ? 1L << random.nextInt(62) : random.nextInt(10);
    }

    private static ZoneId zone(Random random) {
        return ZONES[random.nextInt(ZONES.length)];
    }

    private static Instant instant(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> Instant.MIN;
            case 1 -> Instant.MAX;
            default -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
        };
    }

    private static String string(Random random) {
        StringBuilder built = new StringBuilder();
        for (int i = random.nextInt(4); i > 0; i--) {
            built.append(CHARACTERS[random.nextInt(CHARACTERS.length)]);
        }
        return built.toString();
    }
}
