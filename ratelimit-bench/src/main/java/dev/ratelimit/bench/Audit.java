package dev.ratelimit.bench;

import java.util.List;

/**
 * What one limit of one key has decided, held against what the callers' readings of the clock prove. A call was decided
 * at some time from its start to its end, nobody knows when; whatever is found here holds wherever in between that was.
 * So no delay of a thread can make a right limiter look wrong.
 *
 * <h2>Too much</h2>
 *
 * Calls that start at or after t and end before t + window were all decided in that window, so for no t may they have
 * more units than the amount. Such a call counts for each t with end - window &lt; t &lt;= start: the worst window is
 * the t that most units count for. What is given back by settling counts only for those t whose window is over before
 * settling begins: before that, it could make no room.
 *
 * <p>What settling charges beyond the estimate is not admitted, but nothing may be admitted beside it. So there is a
 * second sum, for each admitted call: what was surely charged before it began, and surely less than a window before it
 * ended, and the call itself.
 *
 * <h2>Too little</h2>
 *
 * A refusal is right if the limit may have been full: if all units that could still count when it was decided and those
 * asked for are more than the amount. A limit may hold a charge somewhat longer than the window, if that is what it
 * promises. What settling gives back may count until settling has returned, also where the charge leaves the window
 * before or in between. A call that is refused in the end may take units meanwhile: of other limits, where there are
 * several; and of the only one, if it takes so long that what it has charged expires, the key is dropped as idle, and
 * it is decided again.
 */
final class Audit {

    private final Terms terms;
    private final boolean alone;
    private final Steps windows = new Steps();
    private final Steps surelyBegun = new Steps();
    private final Steps surelyEnded = new Steps();
    private final Steps maybeCounts = new Steps();
    private final Steps countsNoMore = new Steps();
    private final List<Attempt> attempts;

    /**
     * @param terms the limit
     * @param alone whether no other limit decides on these calls
     * @param attempts all calls on the key, in any order
     */
    Audit(Terms terms, boolean alone, List<Attempt> attempts) {
        this.terms = terms;
        this.alone = alone;
        this.attempts = attempts;
        for (Attempt attempt : attempts) {
            if (attempt.isAdmitted()) {
                add(attempt);
            } else if (mayTakeUnits(attempt)) {
                maybeCounts.add(attempt.start(), attempt.units());
                countsNoMore.add(attempt.end() + 1, attempt.units());
            }
        }
    }

    private void add(Attempt call) {
        long window = terms.window();
        windows.addBetween(call.end() - window, call.start(), call.kept());
        windows.addBetween(call.end() - window, Math.min(call.start(), call.settling() - window), call.givenBack());

        surelyBegun.add(call.start(), call.kept());
        surelyEnded.add(call.end(), call.kept());
        surelyBegun.add(call.settling(), call.overrun());
        surelyEnded.add(call.settled(), call.overrun());

        long gone = call.end() + terms.held();
        maybeCounts.add(call.start(), call.units());
        countsNoMore.add(gone, call.kept());
        countsNoMore.add(call.settled() + 1, call.givenBack());
        if (call.settling() >= gone) {
            countsNoMore.add(gone, call.givenBack());
            maybeCounts.add(call.settling(), call.givenBack());
        }
        maybeCounts.add(call.settling(), call.overrun());
        countsNoMore.add(call.settled() + terms.held(), call.overrun());
    }

    /** Returns the most units that are proven to have been in one window. */
    long worstWindow() {
        long worst = windows.peak();
        for (Attempt call : attempts) {
            if (call.isAdmitted() && call.units() > 0) {
                long before = surelyEnded.sumAt(call.start() - 1) - surelyBegun.sumAt(call.end() - terms.window());
                worst = Math.max(worst, before + call.units());
            }
        }
        return worst;
    }

    /** Tells whether this limit may have been full when a call was refused. */
    boolean mayRefuse(Attempt refused) {
        long most = maybeCounts.sumAt(refused.end()) - countsNoMore.sumAt(refused.start());
        return most + (mayTakeUnits(refused) ? 0 : refused.units()) > terms.amount();
    }

    /** Tells whether a call that was refused may have taken units meanwhile. */
    private boolean mayTakeUnits(Attempt refused) {
        return !alone || refused.end() - refused.start() >= terms.window();
    }
}
