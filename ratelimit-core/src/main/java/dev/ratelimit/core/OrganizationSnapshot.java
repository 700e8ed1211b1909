package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Scope;
import dev.ratelimit.kernel.Listeners;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Saves the states of organizations for a snapshot, and restores them. */
final class OrganizationSnapshot {

    private OrganizationSnapshot() {}

    /**
     * Returns what counts of an organization, with ages as of {@code now}. A meter that cannot be saved is left out
     * and logged: it must not cost the others the snapshot.
     */
    static SavedOrganization save(OrganizationState state, long now, Listeners listeners) {
        List<SavedMeter> saved = new ArrayList<>();
        state.forEach((key, meter) -> {
            try {
                SavedMeter one = meter.save(key, now);
                if (one != null) {
                    saved.add(one);
                }
            } catch (RuntimeException thrown) {
                listeners.log("A meter could not be saved in a snapshot", thrown);
            }
        });
        return new SavedOrganization(
                state.name, state.key, saved, state.unlistedNames(), savedMembers(state, now, listeners));
    }

    /** A member whose state is replaced meanwhile may come twice: the first one is taken. */
    private static List<SavedOrganization> savedMembers(OrganizationState state, long now, Listeners listeners) {
        MemberStates known = state.membersIfAny();
        if (known == null) {
            return List.of();
        }
        Map<MemberKey, SavedOrganization> saved = new LinkedHashMap<>();
        for (OrganizationState member : known.all()) {
            SavedOrganization one = save(member, now, listeners);
            if (!one.meters().isEmpty()) {
                saved.putIfAbsent(requireNonNull(member.key), one);
            }
        }
        return List.copyOf(saved.values());
    }

    /** Restores what was saved {@code elapsed} nanoseconds ago. Endpoints that shared meters go on to share them. */
    static void restore(OrganizationState state, SavedOrganization saved, long elapsed) {
        Clocks clocks = state.context.clocks();
        state.reserve(saved.meters().size());
        for (SavedMeter meter : saved.meters()) {
            if (state.context.quotas() != null && meter instanceof SavedMeter.Period) {
                continue; // the store has the counts
            }
            Meter restored = restored(meter, elapsed, clocks);
            if (!restored.isIdle(clocks.nanoTime())) {
                state.put(meter.key(), restored);
            }
        }
        for (SavedOrganization member : saved.members()) {
            OrganizationState restored = state.newMember(requireNonNull(member.member()), state.members());
            restore(restored, member, elapsed);
            if (!restored.isIdle(clocks.nanoTime())) {
                state.members().put(restored);
            }
        }
        boolean shared = saved.meters().stream()
                .anyMatch(meter -> meter.key().scope() instanceof Scope.Endpoint endpoint && endpoint.isOverflow());
        if (shared || !saved.endpoints().isEmpty()) {
            state.setUnlisted(new UnlistedEndpoints(shared ? 0 : state.context.maxEndpoints(), saved.endpoints()));
        }
    }

    private static Meter restored(SavedMeter saved, long elapsed, Clocks clocks) {
        if (saved instanceof SavedMeter.Window window) {
            return new SlidingWindow(window, elapsed, clocks.lag, clocks.nanoTime());
        } else if (saved instanceof SavedMeter.Period period) {
            return PeriodCounter.restored(period, elapsed, clocks);
        } else if (saved instanceof SavedMeter.Bucket bucket) {
            return new BucketCounter(bucket, elapsed, clocks);
        }
        return new InFlightCounter((SavedMeter.InFlight) saved, elapsed, clocks);
    }
}
