package dev.ratelimit.core;

import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * A clock of the host fails at the first reading of an operation, then at the second when it is asked again, and so on
 * until the operation succeeds. Each time that it throws, it has changed nothing: a twin that was not asked has the
 * same status.
 */
class FailingTimeProperties {

    private static final String[] ORGANIZATIONS = {"acme", "globex", "initech"};
    private static final String[] ENDPOINTS = {"chat", "embed", "rerank"};
    private static final Unit[] UNITS = {Unit.CALLS, Unit.TOKENS};
    private static final QuotaPeriod[] PERIODS = {
        QuotaPeriod.day(UTC), QuotaPeriod.month(ZoneId.of("America/New_York")), QuotaPeriod.lifetime()
    };
    private static final Duration[] WINDOWS = {Duration.ofMillis(1), Duration.ofSeconds(2), Duration.ofMinutes(1)};

    private static final Reservation NONE = Reservation.rejected(Rejected.permanent(new ReservationEnded(), ""));

    /** An operation on a limiter; returns its answer. */
    private interface Operation {
        Object on(Side side);
    }

    /** A limiter, its clock, and the reservations that it has made. */
    private static final class Side {

        final FailingTime time;
        final InMemoryRateLimiter limiter;
        final List<Reservation> reservations = new ArrayList<>();

        Side(ManualTime time, Duration lag, Tier tier, boolean listened) {
            this.time = new FailingTime(time, lag);
            InMemoryRateLimiterBuilder builder =
                    InMemoryRateLimiter.builder().tier(tier).timeSource(this.time);
            if (listened) {
                builder.listener(new RateLimitListener() {
                    @Override
                    public List<Double> nearLimitAt() {
                        return List.of(0.5);
                    }
                });
            }
            limiter = builder.build();
        }
    }

    @Property(tries = 30)
    void whatThrowsHasChangedNothingAndWhatReturnsHasChangedAll(@ForAll Random random) {
        QuietLog.during(() -> failAndSucceed(random));
    }

    private static void failAndSucceed(Random random) {
        ManualTime time = new ManualTime(Instant.parse("2025-01-31T23:59:00Z"), Long.MAX_VALUE - 5_000_000_000L);
        Duration lag = random.nextInt(4) == 0 ? Duration.ofMillis(2) : Duration.ZERO;
        boolean listened = random.nextInt(3) == 0;
        List<Tier> tiers = List.of(
                tier(random, 1 + random.nextInt(6), lag.isZero()), tier(random, 1 + random.nextInt(40), lag.isZero()));
        Side tested = new Side(time, lag, tiers.get(0), listened);
        Side twin = new Side(time, lag, tiers.get(0), listened);
        for (int i = 0; i < 40; i++) {
            Operation operation = operation(random, tiers);
            for (int reading = 1; ; reading++) {
                tested.time.failAt(reading);
                try {
                    Object answer = operation.on(tested);
                    tested.time.failAt(0);
                    assertThat(answer).isEqualTo(operation.on(twin));
                    assertSameStatus(tested, twin, tiers);
                    break;
                } catch (FailingTime.Failure failure) {
                    assertSameStatus(tested, twin, tiers);
                }
            }
            pass(random, time);
        }
    }

    private static void assertSameStatus(Side tested, Side twin, List<Tier> tiers) {
        for (Tier tier : tiers) {
            for (String organization : ORGANIZATIONS) {
                Caller caller = Caller.of(organization, tier);
                assertThat(tested.limiter.status(caller)).isEqualTo(twin.limiter.status(caller));
                for (String endpoint : ENDPOINTS) {
                    assertThat(tested.limiter.status(caller, endpoint))
                            .isEqualTo(twin.limiter.status(caller, endpoint));
                }
            }
        }
    }

    private static void pass(Random random, ManualTime time) {
        switch (random.nextInt(8)) {
            case 0 -> time.advance(Duration.ofHours(random.nextInt(800)));
            case 1, 2 -> time.advance(Duration.ofMillis(random.nextInt(70_000)));
            case 3, 4, 5 -> time.advance(Duration.ofNanos(random.nextInt(3_000_000)));
            default -> {}
        }
    }

    private static Operation operation(Random random, List<Tier> tiers) {
        Caller caller = Caller.of(ORGANIZATIONS[random.nextInt(3)], tiers.get(random.nextInt(3) / 2));
        String endpoint = ENDPOINTS[random.nextInt(3)];
        Usage usage = usage(random);
        int which = random.nextInt(4);
        return switch (random.nextInt(14)) {
            case 0, 1, 2 -> side -> side.limiter.tryAcquire(caller, endpoint, usage);
            case 3 -> side -> side.limiter.bind(caller.organization(), endpoint).tryAcquire(usage);
            case 4, 5, 6 ->
                side -> {
                    Reservation reservation = side.limiter.reserve(caller, endpoint, usage);
                    side.reservations.add(reservation);
                    return reservation.decision();
                };
            case 7, 8 -> side -> reservation(side, which).use(usage);
            case 9, 10 -> side -> reservation(side, which).settle(usage);
            case 11 -> side -> reservation(side, which).cancel();
            case 12 -> side -> side.limiter.peek(caller, endpoint, usage);
            default -> side -> support(side, caller, which);
        };
    }

    /** One of the last few, most of which are open. */
    private static Reservation reservation(Side side, int which) {
        int made = side.reservations.size();
        return made == 0 ? NONE : side.reservations.get(Math.max(0, made - 1 - which));
    }

    private static Object support(Side side, Caller caller, int which) {
        List<AppliedLimit> quotas = caller.tier().limitsFor("chat").stream()
                .filter(applied -> applied.limit() instanceof Quota)
                .toList();
        switch (which) {
            case 0 -> side.limiter.admin().reset(caller.organization());
            case 1 -> side.limiter.admin().forget(caller.organization());
            case 2 -> side.limiter.cleanUp();
            default -> {
                return quotas.isEmpty() ? "" : side.limiter.admin().grant(caller, quotas.get(0), 3);
            }
        }
        return "";
    }

    private static Usage usage(Random random) {
        Usage usage = Usage.of(UNITS[random.nextInt(2)], random.nextInt(5));
        return random.nextBoolean() ? usage : usage.and(UNITS[random.nextInt(2)], random.nextInt(5));
    }

    /**
     * Makes a tier. Its buckets have one rate, which a charge may turn to though it is given back. Where readings lag,
     * a bucket may have got back what a call gives back: then it is not given twice.
     */
    private static Tier tier(Random random, int tables, boolean buckets) {
        Tier.Builder tier = Tier.named("tier of " + tables);
        for (int i = 0; i < tables; i++) {
            LimitTable table = LimitTable.named("table " + i).each(limit(random, buckets), "chat");
            table = random.nextBoolean()
                    ? table.eachOtherEndpoint(limit(random, buckets))
                    : table.otherEndpointsTogether("rest", limit(random, buckets));
            tier.table(random.nextInt(4) == 0 ? table.asShadow() : table);
        }
        return tier.build();
    }

    private static Limit limit(Random random, boolean buckets) {
        Unit unit = UNITS[random.nextInt(2)];
        long amount = random.nextLong(3, 63);
        boolean first = random.nextBoolean();
        if (random.nextInt(4) == 0) {
            return first && buckets
                    ? TokenBucket.of(unit, 7, WINDOWS[1]).withCapacity(random.nextLong(3, 63))
                    : ConcurrencyLimit.of(unit, amount, WINDOWS[random.nextInt(3)]);
        }
        return random.nextBoolean()
                ? new RateLimit(unit, amount, WINDOWS[random.nextInt(3)], first ? Precision.EXACT : Precision.BOUNDED)
                : new Quota(
                        unit, amount, PERIODS[random.nextInt(3)], first ? Overrun.WHILE_FITS : Overrun.UNTIL_REACHED);
    }
}
