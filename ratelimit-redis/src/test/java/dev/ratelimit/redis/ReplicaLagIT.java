package dev.ratelimit.redis;

import org.junit.jupiter.api.Test;

/** A primary that notices only after a while that its replica says nothing. */
class ReplicaLagIT extends ReplicatedTest {

    /**
     * The longest lag bounds what is lost, since it is the time for which a primary goes on without hearing of its
     * replica.
     */
    @Test
    void aPrimaryThatMustHaveAReplicaLosesOnlyWhatItChargedUntilItMissedIt() {
        demandReplica();
        RedisRateLimiter limiter = impatient(primary.uri());
        charge(limiter, 100);
        awaitReplica();
        between.hold();
        long lost = callUntilDecided(false, limiter);
        assertUsed(patient(primary.uri()), 100 + lost);
        primary.kill();
        promote(replica);
        assertGoesOnFrom(patient(replica.uri()), 100);
    }
}
