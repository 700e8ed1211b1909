package dev.ratelimit.apikeys;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.KeyRevoked;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.spi.TimeSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is known of a key, but for the key. A change makes another one in its place. */
final class RegisteredKey {

    private final KeyRegistration registration;
    private final Optional<KeyRevoked> revoked;

    /* A cache of one, written by any thread: it is made again where it is lost, and its fields are final. */
    private @Nullable Reviewed lastReviewed;

    RegisteredKey(KeyRegistration registration, Optional<KeyRevoked> revoked) {
        this.registration = requireNonNull(registration, "registration");
        this.revoked = revoked;
    }

    /** Returns the same key of another kind. */
    RegisteredKey of(KeyKind kind) {
        return new RegisteredKey(registration.kind(kind), revoked);
    }

    /** Returns the same key, revoked or not. */
    RegisteredKey of(Optional<KeyRevoked> revoked) {
        return new RegisteredKey(registration, revoked);
    }

    Resolution resolve(TierResolver trial, TierResolver production, TimeSource time) {
        if (revoked.isPresent()) {
            Optional<Rejected> refusal = revoked.get().refusalAt(time.instant());
            if (refusal.isPresent()) {
                return refusal.get();
            }
        }
        return registration.callerUnder(tier(trial, production));
    }

    String organization() {
        return registration.organization();
    }

    /** Returns the tier of the calls of this key, revoked or not. */
    Tier tier(TierResolver trial, TierResolver production) {
        return switch (registration.kind()) {
            case TRIAL -> tier(trial);
            case PRODUCTION -> tier(production);
            case PRODUCTION_UNDER_REVIEW ->
                reviewed(tier(trial), tier(production).account());
        };
    }

    private Tier tier(TierResolver tiers) {
        return tiers.callerOf(registration.organization()).tier();
    }

    /**
     * Returns the trial tier on another account: the same object as long as the two are the same, which limiters find
     * faster.
     */
    private Tier reviewed(Tier trial, String account) {
        Reviewed last = lastReviewed;
        if (last == null || !last.trial.equals(trial) || !last.tier.account().equals(account)) {
            last = new Reviewed(trial, trial.withAccount(account));
            lastReviewed = last;
        }
        return last.tier;
    }

    /** Returns for example {@code PRODUCTION key of acme}. */
    @Override
    public String toString() {
        return registration.toString();
    }

    private record Reviewed(Tier trial, Tier tier) {}
}
