package dev.ratelimit.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
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
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** The client of the script: turns questions into requests, and repeats a request where that is due. */
final class ScriptClient {

    /*
     * Up to four retries are legitimate: a wrong guess of the period, members and an endpoint beyond their bounds, a
     * period boundary in between.
     */
    private static final int ATTEMPTS = 5;
    private static final int OVERFLOW = -2;

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
    private final AtomicLong furtherMembers = new AtomicLong();

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

    EncodedLimits encodedLimits() {
        return encodedLimits;
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
        Rejected known = reports ? null : rejections.of(asked, limitSet.caller());
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

    /** Tells where an organization stands with any number of limits. Each run has the time of a decision. */
    CompletableFuture<List<LimitStatus>> status(LimitSet limitSet) {
        return inTurn(limitSet.runs(), some -> standing(some).thenApply(ReplyDecoder::status));
    }

    /** Asks one question after the other, and puts the answers together. */
    static <Q, A> CompletableFuture<List<A>> inTurn(
            List<Q> questions, Function<Q, CompletableFuture<List<A>>> question) {
        List<A> answers = new ArrayList<>();
        CompletableFuture<List<A>> all = CompletableFuture.completedFuture(answers);
        for (Q each : questions) {
            all = all.thenCompose(before -> question.apply(each)).thenApply(more -> {
                answers.addAll(more);
                return answers;
            });
        }
        return all.thenApply(List::copyOf);
    }

    /** Asks where an organization stands with some limits. The reply tells also which meters it is about. */
    CompletableFuture<Reply> standing(LimitSet limitSet) {
        return executor.uncounted(base(limitSet.caller()), exchange -> ask(exchange, limitSet, this::statusRequest));
    }

    private Request statusRequest(LimitSet asked, Instant guess) {
        Request request = request(Request.Operation.STATUS, base(asked.caller()), 0, asked, encoded -> 0);
        for (EncodedLimit encoded : asked.limits()) {
            request.addPeriods(encoded, guess);
        }
        return request;
    }

    /** Lists names of a place from its cursor on. The first line is the next cursor. */
    CompletableFuture<List<String>> names(Caller caller, Place place) {
        LimitSet from = new LimitSet(caller, List.of(place), List.of());
        Request request = request(Request.Operation.NAMES, base(caller), 0, from, encoded -> 0);
        return executor.uncounted(base(caller), exchange -> exchange.run(request))
                .thenApply(answer -> new String(answer, US_ASCII).lines().toList());
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

    /**
     * Changes what some limits count, by hand.
     *
     * @param arguments adds what the operation wants to know of each limit
     */
    CompletableFuture<Reply> change(Request.Operation operation, LimitSet limitSet, Consumer<Request> arguments) {
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
                    ? ask(exchange, limitSet.beyond(bounds(reply)), requests, guess, attempts - 1)
                    : ask(exchange, limitSet, requests, Micros.instant(decidedAt), attempts - 1);
        });
    }

    /** Returns which bound each party is beyond. */
    private List<Long> bounds(Reply reply) {
        List<Long> bounds = new ArrayList<>();
        for (int i = 0; i < reply.limitSet().places().size(); i++) {
            bounds.add(reply.number(2 + i));
        }
        if (bounds.contains(LimitSet.FURTHER_MEMBER) && furtherMembers.getAndIncrement() == 0) {
            executor.warn("An organization has more members than have meters of their own, and further ones share:"
                    + " keys=" + base(reply.limitSet().caller()) + "*");
        }
        return bounds;
    }

    /** Counts how often a member was beyond the bound. */
    long furtherMembers() {
        return furtherMembers.get();
    }
}
