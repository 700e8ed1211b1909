package dev.ratelimit.core;

import java.util.List;

/** The mistakes that the races must catch. */
final class Twins {

    static final List<Twin> ALL = List.of(
            new Twin(
                    "admitted is read after the marks",
                    SlidingWindow.class,
                    ChargesAtTheLastUnit.class,
                    "long from = base(marks, first, position, given); if (units == 0",
                    "long from = marks.has(first) ? base(marks, first, position, given) : (position = admitted); if (units == 0"),
            new Twin(
                    "a charge is written without a CAS",
                    SlidingWindow.class,
                    ChargesAtTheLastUnit.class,
                    "if (ADMITTED.compareAndSet(this, position, position + added)) {",
                    "admitted = position + added; if (true) {"),
            new Twin(
                    "a mark is appended behind an open one",
                    Timeline.class,
                    ChargesThatAppendMarks.class,
                    "start(marks, size - 1); long newest = marks.stamp(size - 1); if (newest - now >= 0) {",
                    "long newest = marks.stamp(size - 1); if (newest - now >= 0) { start(marks, size - 1);"),
            new Twin(
                    "a mark is appended without a CAS",
                    Marks.class,
                    ChargesThatAppendMarks.class,
                    "WORD.compareAndSet(words, 2 * size, 0L, stamp - origin);",
                    "WORD.setVolatile(words, 2 * size, stamp - origin);"),
            new Twin(
                    "a block is appended without a CAS",
                    Marks.class,
                    ChargesThatAppendBlocks.class,
                    "NEXT.compareAndSet(this, null, added);",
                    "next = added;"),
            new Twin(
                    "a mark is closed without a CAS",
                    Marks.class,
                    ChargesThatAppendMarks.class,
                    "WORD.compareAndSet(words, 2 * i + 1, 0L, position + 1);",
                    "WORD.setVolatile(words, 2 * i + 1, position + 1);"),
            new Twin(
                    "newestStamp is raised before its mark is closed",
                    Timeline.class,
                    ChargesUnderANewMark.class,
                    "marks.append(size, live < exactMarks ? now : now | (grain - 1), live);",
                    "marks.append(size, live < exactMarks ? now : now | (grain - 1), live); NEWEST_STAMP.setRelease(this, now);"),
            new Twin(
                    "a stale reading decides",
                    Timeline.class,
                    StaleChargeAtExpiry.class,
                    "return now - last < window ? last + window : now;",
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
                    "raise(EXPIRED_STAMP, marks.stamp(first - 1)); raise(BASE, from);",
                    "raise(BASE, from); raise(EXPIRED_STAMP, marks.stamp(first - 1));"),
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
                if (place instanceof Mark mark && mark.marks().giveBack(mark.index(), units << 1)) {
                    REFUNDED.getAndAdd(this, units << 1);
                }
                """,
                    """
                REFUNDED.getAndAdd(this, units << 1);
                if (!(place instanceof Mark mark && mark.marks().giveBack(mark.index(), units << 1))) {
                    REFUNDED.getAndAdd(this, -(units << 1));
                }
                """),
            new Twin(
                    "a block is closed to refunds without a CAS",
                    Marks.class,
                    RefundAsMarksArePassedBy.class,
                    """
                while (!isFinal(given) && !REFUNDED.compareAndSet(this, given, given + 1)) {
                    given = refunded;
                }
                """,
                    "if (!isFinal(given)) { refunded = given + 1; }"),
            new Twin(
                    "a block that was passed by is not closed to refunds",
                    Marks.class,
                    RefundAsMarksArePassedBy.class,
                    """
                while (!isFinal(given) && !REFUNDED.compareAndSet(this, given, given + 1)) {
                    given = refunded;
                }
                """,
                    ""),
            new Twin(
                    "a refund goes to the newest mark",
                    Timeline.class,
                    RefundAgainstAppend.class,
                    "while (i >= 0 && !startsAtOrBefore(marks, i, position)) { i--; }",
                    ""),
            new Twin(
                    "a decision stands though admitted moved while refunds were read",
                    SlidingWindow.class,
                    LookAgainstRefund.class,
                    "if (first == GONE || !isUnchanged(marks, known, position)) { continue; }",
                    "if (first == GONE) { continue; }"),
            new Twin(
                    "a status stands though admitted moved while refunds were read",
                    SlidingWindow.class,
                    LookAgainstRefund.class,
                    "if (first != GONE && isUnchanged(marks, known, position)) {",
                    "if (first != GONE) {"),
            new Twin(
                    "marks that were passed by are taken for the last",
                    SlidingWindow.class,
                    RefusalAsMarksArePassedBy.class,
                    "Marks next = marks.next; if (next == marks) { return 0; }",
                    "Marks next = marks.next; if (next == marks) { next = null; }"),
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
