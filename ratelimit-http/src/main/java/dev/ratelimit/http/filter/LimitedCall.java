package dev.ratelimit.http.filter;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The reservation of a call, as its handler gets it. It remembers whether pieces were used and whether the handler has
 * ended it, so that the filter knows what is left to do. Safe for use by many threads.
 */
public final class LimitedCall implements Reservation {

    /** The attribute of a request that has its call. */
    public static final String ATTRIBUTE = "dev.ratelimit.call";

    static final Rejected UNAVAILABLE =
            Rejected.temporary(new StoreUnavailable(), "", Duration.ofSeconds(1).toNanos());

    /** What a call returns that has ended already. */
    static final CompletionStage<Boolean> ENDED = CompletableFuture.completedStage(true);

    private final Reservation reservation;
    private final Caller caller;
    private final String endpoint;
    private final Usage estimate;
    private volatile boolean hasPieces;
    private volatile boolean hasEnded;

    /**
     * Makes the call of a reservation.
     *
     * @param reservation the reservation, admitted
     * @param caller who calls
     * @param endpoint what is called
     * @param estimate what is reserved
     */
    public LimitedCall(Reservation reservation, Caller caller, String endpoint, Usage estimate) {
        this.reservation = requireNonNull(reservation, "reservation");
        this.caller = requireNonNull(caller, "caller");
        this.endpoint = requireNonNull(endpoint, "endpoint");
        this.estimate = requireNonNull(estimate, "estimate");
    }

    /**
     * Returns the reservation of every call that is not limited: it admits all pieces, and has nothing to settle.
     *
     * @return always the same object
     */
    public static Reservation unlimited() {
        return UnlimitedCall.INSTANCE;
    }

    /**
     * Returns what stands for the reservation of a call that could not be decided, and is refused.
     *
     * @return a reservation that is rejected by {@link StoreUnavailable}, for a second
     */
    public static Reservation unavailable() {
        return Reservation.rejected(UNAVAILABLE);
    }

    /**
     * Returns who calls.
     *
     * @return the organization, its tier, and the members that the call is of
     */
    public Caller caller() {
        return caller;
    }

    /**
     * Returns what is called.
     *
     * @return the name of the endpoint
     */
    public String endpoint() {
        return endpoint;
    }

    /** Tells whether the handler has settled or cancelled it. */
    boolean hasEnded() {
        return hasEnded;
    }

    /**
     * Settles for what is known: the pieces, or the estimate if there are none. Without a piece {@link #settle()} would
     * give the estimate back.
     */
    CompletionStage<Boolean> settleForWhatIsKnown(boolean mayWait) {
        if (!hasPieces) {
            return settleFor(estimate, mayWait);
        }
        if (!mayWait) {
            return settleAsync();
        }
        settle();
        return ENDED;
    }

    CompletionStage<Boolean> settleFor(Usage actual, boolean mayWait) {
        if (!mayWait) {
            return settleAsync(actual);
        }
        settle(actual);
        return ENDED;
    }

    CompletionStage<Boolean> cancel(boolean mayWait) {
        if (!mayWait) {
            return cancelAsync();
        }
        cancel();
        return ENDED;
    }

    private Decision noted(Decision decision) {
        if (decision.isAdmitted()) {
            hasPieces = true;
        }
        return decision;
    }

    private <T> T ended(T answer) {
        hasEnded = true;
        return answer;
    }

    @Override
    public Decision decision() {
        return reservation.decision();
    }

    @Override
    public Decision use(Usage piece) {
        return noted(reservation.use(piece));
    }

    @Override
    public boolean settle(Usage actual) {
        return ended(reservation.settle(actual));
    }

    @Override
    public boolean settle() {
        return ended(reservation.settle());
    }

    @Override
    public boolean cancel() {
        return ended(reservation.cancel());
    }

    @Override
    public boolean renew() {
        return reservation.renew();
    }

    @Override
    public CompletionStage<Decision> useAsync(Usage piece) {
        return reservation.useAsync(piece).thenApply(this::noted);
    }

    @Override
    public CompletionStage<Boolean> settleAsync(Usage actual) {
        return ended(reservation.settleAsync(actual));
    }

    @Override
    public CompletionStage<Boolean> settleAsync() {
        return ended(reservation.settleAsync());
    }

    @Override
    public CompletionStage<Boolean> cancelAsync() {
        return ended(reservation.cancelAsync());
    }

    @Override
    public CompletionStage<Boolean> renewAsync() {
        return reservation.renewAsync();
    }
}
