package dev.ratelimit.micrometer;

import dev.ratelimit.spi.RoundTrip;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;

/**
 * Makes an observation of each request to a store. Its parent is what is observed on the thread that sends the request.
 */
final class ObservedRoundTrips {

    private ObservedRoundTrips() {}

    /** Begins an observation with some tags, and that of the operation. */
    static RoundTrip begin(ObservationRegistry observations, String name, Tags common, String operation) {
        Observation observation = Observation.createNotStarted(name, observations)
                .contextualName("ratelimit " + operation)
                .lowCardinalityKeyValues(
                        KeyValues.of(common, Tag::getKey, Tag::getValue).and(KeyValue.of("operation", operation)))
                .start();
        return failure -> {
            failure.ifPresent(observation::error);
            observation.stop();
        };
    }
}
