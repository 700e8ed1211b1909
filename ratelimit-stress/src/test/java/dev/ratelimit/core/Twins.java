package dev.ratelimit.core;

import java.util.List;

/** The mistakes that the races must catch. */
final class Twins {

    static final List<Twin> ALL = List.of(
            new Twin(
                    "admitted is read after the search for the first live mark",
                    SlidingWindow.class,
                    ChargesAtTheLastUnit.class,
                    "long given = refunded; if (admitted != position) {",
                    "long given = refunded; position = admitted; if (admitted != position) {"),
            new Twin(
                    "a charge is written without a CAS",
                    SlidingWindow.class,
                    ChargesAtTheLastUnit.class,
                    "if (ADMITTED.compareAndSet(this, position, position + added)) {",
                    "admitted = position + added; if (true) {"),
            new Twin(
                    "a mark is appended behind an open one",
                    SlidingWindow.class,
                    ChargesThatAppendMarks.class,
                    """
                if (tail.stamp - now > 0) {
                    raise(NEWEST_STAMP, tail.stamp);
                } }

                private Mark newestClosed() {
                    Mark tail = newest;
                    for (Mark next = after(tail); next != null; next = after(tail)) {
                        tail = next;
                    }
                    start(tail);
                """,
                    """
                start(tail);
                if (tail.stamp - now > 0) {
                    raise(NEWEST_STAMP, tail.stamp);
                } }

                private Mark newestClosed() {
                    Mark tail = newest;
                    for (Mark next = after(tail); next != null; next = after(tail)) {
                        tail = next;
                    }
                """),
            new Twin(
                    "a mark is appended without a CAS",
                    Mark.class,
                    ChargesThatAppendMarks.class,
                    "NEXT.compareAndSet(this, null, added);",
                    "next = added;"),
            new Twin(
                    "a mark is closed without a CAS",
                    Mark.class,
                    ChargesThatAppendMarks.class,
                    "START.compareAndSet(this, OPEN, position + 1);",
                    "start = position + 1;"),
            new Twin(
                    "newestStamp is raised before its mark is closed",
                    SlidingWindow.class,
                    ChargesUnderANewMark.class,
                    "tail.append(new Mark(stamp, tail.number + 1));",
                    "tail.append(new Mark(stamp, tail.number + 1)); raise(NEWEST_STAMP, stamp);"),
            new Twin(
                    "a stale reading decides",
                    SlidingWindow.class,
                    StaleChargeAtExpiry.class,
                    "return now - known.stamp < window ? known.stamp + window : now;",
                    "return now;"),
            new Twin(
                    "the fast path does not ask for expiredStamp",
                    SlidingWindow.class,
                    StaleChargeAtExpiry.class,
                    "&& now - knownExpired >= window",
                    ""),
            new Twin(
                    "base is raised before expiredStamp",
                    SlidingWindow.class,
                    StaleChargeAtExpiry.class,
                    "raise(EXPIRED_STAMP, last.stamp); raise(BASE, from);",
                    "raise(BASE, from); raise(EXPIRED_STAMP, last.stamp);"),
            new Twin(
                    "expiredStamp is read before base",
                    SlidingWindow.class,
                    StaleChargeAtExpiry.class,
                    "long knownBase = base; long knownExpired = expiredStamp; long knownNewest = newestStamp;",
                    "long knownExpired = expiredStamp; long knownNewest = newestStamp; long knownBase = base;"),
            new Twin(
                    "the sum of refunds is raised before the count of the mark",
                    SlidingWindow.class,
                    RefundAtExpiry.class,
                    """
                if (((Mark) requireNonNull(place)).giveBack(units << 1)) {
                    REFUNDED.getAndAdd(this, units << 1);
                }
                """,
                    """
                REFUNDED.getAndAdd(this, units << 1);
                if (!((Mark) requireNonNull(place)).giveBack(units << 1)) {
                    REFUNDED.getAndAdd(this, -(units << 1));
                }
                """),
            new Twin(
                    "a mark expires without the refunds before it",
                    Mark.class,
                    RefundAtExpiry.class,
                    "before.refunded + given",
                    "1 + given"),
            new Twin(
                    "a mark expires without a CAS",
                    Mark.class,
                    RefundAtExpiry.class,
                    """
                while (!isSum(given) && !REFUNDED.compareAndSet(this, given, before.refunded + given)) {
                    given = refunded;
                }
                """,
                    "if (!isSum(given)) { refunded = before.refunded + given; }"),
            new Twin(
                    "a refund goes to the newest mark",
                    SlidingWindow.class,
                    RefundAgainstAppend.class,
                    "if (!startsAtOrBefore(mark, position)) { mark = expired; }",
                    ""),
            new Twin(
                    "a decision stands though admitted moved while refunds were read",
                    SlidingWindow.class,
                    LookAgainstRefund.class,
                    "if (admitted != position) { continue; }",
                    ""),
            new Twin(
                    "a status stands though admitted moved while refunds were read",
                    SlidingWindow.class,
                    LookAgainstRefund.class,
                    "if (!hasExpired(first, now) && admitted == position) {",
                    "if (!hasExpired(first, now)) {"),
            new Twin(
                    "a vetoed check ends the state",
                    Organization.class,
                    VetoedCheck.class,
                    "if ((checking & 1) != 0 && !LIFE.compareAndSet(this, checking, idle ? DEAD : checking + 1)) { return false; }",
                    "if (idle) { life = DEAD; }"),
            new Twin(
                    "a check ends without a CAS",
                    Organization.class,
                    ChargeAgainstCheck.class,
                    "if ((checking & 1) != 0 && !LIFE.compareAndSet(this, checking, idle ? DEAD : checking + 1)) { return false; }",
                    "if ((checking & 1) != 0) { life = idle ? DEAD : checking + 1; }"),
            new Twin(
                    "a call does not veto a check",
                    Organization.class,
                    ChargeAgainstCheck.class,
                    "if (LIFE.compareAndSet(this, seen, seen + 1)) {",
                    "if (seen != DEAD) {"),
            new Twin(
                    "meters are looked at before the check is seen",
                    Organizations.class,
                    CallAgainstCleanUp.class,
                    "next.beginCheck(); if (!next.endCheck(next.isIdle())) {",
                    "boolean idle = next.isIdle(); next.beginCheck(); if (!next.endCheck(idle)) {"),
            new Twin(
                    "a call asks whether it holds before it is charged",
                    Organizations.class,
                    CallAgainstCleanUp.class,
                    """
                Decision decision = decider.tryAcquire(organization, tier, endpoint, usage);
                if (organization.keep()) {
                """,
                    """
                boolean kept = organization.keep();
                Decision decision = decider.tryAcquire(organization, tier, endpoint, usage);
                if (kept) {
                """),
            new Twin(
                    "two tiers that come first make two meters",
                    MeterTable.class,
                    TierChangeAgainstCall.class,
                    "return known != null ? known : put(key, newMeter(key));",
                    "return put(key, newMeter(key));"),
            new Twin(
                    "a refused call keeps what it has charged",
                    Decider.class,
                    LimitsAtTheLastUnit.class,
                    "meter.refund(meter.place(receipt), units);",
                    ""),
            new Twin(
                    "a charge to a period is written without a CAS",
                    PeriodCounter.class,
                    PeriodChargesAtTheLastUnit.class,
                    "if (units == 0 || Period.BALANCE.compareAndSet(period, balance, balance + units)) {",
                    "period.balance = balance + units; if (true) {"),
            new Twin(
                    "a period is replaced without a CAS",
                    PeriodCounter.class,
                    PeriodBegins.class,
                    "CURRENT.compareAndSet( this, period, new Period(period.number + 1, periods.at(highest).end(), now));",
                    "current = new Period(period.number + 1, periods.at(highest).end(), now);"),
            new Twin(
                    "a refund goes to the present period",
                    PeriodCounter.class,
                    RefundAtPeriodEnd.class,
                    "return period.number == receipt ? period : null;",
                    "return period;"),
            new Twin(
                    "two threads may end a reservation",
                    AdmittedReservation.class,
                    SettleAgainstSettle.class,
                    "return (Charge) CHARGES.getAndSet(this, null);",
                    "Charge last = charges; charges = null; return last;"),
            new Twin(
                    "more is added to a reservation without a CAS",
                    AdmittedReservation.class,
                    SettleAgainstAdd.class,
                    "if (CHARGES.compareAndSet(this, last, added.after(last))) {",
                    "charges = added.after(last); if (true) {"));

    private Twins() {}
}
