package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.spi.Printable;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An organization in a snapshot.
 *
 * @param name any string, even an empty or a malformed one
 * @param meters its meters in any order, no two of the same key
 * @param endpoints the unlisted endpoints that have meters of their own: see {@link UnlistedEndpoints}
 */
record SavedOrganization(String name, List<SavedMeter> meters, List<String> endpoints) {

    /** Throws {@link IllegalArgumentException} if two meters have the same key. */
    SavedOrganization {
        requireNonNull(name, "name");
        meters = List.copyOf(meters);
        endpoints = List.copyOf(endpoints);
        Set<MeterKey> keys = new HashSet<>();
        for (SavedMeter meter : meters) {
            if (!keys.add(meter.key())) {
                throw new IllegalArgumentException("key must be that of one meter only: key="
                        + Printable.text(meter.key().toString()));
            }
        }
    }
}
