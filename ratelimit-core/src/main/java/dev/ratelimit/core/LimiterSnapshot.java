package dev.ratelimit.core;

import dev.ratelimit.kernel.Arguments;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Writes what counts in a limiter to a snapshot, and restores it. */
final class LimiterSnapshot {

    private LimiterSnapshot() {}

    /**
     * Writes what counts. Charges that were reported before the call are in the snapshot, and those that are made
     * meanwhile may be. Organizations that are added meanwhile are not: the map may show one that was removed and added
     * again a second time.
     */
    static void save(OrganizationStore store, OutputStream out) throws IOException {
        store.refunds.make();
        int before = store.beginSnapshot();
        long now = store.clocks.nanoTime();
        SnapshotWriter writer =
                new SnapshotWriter(out, store.clocks.readTimeOfDay(now).save(now));
        for (OrganizationState organization : store.all()) {
            SavedOrganization saved = save(store, organization, now);
            if (organization.snapshots - before <= 0 && !saved.isEmpty()) {
                writer.organization(saved);
            }
        }
        writer.finish();
    }

    /** Nothing is granted meanwhile. So this is what was used and granted at one time. */
    private static SavedOrganization save(OrganizationStore store, OrganizationState organization, long now) {
        synchronized (store.adminLock) {
            return OrganizationSnapshot.save(organization, now, store.listeners);
        }
    }

    /**
     * Restores a snapshot in a store that nobody has called yet. The time since then is measured by the wall clock, as
     * far as that is believed. An organization of which nothing counts any more takes no place. All others take one,
     * beyond the capacity if need be.
     */
    static void restore(OrganizationStore store, InputStream in) throws IOException {
        SnapshotReader reader = new SnapshotReader(in);
        Clocks clocks = store.clocks;
        long now = clocks.nanoTime();
        TimeOfDay time = clocks.restore(reader.header(), now);
        Duration since = Duration.between(reader.header().taken(), time.at(now));
        long elapsed = since.isNegative() ? 0 : TimeUnit.NANOSECONDS.convert(since);
        Set<String> names = new HashSet<>();
        reader.forEach(saved -> {
            Arguments.require(names.add(saved.name()), "name", "that of one organization", saved.name());
            OrganizationState restored = store.unseen(saved.name());
            OrganizationSnapshot.restore(restored, saved, elapsed);
            if (restored.hasMembers() || !restored.isIdle(clocks.nanoTime())) {
                store.put(restored);
            }
        });
    }
}
