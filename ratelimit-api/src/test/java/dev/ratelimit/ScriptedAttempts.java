package dev.ratelimit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/** Attempts whose answers a test writes down beforehand. One attempt too many throws NoSuchElementException. */
final class ScriptedAttempts implements Supplier<Reservation> {

    private static final LimitReached REACHED =
            new LimitReached(AppliedLimit.of("calls", new Scope.Endpoint("chat"), RateLimit.perMinute(1)));

    /** The readings of the clock at which somebody asked. */
    final List<Long> askedAt = new ArrayList<>();

    private final Deque<Supplier<Reservation>> answers = new ArrayDeque<>();
    private final SleptTime time;
    private int givenBack;

    ScriptedAttempts(SleptTime time) {
        this.time = time;
    }

    static Rejected refusal(long retryAfterNanos) {
        return Rejected.temporary(REACHED, "", retryAfterNanos);
    }

    static Rejected refusalForGood() {
        return Rejected.permanent(REACHED, "");
    }

    ScriptedAttempts then(Supplier<Reservation> answer) {
        answers.add(answer);
        return this;
    }

    ScriptedAttempts then(Rejected decision) {
        return then(() -> Reservation.rejected(decision));
    }

    ScriptedAttempts thenRefuse(long retryAfterNanos) {
        return then(refusal(retryAfterNanos));
    }

    ScriptedAttempts thenAdmit() {
        return then(this::admitted);
    }

    ScriptedAttempts thenThrow(RuntimeException exception) {
        return then(() -> {
            throw exception;
        });
    }

    @Override
    public Reservation get() {
        askedAt.add(time.nanoTime());
        return answers.remove().get();
    }

    int asked() {
        return askedAt.size();
    }

    int givenBack() {
        return givenBack;
    }

    Reservation admitted() {
        return new AdmittedAttempt() {
            @Override
            public boolean cancel() {
                givenBack++;
                return true;
            }
        };
    }
}
