package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.core.Snapshots.Snapshot;
import java.io.IOException;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** What was written is read: names, keys and numbers to the last bit. */
class SnapshotProperties {

    @Property(tries = 5_000)
    void aSnapshotIsReadAsItWasWritten(@ForAll Random random) throws IOException {
        Snapshot snapshot = Snapshots.random(random);
        byte[] bytes = Snapshots.bytes(snapshot);
        assertThat(Snapshots.read(bytes)).isEqualTo(snapshot);
        assertThat(Snapshots.bytes(Snapshots.read(bytes))).isEqualTo(bytes);
    }

    @Property(tries = 1_000)
    void whereBlocksEndMakesNoDifference(@ForAll Random random) throws IOException {
        Snapshot snapshot = Snapshots.random(random);
        byte[] payload = SnapshotSeal.payload(Snapshots.bytes(snapshot));
        assertThat(Snapshots.read(SnapshotSeal.snapshot(payload, 1 + random.nextInt(50))))
                .isEqualTo(snapshot);
    }
}
