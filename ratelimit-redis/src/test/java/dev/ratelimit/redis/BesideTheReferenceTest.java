package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Buckets of any rate, calls in flight and largest calls, by random calls, pieces, ends and changes of plan a few
 * microseconds apart: each answer is that of the reference, which counts in whole numbers of any size and in
 * nanoseconds. Waits are rounded up to microseconds.
 */
class BesideTheReferenceTest extends ServedTest {

    private static final int STEPS = 60;
    private static final int HISTORIES = 20;

    private record Both(Reservation one, Reservation other) {}

    private static Limit limit(Random random) {
        Unit unit = random.nextBoolean() ? Unit.CALLS : Unit.TOKENS;
        return switch (random.nextInt(5)) {
            case 0, 1, 2 -> {
                Duration per = Duration.ofNanos(1 + random.nextInt(50_000));
                Duration whole = Duration.ofNanos(1_000L * (1 + random.nextInt(50)));
                yield new TokenBucket(
                        unit, random.nextInt(13), random.nextInt(3) == 0 ? per : whole, random.nextInt(12));
            }
            case 3 ->
                new ConcurrencyLimit(unit, random.nextInt(10), Duration.ofNanos(1_000L * (1 + random.nextInt(60))));
            default -> new PerCallLimit(unit, 1 + random.nextInt(8));
        };
    }

    private static Tier tier(Random random) {
        Tier.Builder tier = Tier.named("t");
        int tables = 1 + random.nextInt(4);
        for (int i = 0; i < tables; i++) {
            LimitTable table = LimitTable.named("t" + i).allTogether(limit(random));
            tier.table(random.nextInt(4) == 0 ? table.asShadow() : table);
        }
        return tier.build();
    }

    private static Usage usage(Random random) {
        return Usage.of(Unit.CALLS, random.nextInt(5)).and(Unit.TOKENS, random.nextInt(5));
    }

    private static Optional<Duration> roundedUp(Optional<Duration> wait) {
        return wait.map(time -> time.isZero() ? time : Micros.duration(Micros.roundedUp(time)));
    }

    private static String text(Decision decision) {
        if (decision instanceof Rejected rejected) {
            // Which limit is named may depend on nanoseconds.
            Object why = rejected.cause() instanceof LimitReached reached ? reached.tooLarge() : rejected.cause();
            return why + " " + roundedUp(rejected.retryAfter()) + " " + roundedUp(rejected.certainWait());
        }
        return "admitted "
                + ((Admitted) decision)
                        .shadowRejections().stream()
                                .map(BesideTheReferenceTest::text)
                                .toList();
    }

    private static String text(List<LimitStatus> statuses) {
        return statuses.stream()
                .map(status -> status.applied() + " " + status.used() + " " + roundedUp(status.nextReleaseAfter()) + " "
                        + roundedUp(status.resetAfter()))
                .toList()
                .toString();
    }

    @RepeatedTest(3)
    void allAnswersAreThose(RepetitionInfo repetition) {
        for (int i = 0; i < HISTORIES; i++) {
            redis.flushall();
            compare(HISTORIES * repetition.getCurrentRepetition() + i);
        }
    }

    private void compare(int seed) {
        Random random = new Random(seed);
        List<Tier> tiers = List.of(tier(random), tier(random), tier(random));
        RateLimiter limiter = limiter(builder().tier(tiers.get(0)).time(ServerTime.supplied(time)));
        RateLimiter reference = new ReferenceRateLimiter(organization -> tiers.get(0), time);
        List<Both> reservations = new ArrayList<>();
        StringBuilder log = new StringBuilder("seed " + seed);
        tiers.forEach(tier -> log.append("\n").append(tier.limitsFor("chat")));
        for (int step = 0; step < STEPS; step++) {
            int plan = random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0;
            Caller caller = Caller.of("acme", tiers.get(plan));
            Usage usage = usage(random);
            Both both = reservations.isEmpty() ? null : reservations.get(random.nextInt(reservations.size()));
            String one = "";
            String other = "";
            int kind = random.nextInt(10);
            log.append('\n')
                    .append(step)
                    .append(" kind ")
                    .append(kind)
                    .append(" plan ")
                    .append(plan);
            log.append(' ').append(usage);
            if (kind < 2) {
                one = text(limiter.tryAcquire(caller, "chat", usage));
                other = text(reference.tryAcquire(caller, "chat", usage));
            } else if (kind < 5) {
                Both made = new Both(limiter.reserve(caller, "chat", usage), reference.reserve(caller, "chat", usage));
                one = text(made.one.decision());
                other = text(made.other.decision());
                reservations.add(made);
            } else if (kind == 5 && both != null) {
                one = text(both.one.use(usage));
                other = text(both.other.use(usage));
            } else if (kind == 6 && both != null) {
                boolean cancels = random.nextBoolean();
                one = String.valueOf(cancels ? both.one.cancel() : both.one.settle(usage));
                other = String.valueOf(cancels ? both.other.cancel() : both.other.settle(usage));
            } else if (kind == 7 && both != null) {
                one = String.valueOf(both.one.renew());
                other = String.valueOf(both.other.renew());
            } else if (kind == 8) {
                one = text(limiter.record(caller, "chat", usage).answer());
                other = text(reference.record(caller, "chat", usage).answer());
            }
            log.append(" of ")
                    .append(both == null ? -1 : reservations.indexOf(both))
                    .append(" -> ")
                    .append(one);
            assertThat(one).as("%s", log).isEqualTo(other);
            assertThat(text(limiter.status(caller, "chat")))
                    .as("%s", log)
                    .isEqualTo(text(reference.status(caller, "chat")));
            assertThat(text(limiter.peek(caller, "chat", usage)))
                    .as("%s", log)
                    .isEqualTo(text(reference.peek(caller, "chat", usage)));
            int micros = random.nextInt(4) == 0 ? 0 : random.nextInt(random.nextInt(10) == 0 ? 200 : 12);
            time.advance(Duration.ofNanos(1_000L * micros));
            log.append(" then ").append(micros).append(" us");
        }
    }
}
