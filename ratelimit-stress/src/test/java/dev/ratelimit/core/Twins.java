package dev.ratelimit.core;

import java.util.List;

/** The mistakes that the races must catch. */
final class Twins {

    static final List<Twin> ALL = List.of(
            new Twin(
                    "what is left is read before it is taken out",
                    LeasedPeriod.class,
                    ChargeAsALeaseArrives.class,
                    "return (long) LEFT.getAndSet(this, REPLACED);",
                    "long all = left; left = REPLACED; return all;"),
            new Twin(
                    "units are told before they are taken off",
                    LeasedPeriod.class,
                    ChargeAsUnitsAreTold.class,
                    "replace(count, asked, 0, units);",
                    "replace(count, asked, 0, 0); tell(-units);"),
            new Twin(
                    "admitted is read after the block",
                    SlidingWindow.class,
                    ChargesAtTheLastUnit.class,
                    "long from = base(block, first, position, given); if (units == 0",
                    "long from = block.has(first) ? base(block, first, position, given) : (position = admitted); if "
                            + "(units == 0"),
            new Twin(
                    "a charge is written without a CAS",
                    SlidingWindow.class,
                    ChargesAtTheLastUnit.class,
                    "if (admit(position, units << 1)) {",
                    "admitted = position + (units << 1); if (true) {"),
            new Twin(
                    "a mark is appended behind an open one",
                    MarkLog.class,
                    ChargesThatAppendMarks.class,
                    "close(block, size - 1); long newest = block.stamp(size - 1);",
                    "long newest = block.stamp(size - 1); if (newest - now >= 0) { close(block, size - 1); }"),
            new Twin(
                    "a mark is appended without a CAS",
                    MarkBlock.class,
                    ChargesThatAppendMarks.class,
                    "WORD.compareAndSet(marks, 2 * i + 1, 0L, stamp - marks[0]);",
                    "WORD.setVolatile(marks, 2 * i + 1, stamp - marks[0]);"),
            new Twin(
                    "a block is appended without a CAS",
                    MarkBlock.class,
                    ChargesThatAppendBlocks.class,
                    "NEXT.compareAndSet(this, null, added);",
                    "next = added;"),
            new Twin(
                    "a mark is closed without a CAS",
                    MarkBlock.class,
                    ChargesThatAppendMarks.class,
                    "WORD.compareAndSet(marks, 2 * i + 2, 0L, position + 1);",
                    "WORD.setVolatile(marks, 2 * i + 2, position + 1);"),
            new Twin(
                    "a mark is appended to a known block behind an open one",
                    MarkBlock.class,
                    ChargesThatAppendToAKnownBlock.class,
                    "&& has(marks, i) && !isOpen(marks, i) &&",
                    "&& has(marks, i) &&"),
            new Twin(
                    "a mark is appended to a known block behind one that is still to come",
                    MarkBlock.class,
                    ChargesThatAppendToAKnownBlock.class,
                    "&& has(marks, i) && !isOpen(marks, i) &&",
                    "&& (!has(marks, i) || !isOpen(marks, i)) &&"),
            new Twin(
                    "newestStamp is raised before its mark is closed",
                    MarkLog.class,
                    ChargesUnderANewMark.class,
                    "close(block, size); newest = block.stamp(size);",
                    "NEWEST_STAMP.setRelease(this, now); close(block, size); newest = block.stamp(size);"),
            new Twin(
                    "newestStamp is raised before a mark of a known block is closed",
                    MarkLog.class,
                    ChargesUnderANewMarkOfAKnownBlock.class,
                    "MarkBlock.close(marks, size, admitted);",
                    "NEWEST_STAMP.setRelease(this, now); MarkBlock.close(marks, size, admitted);"),
            new Twin(
                    "a stale reading decides",
                    SlidingWindow.class,
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
                    "raise(EXPIRED_STAMP, block.stamp(first - 1)); raise(BASE, from);",
                    "raise(BASE, from); raise(EXPIRED_STAMP, block.stamp(first - 1));"),
            new Twin(
                    "expiredStamp is read before base",
                    SlidingWindow.class,
                    StaleChargeAtExpiry.class,
                    "long knownBase = base; long knownExpired = expiredStamp;",
                    "long knownExpired = expiredStamp; long knownBase = base;"),
            new Twin(
                    "the sum of refunds is raised before the count of the mark",
                    SlidingWindow.class,
                    RefundAtExpiry.class,
                    """
                if (booking instanceof MarkRef mark && mark.block().giveBack(mark.index(), units << 1)) {
                    REFUNDED.getAndAdd(this, units << 1);
                }
                """,
                    """
                REFUNDED.getAndAdd(this, units << 1);
                if (!(booking instanceof MarkRef mark && mark.block().giveBack(mark.index(), units << 1))) {
                    REFUNDED.getAndAdd(this, -(units << 1));
                }
                """),
            new Twin(
                    "a block is closed to refunds without a CAS",
                    MarkBlock.class,
                    RefundAsMarksArePassedBy.class,
                    """
                while (!isFinal(given) && !REFUNDED.compareAndSet(this, given, given + 1)) {
                    given = refunded;
                }
                """,
                    "if (!isFinal(given)) { refunded = given + 1; }"),
            new Twin(
                    "a block that was passed by is not closed to refunds",
                    MarkBlock.class,
                    RefundAsMarksArePassedBy.class,
                    """
                while (!isFinal(given) && !REFUNDED.compareAndSet(this, given, given + 1)) {
                    given = refunded;
                }
                """,
                    ""),
            new Twin(
                    "a refund goes to the newest mark",
                    MarkLog.class,
                    RefundAgainstAppend.class,
                    "while (i >= 0 && !startsAtOrBefore(block, i, halfUnits)) { i--; }",
                    ""),
            new Twin(
                    "a decision stands though admitted moved while refunds were read",
                    SlidingWindow.class,
                    LookAgainstRefund.class,
                    "if (first == GONE || !isUnchanged(block, known, position)) { continue; }",
                    "if (first == GONE) { continue; }"),
            new Twin(
                    "a status stands though admitted moved while refunds were read",
                    SlidingWindow.class,
                    LookAgainstRefund.class,
                    "if (first != GONE && isUnchanged(block, known, position)) {",
                    "if (first != GONE) {"),
            new Twin(
                    "marks that were passed by are taken for the last",
                    SlidingWindow.class,
                    RefusalAsMarksArePassedBy.class,
                    "MarkBlock next = block.next; if (next == block) { return 0; }",
                    "MarkBlock next = block.next; if (next == block) { next = null; }"),
            new Twin(
                    "a refusal is remembered with refunds that it was not decided by",
                    SlidingWindow.class,
                    RefusalAgainstRefund.class,
                    "remember(headroom, position, block, first, given, now, wait);",
                    "remember(headroom, position, block, first, refunded, now, wait);"),
            new Twin(
                    "a refusal is remembered though a unit was given back since",
                    SlidingWindow.class,
                    RefusalAgainstRefund.class,
                    "&& last.given == refunded",
                    ""),
            new Twin(
                    "a vetoed check ends the state",
                    Life.class,
                    VetoedCheck.class,
                    "if ((checking & 1) != 0 && !LIFE.compareAndSet(this, checking, idle ? DEAD : checking + 1)) { "
                            + "return false; }",
                    "if (idle) { life = DEAD; }"),
            new Twin(
                    "a check ends without a CAS",
                    Life.class,
                    ChargeAgainstCheck.class,
                    "if ((checking & 1) != 0 && !LIFE.compareAndSet(this, checking, idle ? DEAD : checking + 1)) { "
                            + "return false; }",
                    "if ((checking & 1) != 0) { life = idle ? DEAD : checking + 1; }"),
            new Twin(
                    "a call does not veto a check",
                    Life.class,
                    ChargeAgainstCheck.class,
                    "if (LIFE.compareAndSet(this, seen, seen + 1)) {",
                    "if (seen != DEAD) {"),
            new Twin(
                    "meters are looked at before the check is seen",
                    IdleSweeper.class,
                    CallAgainstCleanUp.class,
                    "idle = organization.isUnderCheck() && left.findsIdle(PLACES_OF_STEP, clocks.nanoTime());",
                    """
                idle = left.findsIdle(PLACES_OF_STEP, clocks.nanoTime());
                organization.endCheck(false);
                organization.beginCheck();
                """),
            new Twin(
                    "a call is refused though its organization is being added",
                    OrganizationStore.class,
                    FirstCallsForTheLastPlace.class,
                    "return isFull() && noneUnderWay && addsBegun.get() == begun ? null : add(name, max);",
                    "return isFull() ? null : add(name, max);"),
            new Twin(
                    "a call that is admitted does not ask whether it holds",
                    AllOrNone.class,
                    CallAgainstCleanUp.class,
                    "holds = parties.confirmLive();",
                    "holds = true;"),
            new Twin(
                    "a call of an endpoint that is known with its meter does not ask whether it holds",
                    CalledEndpoint.class,
                    CalledEndpointAgainstCleanUp.class,
                    "return state.confirmLive();",
                    "return true;"),
            new Twin(
                    "a call of several limits that is admitted does not ask whether it holds",
                    AllOrNone.class,
                    MemberCallAgainstCleanUp.class,
                    "&& (positionOfSecond >= 0 || last == 1) && parties.confirmLive();",
                    "&& (positionOfSecond >= 0 || last == 1);"),
            new Twin(
                    "a meter that was asked is charged without a CAS",
                    SlidingWindow.class,
                    LimitsAtTheLastUnit.class,
                    "return asked != SLOW && admit(position, units << 1)",
                    "if (asked != SLOW) { admitted = position + (units << 1); } return asked != SLOW"),
            new Twin(
                    "a decision tells how its limits stand after it",
                    AllOrNone.class,
                    TwoReports.class,
                    "long position = charge(0, meter, limit, units, now, report); if (position < 0) {",
                    "long position = charge(0, meter, limit, units, now, report); if (report != null) { "
                            + "report.notCharged(meter.status(limit, now)); } if (position < 0) {"),
            new Twin(
                    "a record does not ask whether it holds",
                    Decider.class,
                    RecordAgainstCleanUp.class,
                    "recorded = parties.confirmLive();",
                    "recorded = true;"),
            new Twin(
                    "a record is written without a CAS",
                    PeriodCounter.class,
                    RecordsOfAQuota.class,
                    "if (period.charge(balance, more)) {",
                    "period.balance = balance + more; if (true) {"),
            new Twin(
                    "two tiers that come first make two meters",
                    MeterTable.class,
                    TierChangeAgainstCall.class,
                    "return known != null ? known : put(key, newMeter(key));",
                    "return put(key, newMeter(key));"),
            new Twin(
                    "a refused call keeps what it has charged",
                    OrganizationState.class,
                    LimitsAtTheLastUnit.class,
                    "meter.refund(limit, meter.booking(position), units, units, now);",
                    ""),
            new Twin(
                    "a charge to a period is written without a CAS",
                    PeriodCounter.class,
                    PeriodChargesAtTheLastUnit.class,
                    "if (units == 0 || period.charge(balance, units)) {",
                    "period.balance = balance + units; if (true) {"),
            new Twin(
                    "a period is replaced without a CAS",
                    PeriodCounter.class,
                    PeriodBegins.class,
                    "CURRENT.compareAndSet(this, period, next(period.number + 1, time, now));",
                    "current = next(period.number + 1, time, now);"),
            new Twin(
                    "a refund goes to the present period",
                    PeriodCounter.class,
                    RefundAtPeriodEnd.class,
                    "return period.number == position ? period : period.others.numbered(position);",
                    "return period;"),
            new Twin(
                    "a period that is left is not closed",
                    PeriodCounter.class,
                    ChargeAsItsPeriodIsLeft.class,
                    "left.close();",
                    ""),
            new Twin(
                    "a period is left by two threads",
                    PeriodCounter.class,
                    PeriodIsEnteredAgain.class,
                    "if (left != current) { return; }",
                    ""),
            new Twin(
                    "a charge to a bucket is written without a CAS",
                    BucketEpoch.class,
                    BucketChargesAtTheLastUnit.class,
                    "return WORD.compareAndSet(this, known, other);",
                    "word = other; return true;"),
            new Twin(
                    "units are charged at once to an epoch that is closed",
                    BucketEpoch.class,
                    BucketChargesAtTwoRates.class,
                    "if (rate != flow || !isOpen(known)) {",
                    "if (rate != flow) {"),
            new Twin(
                    "an epoch of another rate is not closed",
                    BucketEpoch.class,
                    BucketChargesAtTwoRates.class,
                    "return (long) WORD.getAndBitwiseOr(this, CLOSED);",
                    "return word;"),
            new Twin(
                    "a unit is given back to an epoch that is closed",
                    BucketCounter.class,
                    BucketRefundAgainstAnotherRate.class,
                    "if (!BucketEpoch.isOpen(word)) {",
                    "if (false) {"),
            new Twin(
                    "only the organization of a call is confirmed live",
                    PartyGroup.class,
                    MemberCallAgainstCleanUp.class,
                    "for (OrganizationState state : states) { if (!state.isLive()) { return false; } }",
                    "if (!states[0].isLive()) { return false; }"),
            new Twin(
                    "a hint does not ask whether its state has ended",
                    StateHints.class,
                    HintOfAStateThatEnds.class,
                    "if (state.hasEnded()) { remove(state); }",
                    ""),
            new Twin(
                    "a state ends after another one is found in its place",
                    OrganizationStore.class,
                    CallsBesideAReset.class,
                    "known.end(); return other; }); if (found != other) { return false; }",
                    "return other; }); if (found != other) { return false; } known.end();"),
            new Twin(
                    "a place in flight is taken without the lock",
                    InFlightCounter.class,
                    FlightsAtTheLastUnit.class,
                    "private synchronized long take(",
                    "private long take("),
            new Twin(
                    "a call in flight ends without the lock",
                    InFlightCounter.class,
                    EndAgainstTake.class,
                    "synchronized void refund(",
                    "void refund("),
            new Twin(
                    "a piece joins its reservation without the lock",
                    InFlightCounter.class,
                    JoinAgainstEnd.class,
                    "synchronized void join(",
                    "void join("),
            new Twin(
                    "two threads may end a reservation",
                    InMemoryReservation.class,
                    SettleAgainstSettle.class,
                    "while (!CHARGE.compareAndSet(this, open, null));",
                    "while (false); charge = null;"),
            new Twin(
                    "more is added to a reservation without a CAS",
                    InMemoryReservation.class,
                    SettleAgainstAdd.class,
                    "if (CHARGE.compareAndSet(InMemoryReservation.this, open, sum)) {",
                    "charge = sum; if (true) {"));

    private Twins() {}
}
