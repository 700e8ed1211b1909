package dev.ratelimit.core;

import static dev.ratelimit.core.CompiledLimit.MOST_USED;
import static dev.ratelimit.core.CompiledLimit.NEVER;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.kernel.MeterKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The meter of a token bucket: when the bucket was last full, and the units charged since.
 *
 * <p>What has flowed back is the rate times the time since the bucket was last full, in whole units. What is used is
 * what was charged, less that. A charge fits if no more is used with it than the bucket holds. A charge that finds the
 * bucket full writes that it was full now. So a bucket that was full for a while gives no more than it holds, and a
 * full bucket is like a new one.
 *
 * <p><b>Exact.</b> Nothing is rounded from charge to charge: a part of a unit that has flowed back is not lost, and not
 * given twice. For charges of one rate, all that is admitted from one charge to another is at most the capacity and
 * rate times time.
 *
 * <p><b>Another rate.</b> The rate and the capacity come with the limit, and may change from call to call. A {@link
 * BucketEpoch} is for one rate. A charge at another rate closes it, and what is used, in whole units, begins a new one.
 * A late charge fails on the closed epoch, and is decided again. A refusal does the same if its rate is faster: so an
 * upgrade helps at once where the slow plan is used up. What is charged beyond an estimate keeps the rate. Another
 * capacity changes nothing that is kept.
 *
 * <p><b>Assumptions.</b> All readings are of one monotonic clock. A reading may lag by up to {@link Clocks#lag}: the
 * bucket is taken for full as of the latest time that a reading may be of, and units have flowed back as of the
 * earliest.
 *
 * <p><b>Giving back.</b> Of a charge only what has not flowed back yet is given back: the charge, less rate times the
 * time since. The rate is the fastest since the charge. Nothing is given back if the bucket was full since. A unit of
 * which a part has flowed back is given back as a whole one. The part is then taken from what has flowed back of the
 * next unit that is used, or all of that if it is less. So what is used goes down by whole units, and no part is given
 * twice.
 *
 * <p><b>Why that is not too much.</b> Let D be what has not flowed back of all charges, and L be D rounded up. Of a
 * charge of c units, at most f have flowed back. The other charges since a time t are m units. For t before the charge,
 * giving back takes c units from what was charged since t. For t after it, D is at least c - f + m. So D - (c - f) is
 * enough: it is at least m. With u for c - f rounded up, L - u is enough as well: L is at least u + m, since m is a
 * whole number. A refund leaves the smaller of the two. Where another rate was in force since the charge, it leaves
 * L - u.
 *
 * <p><b>Progress.</b> Lock-free. A charge is one CAS, which allocates nothing unless the epoch ends.
 */
final class BucketCounter extends Meter {

    private static final long SECOND = 1_000_000_000L;

    private static final VarHandle EPOCH = VarHandles.of(MethodHandles.lookup(), "epoch", BucketEpoch.class);

    /** How full a bucket is: when it was last full, and the units charged since. */
    private record Level(Flow flow, long fullAt, long charged) {

        /** Returns the units that have not flowed back, a part of one as a whole one. */
        long used(long now) {
            return BucketCounter.used(flow, fullAt, charged, now);
        }

        /**
         * Returns the nanoseconds until some units have flowed back since the bucket was full: 0 if they have, {@link
         * CompiledLimit#NEVER} if they never do.
         */
        long nanosUntilFlowed(long units, long now) {
            long nanos = now - fullAt;
            if (units <= 0 || (nanos >= 0 && flow.hasFlowed(units, nanos))) {
                return 0;
            }
            long until = flow.nanosUntilFlowed(units);
            return until == NEVER || until - nanos < 0 ? NEVER : until - nanos;
        }

        long nanosUntilNext(long used, long now) {
            return used == 0 ? 0 : nanosUntilFlowed(charged - used + 1, now);
        }

        long nanosUntilFull(long used, long now) {
            return used == 0 ? 0 : nanosUntilFlowed(charged, now);
        }
    }

    private final Clocks clocks;
    private volatile BucketEpoch epoch;

    /** Makes a full bucket. */
    BucketCounter(Clocks clocks) {
        this.clocks = clocks;
        this.epoch = new BucketEpoch(Flow.NONE, clocks.nanoTime(), 0, 0);
    }

    /** Makes a bucket of what was saved {@code elapsed} nanoseconds ago. It was full no later than now. */
    BucketCounter(SavedMeter.Bucket saved, long elapsed, Clocks clocks) {
        long most = SavedMeter.Bucket.MOST_AGE;
        long age = Math.min(Math.max(0, saved.ageNanos()) + Math.min(elapsed, most), most);
        this.clocks = clocks;
        this.epoch = new BucketEpoch(saved.flow(), clocks.nanoTime() + clocks.lag - age, saved.charged(), 0);
    }

    /* ---------------- Charging ---------------- */

    @Override
    long charge(CompiledLimit limit, long units, long now) {
        return epoch.chargeAtOnce(limit, units, now, clocks.lag)
                ? (now + clocks.lag) & Long.MAX_VALUE
                : chargeUpTo(limit.amount, limit.flow, units, now, null);
    }

    @Override
    long charge(CompiledLimit limit, long units, long now, Report report) {
        return chargeUpTo(limit.amount, limit.flow, units, now, report);
    }

    /**
     * Charges units at a rate if at most a number is used then. The position is the reading from which on the units
     * flow back, without its sign.
     */
    private long chargeUpTo(long most, Flow flow, long units, long now, @Nullable Report report) {
        while (true) {
            BucketEpoch known = epoch;
            long word = known.word();
            if (units == 0 || !known.isOpenFor(flow, word)) {
                if (wait(level(known, word, flow, now), units, most, now) != 0) {
                    return refusal(known, word, flow, units, most, now);
                } else if (units == 0) {
                    return looked(known, word, flow, now, report);
                }
                end(known, flow, Math.max(units, most), now);
                continue;
            }
            long latest = now + clocks.lag;
            long fullAt = known.fullAt(word);
            long used = known.charged(word);
            if (isFull(known, word, latest)) {
                if (known.follows()) {
                    end(known, flow, Math.max(units, most), now);
                    continue;
                }
                boolean isFullNow = latest == now || isFull(known, word, now);
                fullAt = isFullNow ? later(fullAt, latest) : fullBy(latest, flow, used);
                used = isFullNow ? 0 : used;
            }
            long then = used + units;
            if (then > most && !(now - fullAt > 0 && flow.hasFlowed(then - most, now - fullAt))) {
                return refusal(known, word, flow, units, most, now);
            }
            if (report != null) {
                tell(report, new Level(flow, fullAt, then), units, now);
            }
            long charged = known.wordOf(fullAt, then);
            if (charged == BucketEpoch.NONE) {
                end(known, flow, Math.max(units, most), now);
            } else if (known.replace(word, charged)) {
                return later(now, fullAt) & Long.MAX_VALUE;
            }
        }
    }

    private long looked(BucketEpoch known, long word, Flow flow, long now, @Nullable Report report) {
        if (report != null) {
            tell(report, seen(known, word, flow, now), 0, now);
        }
        return now & Long.MAX_VALUE;
    }

    /** Returns the complement of the wait. */
    private long refusal(BucketEpoch known, long word, Flow flow, long units, long most, long now) {
        long wait = wait(seen(known, word, flow, now), units, most, now);
        turn(known, flow, most, now);
        return ~wait;
    }

    private static void tell(Report report, Level level, long units, long now) {
        long used = level.used(now);
        if (report.stands(used, 0, units)) {
            report.waits(level.nanosUntilNext(used, now), level.nanosUntilFull(used, now));
        }
    }

    private static long used(Flow flow, long fullAt, long charged, long now) {
        return Math.max(0, charged - flow.flowed(Math.max(0, now - fullAt)));
    }

    private static long wait(Level level, long units, long most, long now) {
        return units > most ? NEVER : level.nanosUntilFlowed(level.charged + units - most, now);
    }

    /** Returns the level at a rate. Up to now it has flowed back at that of the epoch. */
    private Level level(BucketEpoch of, long word, Flow flow, long now) {
        long latest = now + clocks.lag;
        long fullAt = of.fullAt(word);
        long charged = of.charged(word);
        if (!of.flow.equals(flow)) {
            charged = used(of.flow, fullAt, charged, now);
            fullAt = later(fullAt, latest);
        } else if (isFull(of, word, latest)) {
            boolean isFullNow = isFull(of, word, now);
            fullAt = isFullNow ? later(fullAt, latest) : fullBy(latest, flow, charged);
            charged = isFullNow ? 0 : charged;
        }
        return new Level(flow, fullAt, charged);
    }

    /**
     * Returns when a bucket counts as full that is full by the latest moment, and perhaps not yet: so that all that was
     * charged since is back at that moment. A unit comes back a nanosecond too late at most, and no part of one is
     * rounded up to a whole.
     */
    private static long fullBy(long latest, Flow flow, long charged) {
        return latest - flow.nanosUntilFlowed(charged) + 1;
    }

    /** Returns the level at the rate that a question of a limit goes by: that of the epoch, or a faster one. */
    private Level seen(BucketEpoch of, long word, Flow flow, long now) {
        return level(of, word, flow.isFasterThan(of.flow) ? flow : of.flow, now);
    }

    /** Turns to a rate, if that is faster. */
    private void turn(BucketEpoch known, Flow flow, long room, long now) {
        if (flow.isFasterThan(known.flow)) {
            end(known, flow, room, now);
        }
    }

    @Override
    void refused(CompiledLimit limit, long units, long now) {
        if (nanosUntilFits(limit, units, now) != 0) {
            turn(epoch, limit.flow, limit.amount, now);
        }
    }

    private static boolean isFull(BucketEpoch of, long word, long now) {
        long charged = of.charged(word);
        long nanos = now - of.fullAt(word);
        return charged == 0 || (nanos >= 0 && of.flow.hasFlowed(charged, nanos));
    }

    private static long later(long reading, long other) {
        return reading - other < 0 ? other : reading;
    }

    /**
     * Ends an epoch, and begins another with the same level. The bucket counts as full one span of the rate later for
     * each amount of the rate that was charged since: so there is room again, and nothing is rounded.
     */
    private void end(BucketEpoch known, Flow flow, long room, long now) {
        long word = known.close();
        Level level = level(known, word, flow, now);
        long spans = flow.amount() == 0 ? 0 : Math.max(0, now - level.fullAt) / flow.span();
        long passed = flow.amount() == 0 ? 0 : Math.min(spans, level.charged / flow.amount());
        long fullAt = level.fullAt + passed * flow.span();
        long charged = level.charged - passed * flow.amount();
        BucketEpoch next = isFull(known, word, now + clocks.lag)
                ? new BucketEpoch(flow, fullAt, charged, room)
                : known.next(flow, fullAt, charged, room);
        EPOCH.compareAndSet(this, known, next);
    }

    @Override
    Charged chargeMore(CompiledLimit limit, @Nullable Booking booking, long units, long now, @Nullable Report report) {
        BucketEpoch known = epoch;
        return chargeAnyway(isFull(known, known.word(), now) ? limit.flow : known.flow, units, now, report);
    }

    @Override
    Charged chargeAnyway(CompiledLimit limit, long units, long now, @Nullable Report report) {
        return chargeAnyway(limit.flow, units, now, report);
    }

    private Charged chargeAnyway(Flow flow, long units, long now, @Nullable Report report) {
        while (true) {
            BucketEpoch known = epoch;
            long word = known.word();
            long used = level(known, word, flow, now).used(now);
            long most = Math.max(0, Math.min(units, MOST_USED - used));
            if (most == 0) {
                return new Charged(0, looked(known, word, flow, now, report));
            }
            long position = chargeUpTo(MOST_USED, flow, most, now, report);
            if (position >= 0) {
                return new Charged(most, position);
            }
        }
    }

    /* ---------------- Giving back ---------------- */

    @Override
    BucketCharge booking(long position) {
        long origin = epoch.fullAt(0);
        long since = (position - origin) << 1 >> 1; // a position lacks the sign
        return new BucketCharge(origin + since);
    }

    @Override
    void refund(CompiledLimit limit, @Nullable Booking booking, long charged, long units, long now) {
        if (booking instanceof BucketCharge charge) {
            boolean done = false;
            while (!done) {
                done = giveBack(charge.at(), charged, units, now);
            }
        }
    }

    /** Gives back units that were charged at a reading. Returns false if the epoch was changed meanwhile. */
    private boolean giveBack(long at, long charged, long units, long now) {
        BucketEpoch known = epoch;
        long word = known.word();
        long nanos = Math.max(0, now + clocks.lag - at);
        Flow fastest = known.fastestSince(at);
        long rest = fastest == null ? 0 : charged - fastest.flowed(nanos); // a part of a unit is a whole one
        long back = Math.min(units, rest);
        if (fastest == null || back <= 0) {
            return true;
        }
        long fullAt = known.fullAt(word);
        long elapsed = Math.max(0, now - fullAt);
        long left = used(known.flow, fullAt, known.charged(word), now) - back;
        if (left <= 0) {
            return replace(known, word, fullAt, 0);
        }
        long part = fastest.part(nanos);
        if (back < rest || part == 0) {
            return replace(known, word, fullAt, known.charged(word) - back);
        }
        boolean hasMore = fastest.equals(known.flow) && known.flow.part(elapsed) > part;
        long still = hasMore ? Math.floorMod(elapsed - nanos, known.flow.span()) : 0; // then as much has flowed back
        long then = hasMore ? now - still : later(fullAt, now + clocks.lag);
        return replace(known, word, then, left + known.flow.flowed(still));
    }

    /** Replaces the word of an epoch, or the epoch if it is closed. Returns false if it was changed meanwhile. */
    private boolean replace(BucketEpoch known, long word, long fullAt, long charged) {
        if (!BucketEpoch.isOpen(word)) {
            return EPOCH.compareAndSet(this, known, known.next(known.flow, fullAt, charged, 0));
        }
        long other = known.wordOf(fullAt, charged);
        if (other == BucketEpoch.NONE) {
            known.close();
        }
        return other != BucketEpoch.NONE && known.replace(word, other);
    }

    /** Nothing of a charge is given back once it has flowed back, or once the bucket was full. */
    @Override
    boolean isGone(@Nullable Booking booking, long units, long now) {
        if (!(booking instanceof BucketCharge charge)) {
            return true;
        }
        Flow fastest = epoch.fastestSince(charge.at());
        return fastest == null || fastest.flowed(Math.max(0, now - charge.at())) >= units;
    }

    /* ---------------- Reading ---------------- */

    private Level seen(CompiledLimit limit, long now) {
        BucketEpoch known = epoch;
        return seen(known, known.word(), limit.flow, now);
    }

    @Override
    long nanosUntilFits(CompiledLimit limit, long units, long now) {
        return wait(seen(limit, now), units, limit.amount, now);
    }

    @Override
    LimitStatus status(CompiledLimit limit, long now) {
        Level level = seen(limit, now);
        long used = level.used(now);
        return limit.status(used, 0, level.nanosUntilNext(used, now), level.nanosUntilFull(used, now));
    }

    /**
     * Only a bucket that has been full for a second is idle. A bucket may be full again after each call, and its
     * organization must not be dropped and made anew each time.
     */
    @Override
    boolean isIdle(long now) {
        return isFull(now - SECOND);
    }

    /** Tells whether all that was charged has flowed back. */
    boolean isFull(long now) {
        BucketEpoch known = epoch;
        return isFull(known, known.word(), now);
    }

    /* ---------------- Snapshots ---------------- */

    @Override
    SavedMeter.@Nullable Bucket save(MeterKey key, long now) {
        BucketEpoch known = epoch;
        long word = known.word();
        return isFull(known, word, now)
                ? null
                : new SavedMeter.Bucket(key, known.flow, now - known.fullAt(word), known.charged(word));
    }
}
