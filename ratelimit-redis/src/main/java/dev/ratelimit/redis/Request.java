package dev.ratelimit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;

/**
 * The keys and arguments of one run of the script, as {@link Script} describes them. Only one thread may use a request
 * until it is sent.
 */
final class Request {

    /** What a request asks of the script. */
    enum Operation {
        /** Decides and charges. */
        TAKE(0),
        /** Decides only. */
        LOOK(1),
        /** Decides and charges, and tells the bookings. */
        CHARGE(2),
        /** Decides, charges a batch if it fits and else the call alone, and tells the bookings. */
        LEASE(3),
        /** Tells the use of each limit. */
        STATUS(4),
        /** Gives back, and charges more. */
        SETTLE(5),
        /** Lists endpoints, some at a time. */
        NAMES(6),
        /** Charges usage that has happened, whether it fits or not. Tells what a call would have been answered. */
        RECORD(7),
        /** Grants units of a quota. */
        GRANT(8),
        /** Charges to the second half of the limits what the first half counts. */
        CARRY(9),
        /** Sets the use to nothing. */
        RESET(10),
        /** Drops the use and the grants. */
        FORGET(11),
        /** Lets reservations count in flight for the longest time from now on. */
        RENEW(12);

        private final int number;
        private final String word = name().toLowerCase(Locale.ROOT);

        Operation(int number) {
            this.number = number;
        }
    }

    /*
     * What is added to the number of the operation: to have the use reported, to say that the request was sent before,
     * and that it states the clocks.
     */
    private static final int REPORTS = 16;
    private static final int AGAIN = 32;
    private static final int CLOCKS = 64;

    private static final int NUMBERS = 8;
    private static final int NUMBERS_OF_A_LIMIT = 6;

    private final Operation operation;
    private final String base;
    private final String second;
    private final LimitSet limitSet;
    private final AtomicInteger timesSent = new AtomicInteger();
    private double[] numbers;
    private int size;

    /**
     * Makes a request about some limits. For some operations the caller adds more numbers.
     *
     * @param base what the keys of the organization begin with
     * @param name the idempotency key of the request
     * @param receiptMillis how long the script may answer a copy of the request by its receipt
     * @param units tells how many units the request asks of a limit
     */
    Request(
            Operation operation,
            String base,
            long name,
            long receiptMillis,
            ServerTime time,
            LimitSet limitSet,
            ToLongFunction<EncodedLimit> units) {
        List<EncodedLimit> encodedLimits = limitSet.limits();
        this.operation = operation;
        this.base = base;
        this.second = operation == Operation.NAMES
                ? limitSet.places().get(0).key(RedisKeys.NAMED)
                : "r:" + Long.toHexString(name);
        this.limitSet = limitSet;
        this.numbers = new double[NUMBERS + NUMBERS_OF_A_LIMIT * encodedLimits.size()];
        add(operation.number + (time.isSupplied() ? CLOCKS : 0));
        add(name).add(1_000 * receiptMillis).add(time.latest());
        add(limitSet.places().get(0).mostNames()).add(encodedLimits.size());
        if (time.isSupplied()) {
            add(time.windowClock()).add(time.quotaClock());
        }
        for (EncodedLimit encoded : encodedLimits) {
            long asked = units.applyAsLong(encoded);
            long party = limitSet.hasMembers() ? limitSet.partyOf(encoded) : 0;
            add(4 * party + (encoded.limit.shadow() ? 2 : 0) + (encoded.isOfOneEndpoint() ? 1 : 0));
            add(encoded.span).add(encoded.exact).add(encoded.grain).add(encoded.room(asked));
            boolean charges = encoded.hasMeter() && !(encoded.isInFlight() && operation == Operation.RECORD);
            add(charges ? asked : 0);
        }
    }

    /** Asks the script to report where the organization stands with each limit after this request. */
    void report() {
        numbers[0] += REPORTS;
    }

    /** Adds the periods of a quota around an instant. For a window, adds nothing. */
    void addPeriods(EncodedLimit encoded, Instant around) {
        if (encoded.periods != null) {
            long[] bounds = encoded.periods.boundsAround(around);
            add(bounds.length);
            for (long bound : bounds) {
                add(bound);
            }
        }
    }

    /** Adds a number. A number beyond 2<sup>53</sup> becomes the nearest double. */
    Request add(long number) {
        if (size == numbers.length) {
            numbers = Arrays.copyOf(numbers, 2 * size);
        }
        numbers[size++] = number;
        return this;
    }

    /**
     * Returns the arguments of a command that runs the script.
     *
     * @param script its text or its digest
     * @param again whether the script may have been run for this request before
     */
    CommandArgs<String, String> arguments(String script, boolean again) {
        byte[] packed = packed();
        CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8) {
            /** Lettuce calls this each time it sends the command: again where a connection is cut or a slot moves. */
            @Override
            public void encode(ByteBuf buf) {
                timesSent.incrementAndGet();
                super.encode(buf);
                markAgain(packed);
            }
        };
        if (again) {
            markAgain(packed);
        }
        List<EncodedLimit> encodedLimits = limitSet.limits();
        List<EncodedLimit> inBlocks =
                encodedLimits.stream().filter(EncodedLimit::hasBlocks).toList();
        // Lettuce finds the node of a cluster by the first key.
        List<Place> places = limitSet.places();
        int lists = limitSet.hasMembers() ? 1 + places.size() : 0;
        arguments
                .add(script)
                .add(2 + encodedLimits.size() + inBlocks.size() + lists)
                .addKey(base + places.get(0).key());
        arguments.add(bytes(second));
        encodedLimits.forEach(encoded -> arguments.add(bytes(encoded.hasMeter() ? "m:" + encoded.meter : second)));
        inBlocks.forEach(encoded -> arguments.add(bytes("b:" + encoded.meter)));
        if (limitSet.hasMembers()) {
            arguments.add(bytes(RedisKeys.MEMBERS)).add(bytes(RedisKeys.FURTHER_MEMBERS));
            places.subList(1, places.size()).forEach(place -> arguments.add(bytes(place.key())));
        }
        return arguments.add(packed);
    }

    /** Returns what the request asks, as listeners hear it. */
    String operation() {
        return operation.word;
    }

    /** Returns how often the request was sent, or may have been. */
    int timesSent() {
        return timesSent.get();
    }

    /** Returns the key of the receipt. */
    String receipt() {
        return base + second;
    }

    private byte[] bytes(String end) {
        return (base + end).getBytes(UTF_8);
    }

    private byte[] packed() {
        byte[] endpoint =
                limitSet.places().stream().map(Place::line).collect(joining()).getBytes(UTF_8);
        ByteBuffer packed =
                ByteBuffer.allocate(size * Double.BYTES + endpoint.length).order(ByteOrder.LITTLE_ENDIAN);
        packed.asDoubleBuffer().put(numbers, 0, size);
        return packed.put(size * Double.BYTES, endpoint).array();
    }

    private static void markAgain(byte[] packed) {
        ByteBuffer numbers = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
        numbers.putDouble(0, (int) numbers.getDouble(0) | AGAIN);
    }
}
