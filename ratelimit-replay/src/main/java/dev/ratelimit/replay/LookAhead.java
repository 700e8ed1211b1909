package dev.ratelimit.replay;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Puts rows into the order of time: a row is passed on once one was read that is later by the whole disorder allowed.
 * Rows of equal time keep their order.
 *
 * <p>Rows that come in order, nearly all of them, wait in a plain queue; only late ones are sorted. The earliest of
 * both goes first; of equal ones that in the queue, because it was there when the late one came.
 */
final class LookAhead {

    /** The most rows that wait. If more fall into the disorder allowed, the earliest is passed on before its time. */
    static final int CAPACITY = 1 << 18;

    private final long maxDisorder;
    private final Consumer<Row> sink;

    private final Queue<Row> inOrder = new ArrayDeque<>();
    private final Queue<LateRow> late =
            new PriorityQueue<>(Comparator.comparingLong(LateRow::time).thenComparingLong(LateRow::number));
    private long newest;
    private long passedOn;
    private long lateRows;

    LookAhead(Duration maxDisorder, Consumer<Row> sink) {
        this.maxDisorder = maxDisorder.toNanos();
        this.sink = sink;
    }

    /**
     * Takes the next row of the trace.
     *
     * @throws BadValueException if the row is too late to be put in its place
     */
    void add(Row row) {
        if (row.time() >= newest) {
            newest = row.time();
            inOrder.add(row);
        } else if (newest - row.time() > maxDisorder) {
            throw new BadValueException(
                    "must not lie further behind an earlier row than --max-disorder allows, but lies "
                            + Duration.ofNanos(newest - row.time()) + " behind");
        } else if (row.time() < passedOn) {
            throw new BadValueException("must not lie more than " + CAPACITY + " rows behind");
        } else {
            late.add(new LateRow(row, lateRows++));
        }
        while (inOrder.size() + late.size() > CAPACITY || isDue()) {
            passOnEarliest();
        }
    }

    /** Passes on what still waits, at the end of the trace. */
    void flush() {
        while (!inOrder.isEmpty() || !late.isEmpty()) {
            passOnEarliest();
        }
    }

    private boolean isDue() {
        return (!inOrder.isEmpty() && newest - inOrder.element().time() >= maxDisorder)
                || (!late.isEmpty() && newest - late.element().time() >= maxDisorder);
    }

    private void passOnEarliest() {
        boolean fromLate = !late.isEmpty()
                && (inOrder.isEmpty()
                        || late.element().time() < inOrder.element().time());
        Row row = fromLate ? late.remove().row() : inOrder.remove();
        passedOn = row.time();
        sink.accept(row);
    }

    private record LateRow(Row row, long number) {
        long time() {
            return row.time();
        }
    }
}
