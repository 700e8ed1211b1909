package dev.ratelimit.testkit;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Threads that attack a limiter until they are closed, each by one attack of a random kind after the other. A test
 * meanwhile asks for another organization, and holds its answers equal to those of a limiter that it has for itself.
 *
 * <p>Each thread has a {@link Random} of its own, whose seed is the number of the thread, from 1 on. An attack that
 * throws ends its thread, and {@link #close()} throws it on.
 *
 * <p>Safe for use by many threads.
 *
 * @param <K> the kinds of attacks
 */
public final class Attackers<K extends Enum<K>> implements AutoCloseable {

    private static final long LONGEST_ATTACK_SECONDS = 60;

    private final K[] kinds;
    private final Attack<K> attack;
    private final Map<K, Integer> made;
    private final ExecutorService executor;
    private final List<Future<?>> attackers = new ArrayList<>();
    private volatile boolean over;

    /**
     * Makes one attack.
     *
     * @param <K> the kinds of attacks
     */
    @FunctionalInterface
    public interface Attack<K> {

        /**
         * Attacks once.
         *
         * @param kind how to attack
         * @param random the random numbers of the thread
         * @throws Exception if the attack is not answered as it must be
         */
        void make(K kind, Random random) throws Exception;
    }

    private Attackers(Class<K> kinds, int threads, Attack<K> attack) {
        this.kinds = kinds.getEnumConstants();
        this.attack = attack;
        this.made = Collections.synchronizedMap(new EnumMap<>(kinds));
        this.executor = Executors.newFixedThreadPool(threads);
    }

    /**
     * Starts to attack.
     *
     * @param kinds the kinds of attacks
     * @param threads how many attack at once, more than 0
     * @param attack makes one attack; several threads call it at once
     * @param <K> the kinds of attacks
     * @return the attackers, to be closed
     * @throws IllegalArgumentException if the number of threads is not more than 0
     */
    public static <K extends Enum<K>> Attackers<K> start(Class<K> kinds, int threads, Attack<K> attack) {
        if (threads <= 0) {
            throw new IllegalArgumentException("threads must be > 0: threads=" + threads);
        }
        Attackers<K> started =
                new Attackers<>(requireNonNull(kinds, "kinds"), threads, requireNonNull(attack, "attack"));
        for (int seed = 1; seed <= threads; seed++) {
            Random random = new Random(seed);
            started.attackers.add(started.executor.submit(() -> started.attack(random)));
        }
        return started;
    }

    /** Attacks until it is over. Returns how often it did. */
    private int attack(Random random) throws Exception {
        int times = 0;
        while (!over) {
            K kind = kinds[random.nextInt(kinds.length)];
            attack.make(kind, random);
            made.merge(kind, 1, Integer::sum);
            times++;
        }
        return times;
    }

    /**
     * Tells whether a test should go on: some kind of attack was made less often than it wants, and no attack failed.
     *
     * @param ofEach how many attacks of each kind are enough
     * @return false if there were enough, or if there will be no more from some thread
     */
    public boolean areBusyUntil(int ofEach) {
        return !haveMade(ofEach) && attackers.stream().noneMatch(Future::isDone);
    }

    /**
     * Tells whether there were enough attacks of each kind.
     *
     * @param ofEach how many are enough
     * @return true if there were
     */
    public boolean haveMade(int ofEach) {
        for (K kind : kinds) {
            if (made.getOrDefault(kind, 0) < ofEach) {
                return false;
            }
        }
        return true;
    }

    /** Returns how many attacks of each kind were made. */
    @Override
    public String toString() {
        return "attacks " + made;
    }

    /**
     * Ends the attacks, and waits for those under way.
     *
     * @throws AssertionError if an attack failed, with what it threw as the cause, or takes more than a minute
     * @throws IllegalStateException if this thread is interrupted
     */
    @Override
    public void close() {
        over = true;
        try {
            for (Future<?> attacker : attackers) {
                attacker.get(LONGEST_ATTACK_SECONDS, TimeUnit.SECONDS);
            }
        } catch (ExecutionException e) {
            throw new AssertionError("an attack must not fail", e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("an attack must end within a minute", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted before the attacks have ended", e);
        } finally {
            executor.shutdownNow();
        }
    }
}
