package dev.ratelimit.jdbc;

import dev.ratelimit.Member;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.QuotaKey;
import dev.ratelimit.spi.QuotaStore.Answer;
import dev.ratelimit.spi.QuotaStore.Charge;
import dev.ratelimit.spi.QuotaStore.Count;
import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Taken;
import dev.ratelimit.spi.QuotaStore.Use;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Counters and requests for tests. */
final class Counters {

    static final QuotaPeriod MONTH = QuotaPeriod.month(ZoneOffset.UTC);

    private Counters() {}

    /** Returns the counter of an organization's calls this month. */
    static Counter of(String organization) {
        return of(organization, "chat");
    }

    static Counter of(String organization, String endpoint) {
        return of(organization, endpoint, Optional.empty(), MONTH);
    }

    static Counter of(String organization, Member member) {
        return of(organization, "chat", Optional.of(member), MONTH);
    }

    static Counter of(String organization, QuotaPeriod period) {
        return of(organization, "chat", Optional.empty(), period);
    }

    private static Counter of(String organization, String endpoint, Optional<Member> member, QuotaPeriod period) {
        QuotaKey key = new QuotaKey(
                organization, "default", member, "calls per month", new Scope.Endpoint(endpoint), Unit.CALLS, period);
        return new Counter(key, period.at(Instant.now()));
    }

    static LeaseRequest lease(Counter counter, long amount, long units) {
        return new LeaseRequest(UUID.randomUUID(), counter, amount, units, units);
    }

    /** Takes a lease of just one unit at a time, wherever the amount is small. */
    static Answer<Taken> take(JdbcQuotas quotas, LeaseRequest... requests) {
        return answer(quotas.take(List.of(requests)));
    }

    static Count count(JdbcQuotas quotas, Counter counter) {
        return answer(quotas.counts(List.of(counter))).value().get(0);
    }

    static long taken(JdbcQuotas quotas, Counter counter) {
        return count(quotas, counter).taken();
    }

    static Instant giveBack(JdbcQuotas quotas, UUID lease, long used) {
        return answer(quotas.giveBack(List.of(new Use(lease, used))));
    }

    static Count charge(JdbcQuotas quotas, UUID id, Counter counter, long units) {
        return answer(quotas.charge(List.of(new Charge(id, counter, units))))
                .value()
                .get(0);
    }

    /** Waits for an answer. */
    static <T> T answer(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for a failure. */
    static Throwable failure(CompletionStage<?> stage) {
        return answer(stage.handle((value, failure) -> failure == null ? new AssertionError(value) : failure));
    }
}
