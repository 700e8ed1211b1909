package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.core.Snapshots.Snapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Mutated snapshots, most of them with checks that hold, are refused or are snapshots, and take no more memory than
 * they should.
 */
class SnapshotFuzzTest {

    private static final int MUTANTS = 60_000;
    private static final long MEMORY = 64L << 20;
    private static final long[] EXTREMES = {
        0,
        1,
        0xFF,
        0x7FFF,
        0xFFFF,
        16_385,
        1 << 24,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        -1,
        1L << 60,
        1L << 61,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };

    private final Random random = new Random(20_250_131);

    @Test
    void aMutatedSnapshotIsRefusedOrIsASnapshotAndTakesLittleMemory() {
        int read = 0;
        int behindTheChecks = 0;
        long most = 0;
        List<byte[]> originals = new ArrayList<>(List.of(Snapshots.bytes(Snapshots.sample())));
        for (int i = 0; i < 500; i++) {
            originals.add(Snapshots.bytes(Snapshots.random(random)));
        }
        for (int i = 0; i < MUTANTS; i++) {
            byte[] original = originals.get(i % 2 == 0 ? 0 : random.nextInt(originals.size()));
            byte[] mutant = mutate(original, originals.get(random.nextInt(originals.size())));
            Allocation allocation = new Allocation();
            try {
                Snapshot snapshot = Snapshots.read(mutant);
                read++;
                assertThat(Snapshots.read(Snapshots.bytes(snapshot))).isEqualTo(snapshot);
            } catch (SnapshotException refused) {
                if (refused.getCause() != null) {
                    behindTheChecks++;
                }
            } catch (IOException | RuntimeException | Error e) {
                throw new AssertionError("mutant " + i + ": " + Arrays.toString(mutant), e);
            }
            most = Math.max(most, allocation.bytes());
        }
        assertThat(most).isLessThan(MEMORY);
        assertThat(read).isGreaterThan(MUTANTS / 100);
        assertThat(behindTheChecks).isGreaterThan(MUTANTS / 4);
    }

    /** Returns a mutant; one in ten with checks that do not hold, one in five with blocks that are mutated, too. */
    private byte[] mutate(byte[] original, byte[] other) {
        int kind = random.nextInt(10);
        if (kind == 0) {
            return change(original.clone());
        }
        if (kind <= 2) {
            return SnapshotSeal.reseal(splice(change(original.clone()), other));
        }
        byte[] payload = SnapshotSeal.payload(original);
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            payload = random.nextInt(3) == 0 ? splice(payload, SnapshotSeal.payload(other)) : change(payload);
        }
        return SnapshotSeal.snapshot(payload, 1 + random.nextInt(200));
    }

    /** Flips some bits, or sets a number of some size to an extreme. */
    private byte[] change(byte[] bytes) {
        if (bytes.length < Long.BYTES) {
            return bytes;
        }
        int at = random.nextInt(bytes.length - Long.BYTES + 1);
        long extreme = EXTREMES[random.nextInt(EXTREMES.length)] + random.nextInt(3) - 1;
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        switch (random.nextInt(5)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) extreme;
            case 2 -> buffer.putShort(at, (short) extreme);
            case 3 -> buffer.putInt(at, (int) extreme);
            default -> buffer.putLong(at, extreme);
        }
        return bytes;
    }

    /** Puts a piece of some bytes, or of the same, in the place of another piece of any length. */
    private byte[] splice(byte[] bytes, byte[] other) {
        byte[] source = random.nextBoolean() ? bytes : other;
        int from = random.nextInt(source.length + 1);
        int length = random.nextInt(source.length - from + 1);
        int at = random.nextInt(bytes.length + 1);
        int until = random.nextBoolean() ? at : at + random.nextInt(bytes.length - at + 1);
        ByteArrayOutputStream spliced = new ByteArrayOutputStream();
        spliced.write(bytes, 0, at);
        spliced.write(source, from, length);
        spliced.write(bytes, until, bytes.length - until);
        return spliced.toByteArray();
    }
}
