package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Limits of a few nanoseconds under two tiers by turns, beside the reference. Units flow back at moments that are no
 * whole nanoseconds, and rates change while reservations are open.
 */
class OddRatesTest {

    private static Limit limit(Random random) {
        Unit unit = random.nextBoolean() ? Unit.CALLS : Unit.TOKENS;
        return switch (random.nextInt(5)) {
            case 0, 1, 2 -> {
                long amount = random.nextInt(13);
                long per = 1L + random.nextInt(50);
                yield new TokenBucket(unit, amount, Duration.ofNanos(per), random.nextInt(12));
            }
            case 3 -> new ConcurrencyLimit(unit, random.nextInt(10), Duration.ofNanos(1L + random.nextInt(60)));
            default -> new PerCallLimit(unit, 1 + random.nextInt(8));
        };
    }

    private static Tier tier(Random random) {
        Tier.Builder tier = Tier.named("t");
        int n = 1 + random.nextInt(4);
        for (int i = 0; i < n; i++) {
            LimitTable table = LimitTable.named("t" + i).allTogether(limit(random));
            tier.table(random.nextInt(4) == 0 ? table.asShadow() : table);
        }
        return tier.build();
    }

    private static Usage usage(Random random) {
        return Usage.of(Unit.CALLS, random.nextInt(5)).and(Unit.TOKENS, random.nextInt(5));
    }

    @Test
    void memoryAndReferenceAnswerAlike() throws Exception {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            long origin = random.nextBoolean() ? random.nextLong() : Long.MAX_VALUE - random.nextInt(500);
            ManualTime time = new ManualTime(ManualTime.DEFAULT_START, origin);
            List<Tier> tiers = List.of(tier(random), tier(random));
            InMemoryRateLimiter memory =
                    InMemoryRateLimiter.builder().timeSource(time).build();
            RateLimiter reference = new ReferenceRateLimiter(name -> tiers.get(0), time);
            List<Reservation> ones = new ArrayList<>();
            List<Reservation> others = new ArrayList<>();
            StringBuilder log = new StringBuilder("seed " + seed + " "
                    + tiers.get(0).limitsFor("chat") + " / " + tiers.get(1).limitsFor("chat"));
            for (int step = 0; step < 60; step++) {
                Caller caller = Caller.of("acme", tiers.get(random.nextInt(4) == 0 ? 1 : 0));
                Usage usage = usage(random);
                Object one;
                Object other;
                int kind = random.nextInt(11);
                log.append('\n')
                        .append(step + " " + kind + " " + usage + caller.tier().equals(tiers.get(1)));
                int at = ones.isEmpty() ? -1 : random.nextInt(ones.size());
                if (kind < 2) {
                    one = memory.reporting().tryAcquire(caller, "chat", usage);
                    other = reference.reporting().tryAcquire(caller, "chat", usage);
                } else if (kind < 5) {
                    Reservation a = memory.reserve(caller, "chat", usage);
                    Reservation b = reference.reserve(caller, "chat", usage);
                    one = a.decision();
                    other = b.decision();
                    ones.add(a);
                    others.add(b);
                } else if (kind == 5 && at >= 0) {
                    one = ones.get(at).settle(usage);
                    other = others.get(at).settle(usage);
                } else if (kind == 6 && at >= 0) {
                    one = ones.get(at).cancel();
                    other = others.get(at).cancel();
                } else if (kind == 7 && at >= 0) {
                    one = ones.get(at).renew();
                    other = others.get(at).renew();
                } else if (kind == 8 && at >= 0) {
                    one = ones.get(at).use(usage);
                    other = others.get(at).use(usage);
                } else if (kind == 9) {
                    one = memory.reporting().record(caller, "chat", usage).toString();
                    other = reference.reporting().record(caller, "chat", usage).toString();
                } else {
                    if (random.nextInt(3) == 0) {
                        memory.cleanUp();
                    }
                    time.advance(Duration.ofNanos(random.nextInt(random.nextInt(10) == 0 ? 200 : 12)));
                    log.append(" t=").append(time.nanoTime() - origin);
                    one = "";
                    other = "";
                }
                log.append(" at ").append(at).append(" -> ").append(one);
                assertThat(one.toString()).as(log.toString()).isEqualTo(other.toString());
                assertThat(memory.status(caller, "chat").toString())
                        .as(log.toString())
                        .isEqualTo(reference.status(caller, "chat").toString());
                assertThat(memory.peek(caller, "chat", usage).toString())
                        .as(log.toString())
                        .isEqualTo(reference.peek(caller, "chat", usage).toString());
                if (random.nextInt(300) == 0) {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    memory.snapshot(out);
                    InMemoryRateLimiter restored = InMemoryRateLimiter.builder()
                            .timeSource(time)
                            .restore(new ByteArrayInputStream(out.toByteArray()));
                    assertThat(restored.status(caller, "chat").toString())
                            .as(log + " restored")
                            .isEqualTo(reference.status(caller, "chat").toString());
                }
            }
        }
    }
}
