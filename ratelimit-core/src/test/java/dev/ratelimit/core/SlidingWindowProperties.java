package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** The window against a list of charges, from readings of the clock around zero and around the wrap. */
class SlidingWindowProperties {

    private static final long[] ORIGINS = {0, -500, Long.MAX_VALUE - 2_000, Long.MIN_VALUE, 1L << 40};

    /** A charge that counts from its time on, until it is given back. */
    private record Charge(long time, long units, Meter.@Nullable Booking place) {}

    @Property(tries = 1_000)
    void exactWindowsAnswerAsAListOfChargesDoes(@ForAll Random random) {
        long length = 1L + random.nextInt(300);
        long amount = random.nextInt(30);
        long now = ORIGINS[random.nextInt(ORIGINS.length)];
        CompiledLimit limit = random.nextBoolean()
                ? CompiledLimits.window(amount, length)
                : CompiledLimits.exactWindow(amount, length);
        SlidingWindow window = new SlidingWindow(length, now);
        List<Charge> charges = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            now += random.nextInt(4) == 0 ? random.nextInt((int) length + 2) : random.nextInt(3);
            long units = random.nextInt(8);
            long wait = wait(charges, units, amount, length, now);
            assertThat(window.nanosUntilFits(limit, units, now)).isEqualTo(wait);
            assertThat(window.status(limit, now).used()).isEqualTo(used(charges, length, now));
            long position = window.charge(limit, units, now);
            if (wait == 0) {
                assertThat(position).isNotNegative();
                charges.add(new Charge(now, units, window.booking(position)));
            } else {
                assertThat(~position).isEqualTo(wait);
            }
            if (random.nextInt(5) == 0 && !charges.isEmpty()) {
                Charge given = charges.remove(random.nextInt(charges.size()));
                window.refund(given.place, given.units);
            }
        }
    }

    @Property(tries = 60)
    void otherWindowsNeverAdmitTooMuchAndHoldAChargeAtMostAGrainTooLong(@ForAll Random random) {
        long length = 1L << (11 + random.nextInt(12));
        long amount = 1L + random.nextInt(random.nextBoolean() ? 1_024 : 100_000);
        long now = ORIGINS[random.nextInt(ORIGINS.length)];
        CompiledLimit limit = CompiledLimits.window(amount, length);
        SlidingWindow window = new SlidingWindow(length, now);
        List<Charge> charges = new ArrayList<>();
        for (int i = 0; i < 2_500; i++) {
            now += random.nextInt((int) Math.max(2, length / 900));
            long units = 1L + random.nextInt((int) Math.max(1, amount / 200));
            long position = window.charge(limit, units, now);
            if (position >= 0) {
                assertThat(used(charges, length, now) + units).isLessThanOrEqualTo(amount);
                charges.add(new Charge(now, units, window.booking(position)));
            } else {
                long longest = length + length / 1_024;
                assertThat(used(charges, longest, now) + units).isGreaterThan(amount);
                assertThat(~position).isLessThanOrEqualTo(wait(charges, units, amount, longest, now));
                if (random.nextInt(4) == 0) {
                    now += ~position;
                    assertThat(window.nanosUntilFits(limit, units, now)).isZero();
                }
            }
        }
    }

    @Property(tries = 60)
    void amountsAndUsagesNearTheGreatestDoNotWrap(@ForAll Random random) {
        long greatest = 1L << 53;
        CompiledLimit limit = CompiledLimits.window(greatest, 10);
        SlidingWindow window = new SlidingWindow(10, 0);
        long now = 0;
        for (int i = 0; i < 3_000; i++) {
            long units = greatest - random.nextInt(2);
            now += 10;
            long position = window.charge(limit, units, now);
            assertThat(position).isNotNegative();
            assertThat(~window.charge(limit, greatest, now)).isEqualTo(10);
            assertThat(~window.charge(limit, greatest, now + 4)).isEqualTo(6);
            if (random.nextBoolean()) {
                window.refund(window.booking(position), units);
                assertThat(window.charge(limit, greatest, now)).isNotNegative();
            }
        }
    }

    private static long used(List<Charge> charges, long length, long now) {
        return charges.stream()
                .filter(charge -> now - charge.time < length)
                .mapToLong(Charge::units)
                .sum();
    }

    private static long wait(List<Charge> charges, long units, long amount, long length, long now) {
        if (units > amount) {
            return CompiledLimit.NEVER;
        }
        long wait = 0;
        long used = used(charges, length, now);
        for (Charge charge : charges) {
            if (used + units <= amount) {
                return wait;
            }
            if (now - charge.time < length) {
                used -= charge.units;
                wait = charge.time + length - now;
            }
        }
        return wait;
    }
}
