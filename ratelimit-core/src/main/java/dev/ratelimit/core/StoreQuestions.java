package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import dev.ratelimit.core.StoreWaits.Question;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What callers ask of a limiter whose quotas are in a store: each as a {@link Question}, which may have to wait. Safe
 * for use by many threads.
 */
final class StoreQuestions {

    private final OrganizationStore store;
    private final StoreWaits waits;

    StoreQuestions(OrganizationStore store, StoreWaits waits) {
        this.store = store;
        this.waits = waits;
    }

    /** A question about one call of one caller. */
    private abstract class CallQuestion<T> implements Question<T> {

        final Caller caller;
        final String endpoint;
        final Usage usage;
        final @Nullable Report report;
        private boolean isCounted;

        CallQuestion(Caller caller, String endpoint, Usage usage, @Nullable Report report) {
            this.caller = caller;
            this.endpoint = endpoint;
            this.usage = usage;
            this.report = report;
        }

        /** Makes an answer of a decision that charges nothing here. */
        abstract T of(Decision decision);

        /** Decides by what this machine knows; null if the store must be asked. */
        abstract @Nullable T decide();

        @Override
        public final @Nullable T attempt() {
            return uncounted().isEmpty() ? decide() : null;
        }

        @Override
        public CompletableFuture<@Nullable Void> ask() {
            List<LeasedQuota> uncounted = uncounted();
            isCounted = true;
            PartyGroup group = uncounted.isEmpty() ? store.group(caller, endpoint) : null;
            return group == null ? waits.leases.refresh(uncounted) : waits.leases.ask(group, group.limits, usage);
        }

        /** Returns the quotas of which something is to be told, and of which the store was never asked. */
        final List<LeasedQuota> uncounted() {
            PartyGroup group = report == null || !report.isFull() || isCounted ? null : store.group(caller, endpoint);
            List<LeasedQuota> quotas = new ArrayList<>();
            for (int i = 0; group != null && i < group.limits.length; i++) {
                if (group.meter(i, group.limits[i]) instanceof LeasedQuota quota && quota.isUnknown()) {
                    quotas.add(quota);
                }
            }
            return quotas;
        }

        /** Decides by the states that the parties have or get. */
        final T inGroup(BiFunction<PartyGroup, CompiledLimit[], @Nullable T> decide, boolean isAway) {
            while (true) {
                PartyGroup group = store.group(caller, endpoint);
                if (group == null) {
                    return of(store.decisionAtCapacity(report));
                }
                T answer = decide.apply(group, isAway ? StoreWaits.open(group.limits) : group.limits);
                if (answer != null) {
                    return answer;
                }
                store.removeEnded(group.states);
            }
        }

        final Rejected rejection() {
            return waits.rejection(caller.tier().message(), report != null && report.isFull());
        }
    }

    Question<Decision> tryAcquire(Caller caller, String endpoint, Usage usage, @Nullable Report report) {
        return new CallQuestion<Decision>(caller, endpoint, usage, report) {

            @Override
            Decision of(Decision decision) {
                return decision;
            }

            @Override
            @Nullable
            Decision decide() {
                return Decider.decided(store.tryAcquire(caller, endpoint, usage, report));
            }

            @Override
            public Decision inOutage(Throwable failure) {
                return !waits.admits
                        ? rejection()
                        : inGroup(
                                (group, open) -> store.decider.decideCall(group, open, endpoint, usage, report), true);
            }
        };
    }

    Question<Reservation> reserve(Caller caller, String endpoint, Usage estimate, @Nullable Report report) {
        return new CallQuestion<Reservation>(caller, endpoint, estimate, report) {

            @Override
            Reservation of(Decision decision) {
                return InMemoryReservation.unmetered(store, caller.organization(), estimate, report);
            }

            @Override
            @Nullable
            Reservation decide() {
                Reservation made = InMemoryReservation.reserve(store, caller, endpoint, estimate, report);
                return Decider.isUndecided(made.decision()) ? null : made;
            }

            @Override
            public Reservation inOutage(Throwable failure) {
                return !waits.admits
                        ? Reservation.rejected(rejection())
                        : inGroup(
                                (group, open) -> InMemoryReservation.reserve(store, group, open, estimate, report),
                                true);
            }
        };
    }

    /** Asks the store for what is lacking, before it charges what it must. */
    Question<Recorded> record(Caller caller, String endpoint, Usage usage, @Nullable Report report) {
        return new CallQuestion<Recorded>(caller, endpoint, usage, report) {

            private boolean asked;

            @Override
            Recorded of(Decision decision) {
                return Recorded.notCharged(decision);
            }

            @Override
            @Nullable
            Recorded decide() {
                Recorded recorded = asked ? inGroup(this::decideBy, false) : null;
                return recorded == null || Decider.isUndecided(recorded.answer()) ? null : recorded;
            }

            @Override
            public CompletableFuture<@Nullable Void> ask() {
                asked |= uncounted().isEmpty();
                return super.ask();
            }

            @Override
            public Recorded inOutage(Throwable failure) {
                Recorded recorded = inGroup(this::decideBy, true);
                return waits.admits || !recorded.isCharged() ? recorded : Recorded.charged(rejection());
            }

            private @Nullable Recorded decideBy(PartyGroup group, CompiledLimit[] limits) {
                Decision answer = store.decider.record(group, limits, usage, report);
                return answer == null ? null : Recorded.charged(answer);
            }
        };
    }

    /** Asks the store how it stands, and takes nothing. */
    Question<Decision> peek(Caller caller, String endpoint, Usage usage, @Nullable Report report) {
        PartyGroup group = store.peekGroup(caller, endpoint);
        if (group == null) {
            Decision atCapacity = store.decisionAtCapacity(report);
            return view(List.of(), away -> atCapacity);
        }
        PartyGroup view = group.view(group.limits);
        for (int i = 0; i < view.limits.length; i++) {
            Meter unused = view.meter(i, view.limits[i]);
        }
        List<LeasedQuota> quotas = leasedQuotas(Arrays.stream(view.states));
        return view(quotas, failure -> {
            if (failure != null && !waits.admits) {
                return waits.rejection(caller.tier().message(), report != null && report.isFull());
            }
            CompiledLimit[] limits = failure == null ? view.limits : StoreWaits.open(view.limits);
            return Decider.decided(store.decider.peek(view, limits, usage, report));
        });
    }

    Question<List<LimitStatus>> status(Caller caller, String endpoint) {
        List<OrganizationState> views = new ArrayList<>();
        List<Supplier<List<LimitStatus>>> statuses = new ArrayList<>();
        store.forEachKnown(caller, (state, tier) -> {
            CompiledLimit[] own = state.peekLimits(tier, endpoint);
            OrganizationState view = state.view(own);
            for (CompiledLimit limit : own) {
                Meter unused = view.meter(limit);
            }
            views.add(view);
            statuses.add(() -> OrganizationStatus.of(view, own));
        });
        return status(views, statuses);
    }

    Question<List<LimitStatus>> status(Caller caller) {
        List<OrganizationState> states = new ArrayList<>();
        List<Supplier<List<LimitStatus>>> statuses = new ArrayList<>();
        store.forEachKnown(caller, (state, tier) -> {
            state.makeQuotas(tier);
            states.add(state);
            statuses.add(() -> OrganizationStatus.of(state, tier));
        });
        return status(states, statuses);
    }

    /** Asks for the counts of the quotas that some states have, and then tells their statuses. */
    private Question<List<LimitStatus>> status(
            List<OrganizationState> states, List<Supplier<List<LimitStatus>>> statuses) {
        return view(leasedQuotas(states.stream()), failure -> {
            requireAnswer(failure);
            List<LimitStatus> all = new ArrayList<>();
            statuses.forEach(status -> all.addAll(status.get()));
            return Collections.unmodifiableList(all);
        });
    }

    private void requireAnswer(@Nullable Throwable failure) {
        if (failure != null && !waits.admits) {
            throw StoreWaits.unavailable(failure);
        }
    }

    private static List<LeasedQuota> leasedQuotas(Stream<OrganizationState> states) {
        return states.flatMap(state -> state.leasedQuotas().stream()).toList();
    }

    /**
     * Makes a question that is answered after the store has told what some counters show.
     *
     * @param answer answers, given why the store has not told it, if it has not; null if it must tell it again
     */
    private <T> Question<T> view(List<LeasedQuota> quotas, Function<@Nullable Throwable, @Nullable T> answer) {
        return new Question<>() {

            private boolean asked = quotas.isEmpty();

            @Override
            public @Nullable T attempt() {
                return asked ? answer.apply(null) : null;
            }

            @Override
            public CompletableFuture<@Nullable Void> ask() {
                asked = true;
                return waits.leases.refresh(quotas);
            }

            @Override
            public T inOutage(Throwable failure) {
                return requireNonNull(answer.apply(failure));
            }
        };
    }
}
