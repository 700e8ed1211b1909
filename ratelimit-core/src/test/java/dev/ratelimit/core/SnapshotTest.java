package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.core.Snapshots.Snapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotTest {

    private static final SnapshotHeader HEADER = new SnapshotHeader(Instant.parse("2025-01-31T12:00:00Z"), Instant.MIN);

    @Test
    void organizationsWhoseNamesDifferOnlyInHalfACharacterStayTwo() throws IOException {
        Snapshot snapshot = new Snapshot(
                HEADER,
                List.of(
                        Snapshots.organization("a\uD800", List.of()),
                        Snapshots.organization("a\uDC00", List.of()),
                        Snapshots.organization("a?", List.of()),
                        Snapshots.organization("a\uFFFD", List.of())));
        assertThat(Snapshots.read(Snapshots.bytes(snapshot))).isEqualTo(snapshot);
    }

    @Test
    void anOrganizationMayTakeManyBlocks() throws IOException {
        List<SavedMeter.Charge> charges = new ArrayList<>();
        for (int age = 99_999; age >= 0; age--) {
            charges.add(new SavedMeter.Charge(age, 7));
        }
        SavedMeter window = new SavedMeter.Window(Snapshots.key("chat", Duration.ofMinutes(1)), charges);
        String longName = "x".repeat(1_000_000);
        Snapshot snapshot = new Snapshot(
                HEADER,
                List.of(
                        Snapshots.organization(longName, List.of(Snapshots.lifetime("chat", 1), window)),
                        Snapshots.organization("acme", List.of(window))));
        assertThat(Snapshots.read(Snapshots.bytes(snapshot))).isEqualTo(snapshot);
    }

    @Test
    void moreKeysThanAreNumberedAreWrittenInFull() throws IOException {
        List<SavedMeter> meters = new ArrayList<>();
        for (int i = 0; i < 66_000; i++) {
            meters.add(Snapshots.lifetime("endpoint " + i, i));
        }
        Snapshot snapshot = new Snapshot(
                HEADER, List.of(Snapshots.organization("acme", meters), Snapshots.organization("globex", meters)));
        assertThat(Snapshots.read(Snapshots.bytes(snapshot))).isEqualTo(snapshot);
    }

    @Test
    void aKeyIsWrittenOnce() {
        List<SavedOrganization> organizations = new ArrayList<>();
        for (int i = 1_000; i < 2_000; i++) {
            organizations.add(Snapshots.organization("" + i, List.of(Snapshots.lifetime("chat", i))));
        }
        // Kind and name 10, numbers of meters, endpoints and members 12, key 2, period 49.
        assertThat(Snapshots.bytes(new Snapshot(HEADER, organizations))).hasSizeBetween(73_000, 73_300);
    }

    /**
     * Around the length from which on UTF-8 gives way to UTF-16, of characters that take one byte in UTF-8, or two, or
     * three.
     */
    @ParameterizedTest
    @ValueSource(strings = {"a", "é", "€"})
    void aNameOfAnyLengthIsReadAsItWasWritten(String character) throws IOException {
        int most = (1 << 24) / character.getBytes(StandardCharsets.UTF_8).length;
        for (String name :
                List.of(character.repeat(most), character.repeat(most + 1), character.repeat(most / 3) + "\uD800")) {
            Snapshot snapshot = new Snapshot(HEADER, List.of(Snapshots.organization(name, List.of())));
            assertThat(Snapshots.read(Snapshots.bytes(snapshot)).equals(snapshot))
                    .isTrue();
        }
    }

    @Test
    void whatWasNotFinishedIsRefused() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SnapshotWriter writer = new SnapshotWriter(out, HEADER);
        for (int i = 0; i < 100; i++) {
            writer.organization(Snapshots.organization(i + "x".repeat(10_000), List.of()));
        }
        Snapshots.assertRefused(out.toByteArray(), "a snapshot must not be cut short");
    }

    @Test
    void theExampleOfTheDocumentIsWhatIsWritten() throws IOException {
        String document = Files.readString(Path.of("../docs/SNAPSHOT.md"));
        Matcher example = Pattern.compile("(?s)```hexdump\n(.*?)```").matcher(document);
        assertThat(example.find()).isTrue();
        assertThat(example.group(1)).isEqualTo(hexdump(Snapshots.bytes(example())));
        assertThat(document).contains("16,384", "16,777,216", "65,535");
    }

    private static Snapshot example() {
        SavedMeter window = new SavedMeter.Window(
                Snapshots.key("chat", Duration.ofMinutes(1)), List.of(new SavedMeter.Charge(1_000_000_000, 3)));
        return new Snapshot(
                new SnapshotHeader(HEADER.taken(), HEADER.taken()),
                List.of(
                        Snapshots.organization("acme", List.of(window)),
                        Snapshots.organization("héé", List.of(window))));
    }

    private static String hexdump(byte[] bytes) {
        StringBuilder dump = new StringBuilder();
        for (int from = 0; from < bytes.length; from += 16) {
            int to = Math.min(bytes.length, from + 16);
            StringBuilder hex = new StringBuilder();
            for (int i = from; i < to; i++) {
                hex.append(i == from + 8 ? " " : "").append(" %02x".formatted(bytes[i]));
            }
            String text = new String(bytes, from, to - from, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", ".");
            dump.append("%08x %-49s  |%s|\n".formatted(from, hex, text));
        }
        return dump.toString();
    }
}
