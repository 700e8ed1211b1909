package dev.ratelimit.core;

import static dev.ratelimit.core.Snapshots.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.core.Snapshots.Snapshot;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is damaged is refused, with a message that says why and where: bytes, blocks, and what a stream does. */
class SnapshotCorruptionTest {

    private final byte[] sample = Snapshots.bytes(Snapshots.sample());

    @Test
    void aSnapshotCutShortAnywhereIsRefused() {
        for (int length = 0; length < sample.length; length++) {
            assertRefused(Arrays.copyOf(sample, length), "must not be cut short (at byte " + length + ")");
        }
    }

    @Test
    void aSnapshotCutShortBetweenBlocksIsRefused() {
        byte[] payload = SnapshotSeal.payload(sample);
        byte[] blocks = SnapshotSeal.snapshot(payload, 8);
        for (int length = SnapshotSeal.START; length < blocks.length; length += 16) {
            assertRefused(Arrays.copyOf(blocks, length), "must not be cut short");
        }
    }

    @Test
    void everyFlippedBitIsNoticed() {
        for (int i = 0; i < sample.length; i++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = sample.clone();
                flipped[i] ^= (byte) (1 << bit);
                assertRefused(flipped, "must");
            }
        }
    }

    @Test
    void blocksThatAreLeftOutRepeatedOrSwappedAreNoticed() {
        byte[] blocks = SnapshotSeal.snapshot(SnapshotSeal.payload(sample), 40);
        int from = SnapshotSeal.START + 48;
        assertThat(blocks).hasSizeGreaterThan(from + 3 * 48);
        ByteBuffer without = ByteBuffer.allocate(blocks.length - 48);
        without.put(blocks, 0, from).put(blocks, from + 48, blocks.length - from - 48);
        assertRefused(without.array(), "check must be that of the bytes before it");
        ByteBuffer twice = ByteBuffer.allocate(blocks.length + 48);
        twice.put(blocks, 0, from + 48).put(blocks, from, blocks.length - from);
        assertRefused(twice.array(), "check must be that of the bytes before it");
        ByteBuffer swapped = ByteBuffer.allocate(blocks.length);
        swapped.put(blocks, 0, from).put(blocks, from + 48, 48).put(blocks, from, 48);
        swapped.put(blocks, from + 96, blocks.length - from - 96);
        assertRefused(swapped.array(), "check must be that of the bytes before it");
    }

    @Test
    void whatIsNoSnapshotIsRefused() {
        assertRefused(
                "[x] no snapshot".getBytes(StandardCharsets.UTF_8), "must begin with the letters RLIMSNAP (at byte 0)");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, -1})
    void anotherVersionIsRefusedNamingBoth(int version) {
        ByteBuffer.wrap(sample).putInt(8, version);
        assertRefused(
                SnapshotSeal.reseal(sample),
                "version must be one that this release reads, up to 4: version=" + Integer.toUnsignedString(version),
                "(at byte 8)");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 16_385, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
    void aBlockLengthOutOfRangeIsRefused(int length) {
        ByteBuffer.wrap(sample).putInt(SnapshotSeal.START, length);
        assertRefused(
                sample,
                "length of a block must be between 1 and 16384: length=" + Integer.toUnsignedString(length),
                "(at byte 12)");
    }

    @Test
    void bytesBehindTheEndAreRefused() {
        byte[] longer = Arrays.copyOf(sample, sample.length + 1);
        assertRefused(longer, "nothing must follow the end of a snapshot");
        byte[] payload = SnapshotSeal.payload(sample);
        byte[] inTheBlock = SnapshotSeal.snapshot(Arrays.copyOf(payload, payload.length + 1), 1_000);
        assertRefused(inTheBlock, "nothing must follow the end of a snapshot");
    }

    @Test
    void troubleOfTheStreamIsNoDamageOfTheSnapshot() {
        InputStream broken = new FilterInputStream(new ByteArrayInputStream(sample, 0, 100)) {
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                if (in.available() == 0) {
                    throw new IOException("unplugged");
                }
                return in.read(bytes, offset, length);
            }
        };
        assertThatThrownBy(() -> Snapshots.read(broken))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("unplugged");
    }

    @Test
    void aStreamThatGivesAByteAtATimeIsRead() throws IOException {
        InputStream slow = new FilterInputStream(new ByteArrayInputStream(sample)) {
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return in.read(bytes, offset, Math.min(length, 1));
            }
        };
        assertThat(Snapshots.read(slow)).isEqualTo(Snapshots.sample());
    }

    @Test
    void whatTheConsumerRefusesIsSaidWithItsPlace() {
        SavedOrganization acme = Snapshots.organization("acme", List.of());
        SnapshotHeader header = new SnapshotHeader(Instant.EPOCH, Instant.EPOCH);
        assertRefused(
                Snapshots.bytes(new Snapshot(header, List.of(acme, acme))),
                "organization 2: organization must come once: name=acme");
    }
}
