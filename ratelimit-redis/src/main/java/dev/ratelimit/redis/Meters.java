package dev.ratelimit.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.ToLongFunction;

/** The meters in Redis: what can be asked of them, as requests and what the answers mean. */
final class Meters {

    /* One more for a guess that is off, for a name that must share, and for a clock that passes an end in between. More: it leaps about. */
    private static final int ATTEMPTS = 4;
    private static final int SHARE = -2;
    private static final int LEASED = 2;
    private static final long BASE = 1L << 53;

    private final Rules rules;
    private final Refusals refusals;
    private final Link link;
    private final ServerTime time;
    private final String prefix;
    private final long receiptMillis;

    /** The number of the last charge. The first is drawn at random, so that no two limiters count the same; all are doubles exactly. */
    private final AtomicLong lastCharge = new AtomicLong(new SecureRandom().nextLong() >>> 12);

    Meters(Link link, ServerTime time, Rules rules, Refusals refusals, String prefix, long receiptMillis) {
        this.rules = rules;
        this.refusals = refusals;
        this.link = link;
        this.time = time;
        this.prefix = prefix;
        this.receiptMillis = receiptMillis;
    }

    /** What was charged to a meter at once, and where: under which mark or in which period. */
    record Charge(long first, long second, long units) {}

    /** Units to take ahead, those of the call that asks among them, and for how many microseconds. */
    record Batch(long units, long micros) {

        static final Batch NONE = new Batch(0, 0);

        boolean isNone() {
            return units == 0;
        }
    }

    /**
     * A decision, the limits that admit, and, if that was asked, what was charged to each of them: a batch, if the microseconds until it
     * ends are not zero.
     */
    record Outcome(Decision decision, Target charged, List<Charge> charges, long leaseMicros) {

        Outcome(Decision decision, Target charged, List<Charge> charges) {
            this(decision, charged, charges, 0);
        }
    }

    /** What a settlement changes in one meter: what it gives back, and what it charges besides, in the period of the last charge. */
    record Change(Rule rule, List<Charge> refunds, long more, long period) {}

    /** Tells whether Redis answered when it was last asked. */
    boolean areSteady(Caller caller) {
        return link.isSteady(base(caller));
    }

    Target target(Caller caller, String endpoint) {
        return rules.of(caller, endpoint);
    }

    /** Decides by all limits of an endpoint, and charges them if all admit. */
    CompletableFuture<Outcome> charge(Caller caller, String endpoint, Usage usage) {
        return charge(target(caller, endpoint), usage);
    }

    /** Decides by some limits, and charges them if all admit. */
    CompletableFuture<Outcome> charge(Target target, Usage usage) {
        return unlessRefused(Request.Operation.CHARGE, target, usage, Batch.NONE);
    }

    /** Decides by some limits, and charges them: a batch if all have room for it, else the call by itself if all admit. */
    CompletableFuture<Outcome> lease(Target target, Usage usage, Batch batch) {
        return unlessRefused(Request.Operation.LEASE, target, usage, batch);
    }

    /** Decides by some limits, and charges them for good if all admit. */
    CompletableFuture<Decision> take(Target target, Usage usage) {
        return unlessRefused(Request.Operation.TAKE, target, usage, Batch.NONE).thenApply(Outcome::decision);
    }

    private CompletableFuture<Outcome> unlessRefused(
            Request.Operation operation, Target target, Usage usage, Batch batch) {
        Rejected known = refusals.of(target, usage);
        return known != null
                ? CompletableFuture.completedFuture(new Outcome(known, target.only(List.of()), List.of()))
                : decide(operation, target, usage, batch);
    }

    /** Decides by all limits of an endpoint, and charges nothing. */
    CompletableFuture<Decision> look(Caller caller, String endpoint, Usage usage) {
        return decide(Request.Operation.LOOK, target(caller, endpoint), usage, Batch.NONE)
                .thenApply(Outcome::decision);
    }

    private CompletableFuture<Outcome> decide(Request.Operation operation, Target target, Usage usage, Batch batch) {
        if (target.rules().isEmpty()) {
            return CompletableFuture.completedFuture(new Outcome(Decision.admitted(), target, List.of()));
        }
        String base = base(target.caller());
        long name = lastCharge.incrementAndGet();
        boolean leases = operation == Request.Operation.LEASE;
        ToLongFunction<Rule> units = rule -> usage.amountOf(rule.unit());
        long from = refusals.now();
        return link.within(
                        base,
                        exchange -> ask(exchange, target, (asked, guess) -> {
                            Request request = request(operation, base, name, asked, units);
                            if (leases) {
                                request.add(batch.units()).add(batch.micros());
                            }
                            for (Rule rule : asked.rules()) {
                                request.addPeriods(rule, guess);
                                if (leases) {
                                    // Whatever the limit lets the last call overrun: those of the batch would be many.
                                    request.add(rule.limit.limit().amount() - batch.units());
                                }
                            }
                            return request;
                        }))
                .thenApply(reply -> outcome(target, reply, usage, batch, from));
    }

    /** Tells how the organization of a caller stands with the limits of an endpoint. */
    CompletableFuture<List<LimitStatus>> status(Caller caller, String endpoint) {
        Target target = rules.of(caller, endpoint);
        return target.rules().isEmpty()
                ? CompletableFuture.completedFuture(List.of())
                : link.within(base(caller), exchange -> status(exchange, target));
    }

    /** Tells how the organization of a caller stands with all limits, in two round trips: the first lists endpoints that no table names. */
    CompletableFuture<List<LimitStatus>> overview(Caller caller) {
        Target nothing = new Target(caller, "", List.of(), Target.ANY_NUMBER);
        Request request = request(Request.Operation.NAMES, base(caller), 0, nothing, rule -> 0);
        return link.within(
                base(caller),
                exchange -> exchange.run(request).thenCompose(names -> {
                    Overview overview = Overview.of(caller, new String(names, US_ASCII).lines());
                    return overview.rules().isEmpty()
                            ? CompletableFuture.completedFuture(List.of())
                            : status(exchange, nothing.only(overview.rules())).thenApply(overview::relevant);
                }));
    }

    private CompletableFuture<List<LimitStatus>> status(Link.Exchange exchange, Target target) {
        return ask(exchange, target, (asked, guess) -> {
                    Request request = request(Request.Operation.STATUS, base(target.caller()), 0, asked, rule -> 0);
                    for (Rule rule : asked.rules()) {
                        request.addPeriods(rule, guess);
                    }
                    return request;
                })
                .thenApply(Meters::statusOf);
    }

    /** Gives back and charges more, to meters of a target. */
    CompletableFuture<Boolean> settle(Target target, List<Change> changes) {
        if (changes.isEmpty()) {
            return CompletableFuture.completedFuture(true);
        }
        Target changed = target.only(changes.stream().map(Change::rule).toList());
        String base = base(target.caller());
        Request request = request(Request.Operation.SETTLE, base, lastCharge.incrementAndGet(), changed, rule -> 0);
        for (Change change : changes) {
            if (change.rule().periods != null) {
                request.add(0); // the period is the one that was charged
            }
            request.add(change.more())
                    .add(change.period())
                    .add(3L * change.refunds().size());
            change.refunds()
                    .forEach(refund ->
                            request.add(refund.first()).add(refund.second()).add(refund.units()));
        }
        // Forgotten when this is answered: a refusal that was decided before, and so answered before, may come after
        // this was asked.
        return link.within(base, exchange -> exchange.run(request).thenApply(reply -> true))
                .whenComplete(
                        (done, failure) -> changed.rules().forEach(rule -> refusals.forget(target.caller(), rule)));
    }

    private Request request(
            Request.Operation operation, String base, long name, Target target, ToLongFunction<Rule> units) {
        return new Request(operation, base, name, receiptMillis, time, target, units);
    }

    /** Returns what all keys of a caller's organization begin with. */
    String base(Caller caller) {
        return Keys.base(prefix, caller.organization());
    }

    private CompletableFuture<Reply> ask(
            Link.Exchange exchange, Target target, BiFunction<Target, Instant, Request> requests) {
        return ask(exchange, target, requests, time.guess(), ATTEMPTS);
    }

    /** Runs a request until it is answered: with the periods around the server's time, and by meters that there may be. */
    private CompletableFuture<Reply> ask(
            Link.Exchange exchange,
            Target target,
            BiFunction<Target, Instant, Request> requests,
            Instant guess,
            int attempts) {
        return exchange.run(requests.apply(target, guess)).thenCompose(answer -> {
            Reply reply = new Reply(target, Reply.unpacked(answer));
            long decidedAt = reply.number(1);
            if (target.rules().stream().anyMatch(Rule::isOfTheCalendar)) {
                time.answered(decidedAt);
            }
            if (reply.number(0) >= 0) {
                return CompletableFuture.completedFuture(reply);
            }
            if (attempts == 1) {
                return CompletableFuture.failedFuture(
                        new IllegalStateException("the server's time must lie in a period: micros=" + decidedAt));
            }
            return reply.number(0) == SHARE
                    ? ask(exchange, target.shared(), requests, guess, attempts - 1)
                    : ask(exchange, target, requests, Micros.instant(decidedAt), attempts - 1);
        });
    }

    /** Reads an answer to what was asked of a target, which tells by which meters it was decided. */
    private Outcome outcome(Target target, Reply reply, Usage usage, Batch batch, long from) {
        if (reply.isBrief()) {
            return new Outcome(Decision.admitted(), reply.target(), List.of());
        }
        boolean leased = reply.number(0) == LEASED;
        long leaseMicros = leased ? batch.micros() : 0;
        Caller caller = reply.target().caller();
        List<Rule> asked = reply.target().rules();
        String notice = caller.tier().message();
        List<Rejected> shadowRejections = new ArrayList<>();
        List<Rule> charged = new ArrayList<>();
        List<Charge> charges = new ArrayList<>();
        int longest = -1;
        long longestWait = 0;
        for (int i = 0; i < asked.size(); i++) {
            Rule rule = asked.get(i);
            long wait = reply.number(2 + 3 * i);
            if (wait == 0) {
                charged.add(rule);
                long units = leased ? batch.units() : usage.amountOf(rule.unit());
                Charge charge = new Charge(reply.number(3 + 3 * i), reply.number(4 + 3 * i), units);
                charges.add(charge);
                if (rule.periods != null) {
                    leaseMicros = Math.min(leaseMicros, charge.first() - reply.number(1));
                }
            } else if (rule.limit.shadow()) {
                shadowRejections.add(rule.rejected(wait, notice));
            } else if (longest < 0 || outlasts(wait, longestWait)) {
                longest = i;
                longestWait = wait;
            }
        }
        if (longest >= 0) {
            Rule rule = asked.get(longest);
            long units = usage.amountOf(rule.unit());
            refusals.remember(caller, target.rules().get(longest), rule, units, Micros.nanos(longestWait), from);
            Rejected rejected = rule.rejected(longestWait, notice);
            return new Outcome(rejected, reply.target().only(List.of()), List.of());
        }
        Decision admitted = shadowRejections.isEmpty() ? Decision.admitted() : new Admitted(shadowRejections);
        return new Outcome(admitted, reply.target().only(charged), charges, leaseMicros);
    }

    private static boolean outlasts(long wait, long other) {
        return other >= 0 && (wait < 0 || wait > other);
    }

    private static List<LimitStatus> statusOf(Reply reply) {
        List<Rule> rules = reply.target().rules();
        List<LimitStatus> statuses = new ArrayList<>(rules.size());
        for (int i = 0; i < rules.size(); i++) {
            long used = reply.number(2 + 3 * i) * BASE + reply.number(3 + 3 * i);
            long reset = reply.number(4 + 3 * i);
            statuses.add(LimitStatus.of(
                    rules.get(i).limit, used, 0, reset < 0 ? Optional.empty() : Optional.of(Micros.duration(reset))));
        }
        return List.copyOf(statuses);
    }
}
