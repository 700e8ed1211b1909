package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;

/** Ten tokens of one hundred, reserved by one call, beside thirty that others have used. */
final class Reserved {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("tokens").otherEndpointsTogether("all", Quota.lifetime(Unit.TOKENS, 100)))
            .build();

    private final Book book = new Book();
    final Reservation reservation;

    Reserved() {
        book.all.decider.tryAcquire(book.organization(), TIER, "chat", tokens(30));
        reservation = requireNonNull(
                InMemoryReservation.reserve(book.all, book.organization(), TIER, "chat", tokens(10), null));
    }

    static Usage tokens(long tokens) {
        return Usage.of(Unit.TOKENS, tokens);
    }

    /** Returns the tokens that are used beside those of others. */
    long used() {
        return Long.parseLong(book.used(TIER, "chat")) - 30;
    }
}
