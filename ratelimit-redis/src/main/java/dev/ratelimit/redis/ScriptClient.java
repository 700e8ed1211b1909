package dev.ratelimit.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Usage;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/** The client of the script: turns questions into requests, and repeats a request where that is due. */
final class ScriptClient {

    /*
     * Up to three retries are legitimate: a wrong guess of the period, an overflow endpoint, a period boundary in
     * between.
     */
    private static final int ATTEMPTS = 4;
    private static final int OVERFLOW = -2;
    private static final int LIMITS_OF_A_RUN = 100;

    /** Where a listing of the endpoints begins, as the script takes it: the number of a list, and a cursor. */
    private static final String FIRST_NAMES = "1:0";

    /** What a place behind both lists begins with. */
    private static final String LAST_NAMES = "3:";

    /** Stands for the entry in flight that is joined, where no piece of a reservation asks. */
    private static final long NO_PIECE = -1;

    /** A settlement that is sent at the last moment may reach the server this much later, and finds its receipt. */
    private static final long LATE_MILLIS = 60_000;

    private final EncodedLimits encodedLimits;
    private final RejectionCache rejections;
    private final ScriptExecutor executor;
    private final Settlements settlements;
    private final ServerTime time;
    private final String prefix;
    private final long receiptMillis;
    private final boolean hearsLevels;
    private final AtomicBoolean warned = new AtomicBoolean();

    /**
     * The number of the last charge, which is its idempotency key. The first is random, so that no two limiters use the
     * same numbers. All are below 2<sup>53</sup>, and so exact as doubles.
     */
    private final AtomicLong lastCharge = new AtomicLong(new SecureRandom().nextLong() >>> 12);

    ScriptClient(
            ScriptExecutor executor,
            Settlements settlements,
            ServerTime time,
            EncodedLimits encodedLimits,
            RejectionCache rejections,
            String prefix,
            long receiptMillis,
            boolean hearsLevels) {
        this.encodedLimits = encodedLimits;
        this.rejections = rejections;
        this.executor = executor;
        this.settlements = settlements;
        this.time = time;
        this.prefix = prefix;
        this.receiptMillis = receiptMillis;
        this.hearsLevels = hearsLevels;
    }

    ScriptExecutor executor() {
        return executor;
    }

    /** Tells whether Redis answered the last question about an organization. */
    boolean areSteady(Caller caller) {
        return executor.isSteady(base(caller));
    }

    /** Counts the refusals that are remembered. */
    int rememberedRefusals() {
        return rejections.number();
    }

    LimitSet limitSet(Caller caller, String endpoint) {
        return encodedLimits.of(caller, endpoint);
    }

    /** Decides a call by all limits of an endpoint, and charges them if all admit it. */
    CompletableFuture<Outcome> charge(Caller caller, String endpoint, Usage usage, boolean reports) {
        return charge(limitSet(caller, endpoint), unitsOf(usage), Map.of(), reports);
    }

    /**
     * Decides a call by some limits, and charges them if all admit it.
     *
     * @param units tells how many units the call asks of a limit
     * @param joined which entries of limits in flight a piece of a reservation joins
     */
    CompletableFuture<Outcome> charge(
            LimitSet limitSet, ToLongFunction<EncodedLimit> units, Map<EncodedLimit, Booking> joined, boolean reports) {
        return unlessRefused(Request.Operation.CHARGE, limitSet, units, joined, Batch.NONE, reports);
    }

    /** Returns how many units a usage asks of a limit. */
    static ToLongFunction<EncodedLimit> unitsOf(Usage usage) {
        return encoded -> usage.amountOf(encoded.unit());
    }

    /** Decides a call by some limits. Charges a batch if all have room for it, else the call if all admit it. */
    CompletableFuture<Outcome> lease(LimitSet limitSet, Usage usage, Batch batch) {
        return unlessRefused(Request.Operation.LEASE, limitSet, unitsOf(usage), Map.of(), batch, false);
    }

    /**
     * Decides a call by some limits, and charges them for good if all admit it. The outcome has levels only if a
     * listener hears of near limits, or if the call reports.
     */
    CompletableFuture<Outcome> take(LimitSet limitSet, Usage usage, boolean reports) {
        warnOfCallsWithoutEnd(limitSet);
        Request.Operation operation = hearsLevels || reports ? Request.Operation.CHARGE : Request.Operation.TAKE;
        return unlessRefused(operation, limitSet, unitsOf(usage), Map.of(), Batch.NONE, reports);
    }

    /** Logs once that a {@code tryAcquire} counts in flight for the longest time, since it cannot end. */
    private void warnOfCallsWithoutEnd(LimitSet limitSet) {
        for (EncodedLimit encoded : limitSet.limits()) {
            if (encoded.isInFlight() && !warned.get() && !warned.getAndSet(true)) {
                executor.warn("A tryAcquire cannot end, and counts in flight for the longest time; reserve instead:"
                        + " endpoint=" + RedisKeys.unlisted(limitSet.name()) + ", limit=" + encoded.limit);
            }
        }
    }

    private CompletableFuture<Outcome> unlessRefused(
            Request.Operation operation,
            LimitSet limitSet,
            ToLongFunction<EncodedLimit> units,
            Map<EncodedLimit, Booking> joined,
            Batch batch,
            boolean reports) {
        if (limitSet.limits().isEmpty()) {
            return CompletableFuture.completedFuture(new Outcome(unlimited(reports), limitSet, List.of()));
        }
        String base = base(limitSet.caller());
        RejectionCache.Asked asked = rejections.asked(base, limitSet, units);
        // A reporting limiter always asks: a remembered refusal has no status of the limits.
        Rejected known =
                reports ? null : rejections.of(asked, limitSet.caller().tier().message());
        if (known != null) {
            return CompletableFuture.completedFuture(new Outcome(known, limitSet.only(List.of()), List.of()));
        }
        return decide(operation, base, limitSet, units, joined, batch, reports).whenComplete((outcome, failure) -> {
            if (failure != null) {
                rejections.end(base, limitSet); // Redis may have charged it all the same
            } else if (outcome.turned()) {
                rejections.end(base, limitSet);
                rejections.end(base, limitSet.overflow()); // the outcome does not tell which was asked
            } else if (outcome.refusal() != null) {
                rejections.remember(
                        asked, outcome.refusal().encoded(), outcome.refusal().waitNanos());
            } else {
                rejections.end(base, outcome.charged());
            }
        });
    }

    /** Charges all limits of an endpoint, whether the usage fits or not. Tells what a call would have been answered. */
    CompletableFuture<Outcome> record(Caller caller, String endpoint, Usage usage, boolean reports) {
        LimitSet limitSet = limitSet(caller, endpoint);
        if (limitSet.limits().isEmpty()) {
            return CompletableFuture.completedFuture(new Outcome(unlimited(reports), limitSet, List.of()));
        }
        String base = base(caller);
        return decide(Request.Operation.RECORD, base, limitSet, unitsOf(usage), Map.of(), Batch.NONE, reports)
                .whenComplete((outcome, failure) -> {
                    rejections.end(base, limitSet);
                    rejections.end(base, limitSet.overflow()); // the outcome does not tell which was charged
                });
    }

    private static Decision unlimited(boolean reports) {
        return reports ? Decision.admitted().withLimits(List.of()) : Decision.admitted();
    }

    /** Decides a call by all limits of an endpoint, and charges nothing. */
    CompletableFuture<Decision> look(Caller caller, String endpoint, Usage usage, boolean reports) {
        LimitSet limitSet = limitSet(caller, endpoint);
        return limitSet.limits().isEmpty()
                ? CompletableFuture.completedFuture(unlimited(reports))
                : decide(Request.Operation.LOOK, base(caller), limitSet, unitsOf(usage), Map.of(), Batch.NONE, reports)
                        .thenApply(Outcome::decision);
    }

    private CompletableFuture<Outcome> decide(
            Request.Operation operation,
            String base,
            LimitSet limitSet,
            ToLongFunction<EncodedLimit> units,
            Map<EncodedLimit, Booking> joined,
            Batch batch,
            boolean reports) {
        long name = lastCharge.incrementAndGet();
        boolean leases = operation == Request.Operation.LEASE;
        return executor.within(
                        base,
                        exchange -> ask(exchange, limitSet, (asked, guess) -> {
                            Request request = request(operation, base, name, asked, units);
                            if (reports || (hearsLevels && operation != Request.Operation.LOOK)) {
                                request.report();
                            }
                            if (leases) {
                                request.add(batch.units()).add(batch.micros());
                            }
                            for (EncodedLimit encoded : asked.limits()) {
                                request.addPeriods(encoded, guess);
                                if (operation == Request.Operation.CHARGE && encoded.isInFlight()) {
                                    Booking entry = joined.get(encoded);
                                    request.add(entry == null ? NO_PIECE : entry.first());
                                    request.add(entry == null ? 0 : entry.units());
                                }
                                if (leases) {
                                    // Also where the limit lets its last call overrun it: a batch is many calls.
                                    request.add(encoded.limit.limit().most() - batch.units());
                                }
                            }
                            return request;
                        }))
                .thenApply(reply ->
                        ReplyDecoder.outcome(reply, units, batch, reports, operation == Request.Operation.RECORD));
    }

    /** Tells where the organization of a caller stands with the limits of an endpoint. */
    CompletableFuture<List<LimitStatus>> status(Caller caller, String endpoint) {
        return status(limitSet(caller, endpoint));
    }

    /**
     * Tells where the organization of a caller stands with all limits. The first runs of the script list the endpoints
     * that have used something.
     */
    CompletableFuture<List<LimitStatus>> overview(Caller caller) {
        return names(caller, FIRST_NAMES, new ArrayList<>()).thenCompose(names -> {
            OrganizationStatus overview = OrganizationStatus.of(caller, names);
            return status(LimitSet.nothing(caller).only(overview.encodedLimits()))
                    .thenApply(overview::relevant);
        });
    }

    /** Adds the listed names from a place on. Each run of the script tells some of them. */
    private CompletableFuture<List<String>> names(Caller caller, String place, List<String> names) {
        if (place.startsWith(LAST_NAMES)) {
            return CompletableFuture.completedFuture(names);
        }
        LimitSet from = new LimitSet(caller, RedisKeys.UNLISTED, place, List.of(), LimitSet.ANY_NUMBER);
        Request request = request(Request.Operation.NAMES, base(caller), 0, from, encoded -> 0);
        return executor.uncounted(base(caller), exchange -> exchange.run(request))
                .thenCompose(answer -> {
                    List<String> lines = new String(answer, US_ASCII).lines().toList();
                    names.addAll(lines.subList(1, lines.size()));
                    return names(caller, lines.get(0), names);
                });
    }

    /**
     * Asks about 100 limits at a time, so that no run of the script holds the server for long. Each run has the time of
     * a decision.
     */
    private CompletableFuture<List<LimitStatus>> status(LimitSet limitSet) {
        List<LimitStatus> statuses = new ArrayList<>();
        CompletableFuture<List<LimitStatus>> all = CompletableFuture.completedFuture(statuses);
        int size = limitSet.limits().size();
        for (int from = 0; from < size; from += LIMITS_OF_A_RUN) {
            LimitSet some = limitSet.slice(from, Math.min(from + LIMITS_OF_A_RUN, size));
            all = all.thenCompose(
                            before -> executor.uncounted(base(limitSet.caller()), exchange -> status(exchange, some)))
                    .thenApply(more -> {
                        statuses.addAll(more);
                        return statuses;
                    });
        }
        return all.thenApply(List::copyOf);
    }

    private CompletableFuture<List<LimitStatus>> status(ScriptExecutor.Exchange exchange, LimitSet limitSet) {
        return ask(exchange, limitSet, (asked, guess) -> {
                    Request request =
                            request(Request.Operation.STATUS, base(limitSet.caller()), 0, asked, encoded -> 0);
                    for (EncodedLimit encoded : asked.limits()) {
                        request.addPeriods(encoded, guess);
                    }
                    return request;
                })
                .thenApply(ReplyDecoder::status);
    }

    /** Gives back units of some limits. */
    Settlements.Sent giveBack(LimitSet limitSet, List<Change> changes) {
        return settle(limitSet, changes, levels -> {});
    }

    /**
     * Gives back units of some limits, and charges more.
     *
     * @param told hears once, when Redis has answered, where the organization then stands with each changed limit
     */
    Settlements.Sent settle(LimitSet limitSet, List<Change> changes, Consumer<List<Level>> told) {
        if (changes.isEmpty()) {
            return Settlements.Sent.NOTHING;
        }
        LimitSet changed = limitSet.only(changes.stream().map(Change::encoded).toList());
        String base = base(limitSet.caller());
        long useful = Settlements.usefulNanos(changes, time.guess());
        long receipt = TimeUnit.NANOSECONDS.toMillis(useful) + LATE_MILLIS + receiptMillis;
        long name = lastCharge.incrementAndGet();
        Request request = new Request(Request.Operation.SETTLE, base, name, receipt, time, changed, encoded -> 0);
        if (hearsLevels) {
            request.report();
        }
        for (Change change : changes) {
            if (change.encoded().periods != null) {
                request.add(0); // no bounds: the change states the period
            }
            change.addTo(request);
        }
        // Before the settlement is sent, since some callers do not wait for the answer. With the answer again, since a
        // question may have overtaken the settlement.
        rejections.end(base, changed);
        Settlements.Sent sent = settlements.send(
                base,
                request,
                useful,
                answer -> told.accept(ReplyDecoder.levels(new Reply(changed, Reply.unpacked(answer)))));
        CompletableFuture<Boolean> unused =
                sent.confirmed().whenComplete((arrived, failure) -> rejections.end(base, changed));
        return new Settlements.Sent(
                sent.first().whenComplete((done, failure) -> rejections.end(base, changed)), sent.confirmed());
    }

    /**
     * Lets charges count in flight for the longest time from now on.
     *
     * @param changes the limits, and as refunds their charges
     */
    CompletableFuture<Renewal> renew(LimitSet limitSet, List<Change> changes) {
        LimitSet renewed = limitSet.only(changes.stream().map(Change::encoded).toList());
        String base = base(limitSet.caller());
        Request request = request(Request.Operation.RENEW, base, lastCharge.incrementAndGet(), renewed, encoded -> 0);
        changes.forEach(change -> change.addTo(request));
        return executor.within(base, exchange -> exchange.run(request))
                .thenApply(answer -> Renewal.of(new Reply(renewed, Reply.unpacked(answer))));
    }

    /** Grants units of a quota, and tells where the organization then stands with it. */
    CompletableFuture<LimitStatus> grant(Caller caller, AppliedLimit quota, long units) {
        LimitSet limitSet = only(caller, quota);
        return admin(Request.Operation.GRANT, limitSet, request -> request.add(units))
                .thenApply(reply -> ReplyDecoder.status(reply).get(0));
    }

    /** Returns one limit of a tier; whether its endpoint must share meters is still open. */
    private LimitSet only(Caller caller, AppliedLimit limit) {
        if (limit.scope() instanceof Scope.Endpoint endpoint) {
            LimitSet all = limitSet(caller, endpoint.name());
            for (int i = 0; i < all.limits().size(); i++) {
                if (all.limits().get(i).limit.equals(limit)) {
                    return all.slice(i, i + 1);
                }
            }
        }
        return LimitSet.nothing(caller)
                .only(List.of(new EncodedLimit(caller.tier().account(), limit)));
    }

    /** Charges what the limits of a former tier count, and tells where the organization then stands. */
    CompletableFuture<List<LimitStatus>> carryOver(Caller caller, Caller former) {
        return names(caller, FIRST_NAMES, new ArrayList<>()).thenCompose(names -> {
            CompletableFuture<List<LimitStatus>> all = CompletableFuture.completedFuture(new ArrayList<>());
            for (CarryOver carryOver : CarryOver.of(caller, former, names, this::limitSet)) {
                all = all.thenCompose(before -> admin(Request.Operation.CARRY, carryOver.limitSet(), request -> {})
                        .thenApply(reply -> {
                            before.addAll(ReplyDecoder.carried(reply, carryOver.to()));
                            return before;
                        }));
            }
            return all;
        });
    }

    /** Resets or forgets what the limits of a caller's tier count. Tells whether they counted anything. */
    CompletableFuture<Boolean> drop(Request.Operation operation, Caller caller) {
        return names(caller, FIRST_NAMES, new ArrayList<>()).thenCompose(names -> {
            LimitSet limitSet = LimitSet.nothing(caller)
                    .only(OrganizationStatus.of(caller, names).encodedLimits().stream()
                            .filter(EncodedLimit::hasMeter)
                            .toList());
            CompletableFuture<Boolean> found = CompletableFuture.completedFuture(false);
            int size = limitSet.limits().size();
            for (int from = 0; from < size; from += LIMITS_OF_A_RUN) {
                LimitSet some = limitSet.slice(from, Math.min(from + LIMITS_OF_A_RUN, size));
                found = found.thenCompose(before ->
                        admin(operation, some, request -> {}).thenApply(reply -> before || reply.number(2) > 0));
            }
            return found;
        });
    }

    private CompletableFuture<Reply> admin(
            Request.Operation operation, LimitSet limitSet, Consumer<Request> arguments) {
        String base = base(limitSet.caller());
        long name = lastCharge.incrementAndGet();
        return executor.within(
                        base,
                        exchange -> ask(exchange, limitSet, (asked, guess) -> {
                            Request request = request(operation, base, name, asked, encoded -> 0);
                            for (EncodedLimit encoded : asked.limits()) {
                                request.addPeriods(encoded, guess);
                                arguments.accept(request);
                            }
                            return request;
                        }))
                // Also after a failure: Redis may have done it all the same.
                .whenComplete((reply, failure) -> rejections.end(base, reply == null ? limitSet : reply.limitSet()));
    }

    private Request request(
            Request.Operation operation,
            String base,
            long name,
            LimitSet limitSet,
            ToLongFunction<EncodedLimit> units) {
        return new Request(operation, base, name, receiptMillis, time, limitSet, units);
    }

    /** Returns what all keys of a caller's organization begin with. */
    String base(Caller caller) {
        return RedisKeys.base(prefix, caller.organization());
    }

    private CompletableFuture<Reply> ask(
            ScriptExecutor.Exchange exchange, LimitSet limitSet, BiFunction<LimitSet, Instant, Request> requests) {
        return ask(exchange, limitSet, requests, time.guess(), ATTEMPTS);
    }

    /**
     * Runs a request until the script answers it. A wrong guess of the server's time calls for other periods, and an
     * endpoint without a place for the meters that such endpoints share.
     */
    private CompletableFuture<Reply> ask(
            ScriptExecutor.Exchange exchange,
            LimitSet limitSet,
            BiFunction<LimitSet, Instant, Request> requests,
            Instant guess,
            int attempts) {
        return exchange.run(requests.apply(limitSet, guess)).thenCompose(answer -> {
            Reply reply = new Reply(limitSet, Reply.unpacked(answer));
            long decidedAt = reply.number(1);
            if (limitSet.limits().stream().anyMatch(EncodedLimit::isOfTheCalendar)) {
                time.answered(decidedAt);
            }
            if (reply.number(0) >= 0) {
                return CompletableFuture.completedFuture(reply);
            }
            if (attempts == 1) {
                return CompletableFuture.failedFuture(
                        new IllegalStateException("the server's time must lie in a period: micros=" + decidedAt));
            }
            return reply.number(0) == OVERFLOW
                    ? ask(exchange, limitSet.overflow(), requests, guess, attempts - 1)
                    : ask(exchange, limitSet, requests, Micros.instant(decidedAt), attempts - 1);
        });
    }
}
