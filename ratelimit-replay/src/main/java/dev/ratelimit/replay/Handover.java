package dev.ratelimit.replay;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Hands rows from a thread that reads them to the one that decides them. Reading and deciding take about as long, so
 * that a replay takes half the time.
 */
final class Handover {

    private static final int BATCH_SIZE = 1_024;

    /* An empty batch is the last. */
    private final BlockingQueue<List<Row>> batches = new ArrayBlockingQueue<>(16);

    private List<Row> batch = new ArrayList<>(BATCH_SIZE);

    private Handover() {}

    /**
     * Reads rows in a thread of its own and passes them on in this one, in their order.
     *
     * @throws IOException if reading fails
     */
    static void run(Reading reading, Consumer<Row> sink) throws IOException {
        Handover handover = new Handover();
        FutureTask<Void> read = new FutureTask<>(() -> {
            handover.read(reading);
            return null;
        });
        Thread reader = new Thread(read, "reader");
        reader.setDaemon(true);
        reader.start();
        try {
            handover.drainTo(sink, reader);
            read.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error failure) {
                throw failure;
            }
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            throw (IOException) new InterruptedIOException("interrupted").initCause(e);
        } finally {
            // It has ended, unless the sink failed.
            read.cancel(true);
        }
    }

    private void read(Reading reading) throws IOException, InterruptedException {
        try {
            reading.read(this::put);
            batches.put(batch);
        } finally {
            batches.put(List.of());
        }
    }

    private void put(Row row) {
        batch.add(row);
        if (batch.size() == BATCH_SIZE) {
            try {
                batches.put(batch);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException();
            }
            batch = new ArrayList<>(BATCH_SIZE);
        }
    }

    private void drainTo(Consumer<Row> sink, Thread reader) throws InterruptedException {
        for (List<Row> rows = next(reader); !rows.isEmpty(); rows = next(reader)) {
            rows.forEach(sink);
        }
    }

    /** Returns the next batch; an empty one, too, if the reader has ended without, as it may where memory is out. */
    private List<Row> next(Thread reader) throws InterruptedException {
        while (true) {
            boolean isOver = !reader.isAlive(); // before the queue is looked into: what it held is there then
            List<Row> rows = batches.poll(1, TimeUnit.SECONDS);
            if (rows != null) {
                return rows;
            }
            if (isOver) {
                return List.of();
            }
        }
    }

    /** What reads rows. */
    @FunctionalInterface
    interface Reading {
        void read(Consumer<Row> sink) throws IOException;
    }
}
