package dev.ratelimit.redis;

import java.util.ArrayList;
import java.util.List;

/**
 * What came of renewing what some limits have in flight for a reservation.
 *
 * @param allCount whether all of it still counted
 * @param ends for each limit, when what still counted now ends, in microseconds
 */
record Renewal(boolean allCount, List<Long> ends) {

    /** Decodes a reply; {@link Script} describes the numbers. */
    static Renewal of(Reply reply) {
        List<Long> ends = new ArrayList<>();
        for (int i = 0; i < reply.limitSet().limits().size(); i++) {
            ends.add(reply.number(3 + i));
        }
        return new Renewal(reply.number(2) > 0, ends);
    }
}
