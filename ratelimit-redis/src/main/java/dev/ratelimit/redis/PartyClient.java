package dev.ratelimit.redis;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Scope;
import dev.ratelimit.kernel.Party;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/** Asks and changes what whole parties have used: all limits of an organization and of its members. */
final class PartyClient {

    /** Where a listing of the endpoints begins, as the script takes it: the number of a list, and a cursor. */
    private static final String FIRST_NAMES = "1:0";

    /** What a place behind both lists begins with. */
    private static final String LAST_NAMES = "3:";

    private final ScriptClient scriptClient;
    private final EncodedLimits encodedLimits;

    PartyClient(ScriptClient scriptClient) {
        this.scriptClient = scriptClient;
        encodedLimits = scriptClient.encodedLimits();
    }

    /**
     * Tells where the parties of a call stand with all limits, one party after the other. The first runs of the script
     * list the endpoints that have used something.
     */
    CompletableFuture<List<LimitStatus>> overview(Caller caller) {
        return forEachParty(
                caller,
                (place, party) -> names(caller, place).thenCompose(names -> {
                    OrganizationStatus overview = OrganizationStatus.of(party, names);
                    return scriptClient
                            .status(unbounded(caller, place, overview.encodedLimits()))
                            .thenApply(overview::relevant);
                }));
    }

    /** Asks for each party of a call, or for what it shares beyond a bound, and puts the answers together. */
    private <T> CompletableFuture<List<T>> forEachParty(
            Caller caller, BiFunction<Place, Party, CompletableFuture<List<T>>> question) {
        return ScriptClient.inTurn(
                Party.of(caller),
                party -> placed(caller, party)
                        .thenCompose(place -> question.apply(
                                place, Objects.equals(place.member(), party.member()) ? party : party.overflow())));
    }

    /** Returns the place of a party; of a member beyond the bound, that of what it shares. */
    private CompletableFuture<Place> placed(Caller caller, Party party) {
        Place place = encodedLimits.placeOf(party);
        if (place.member() == null) {
            return CompletableFuture.completedFuture(place);
        }
        return scriptClient
                .standing(new LimitSet(caller, places(caller, place), List.of()))
                .thenApply(reply -> reply.limitSet().places().get(1));
    }

    /** Returns limits of one party, with the meters that they have. */
    private LimitSet unbounded(Caller caller, Place place, List<EncodedLimit> limits) {
        return new LimitSet(caller, places(caller, place), limits).only(limits);
    }

    /** Returns the places of a request about one party. That of the organization is always the first. */
    private List<Place> places(Caller caller, Place place) {
        return place.member() == null
                ? List.of(place)
                : List.of(encodedLimits.placeOf(Party.of(caller).get(0)), place);
    }

    /** Returns the listed names of a party. */
    private CompletableFuture<List<String>> names(Caller caller, Place place) {
        return names(caller, place, FIRST_NAMES, new ArrayList<>());
    }

    /** Adds the listed names from a cursor on. Each run of the script tells some of them. */
    private CompletableFuture<List<String>> names(Caller caller, Place place, String cursor, List<String> names) {
        if (cursor.startsWith(LAST_NAMES)) {
            return CompletableFuture.completedFuture(names);
        }
        return scriptClient.names(caller, place.at(cursor)).thenCompose(lines -> {
            names.addAll(lines.subList(1, lines.size()));
            return names(caller, place, lines.get(0), names);
        });
    }

    /** Grants units of a quota of a party, and tells where that then stands with it. */
    CompletableFuture<LimitStatus> grant(Caller caller, Party party, AppliedLimit quota, long units) {
        LimitSet limitSet = only(caller, party, quota);
        return scriptClient
                .change(Request.Operation.GRANT, limitSet, request -> request.add(units))
                .thenApply(reply -> ReplyDecoder.status(reply).get(0));
    }

    /** Returns one limit of a party; whether it must share meters is still open. */
    private LimitSet only(Caller caller, Party party, AppliedLimit limit) {
        if (limit.scope() instanceof Scope.Endpoint endpoint) {
            LimitSet all = scriptClient.limitSet(caller, endpoint.name());
            for (int i = 0; i < all.limits().size(); i++) {
                if (all.limits().get(i).limit.equals(limit)) {
                    return all.slice(i, i + 1);
                }
            }
        }
        List<Place> places = places(caller, encodedLimits.placeOf(party));
        return new LimitSet(caller, places, List.of(new EncodedLimit(party.account(), limit)));
    }

    /** Charges what the limits of a former tier count, and tells where the parties of both callers then stand. */
    CompletableFuture<List<LimitStatus>> carryOver(Caller caller, Caller former) {
        return forEachParty(caller, (place, party) -> {
            Party before = Party.of(former).stream()
                    .filter(each -> Objects.equals(each.member(), party.member())
                            || Objects.equals(each.overflow().member(), party.member()))
                    .findFirst()
                    .orElse(null);
            return before == null
                    ? CompletableFuture.completedFuture(List.of())
                    : names(caller, place)
                            .thenCompose(names -> carryOver(CarryOver.of(
                                    party,
                                    new Party(party.member(), before.tier(), before.account()),
                                    names,
                                    unbounded(caller, place, List.of()),
                                    endpoint -> unbounded(caller, encodedLimits.placeOf(party, endpoint), List.of()))));
        });
    }

    private CompletableFuture<List<LimitStatus>> carryOver(List<CarryOver> carryOvers) {
        return ScriptClient.inTurn(
                carryOvers,
                carryOver -> scriptClient
                        .change(Request.Operation.CARRY, carryOver.limitSet(), request -> {})
                        .thenApply(reply -> ReplyDecoder.carried(reply, carryOver.to())));
    }

    /** Resets or forgets what the limits of a caller's parties count. Tells whether they counted anything. */
    CompletableFuture<Boolean> drop(Request.Operation operation, Caller caller) {
        return forEachParty(
                        caller,
                        (place, party) -> names(caller, place).thenCompose(names -> {
                            List<EncodedLimit> counted = OrganizationStatus.of(party, names).encodedLimits().stream()
                                    .filter(EncodedLimit::hasMeter)
                                    .toList();
                            return ScriptClient.inTurn(
                                    unbounded(caller, place, counted).runs(),
                                    some -> scriptClient
                                            .change(operation, some, request -> {})
                                            .thenApply(reply -> List.of(reply.number(2) > 0)));
                        }))
                .thenApply(found -> found.contains(true));
    }
}
