package dev.ratelimit.redis;

import java.util.ArrayList;
import java.util.List;

/**
 * What came of renewing what some limits have in flight for a reservation.
 *
 * @param allCount whether all of it still counted
 * @param ends for each limit, when it now ends, in microseconds
 * @param there for each limit, of each entry whether the server still has it: bags become one
 */
record Renewal(boolean allCount, List<Long> ends, List<List<Boolean>> there) {

    /** Decodes a reply; {@link Script} describes the numbers. */
    static Renewal of(List<Change> asked, Reply reply) {
        List<Long> ends = new ArrayList<>();
        List<List<Boolean>> there = new ArrayList<>();
        int at = 3;
        for (Change change : asked) {
            ends.add(reply.number(at++));
            List<Boolean> entries = new ArrayList<>();
            for (int i = 0; i < change.refunds().size(); i++) {
                entries.add(reply.number(at++) > 0);
            }
            there.add(entries);
        }
        return new Renewal(reply.number(2) > 0, ends, there);
    }
}
