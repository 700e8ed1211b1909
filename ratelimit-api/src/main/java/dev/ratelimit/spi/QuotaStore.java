package dev.ratelimit.spi;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Member;
import dev.ratelimit.QuotaPeriod;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/**
 * Keeps the counts of quotas outside the process, such as in a database, for all machines that share it.
 *
 * <p>A limiter takes <em>leases</em>: units of a quota's period that the store counts as taken, and that the limiter
 * then gives to calls without asking again. It returns what it does not use. So the store is asked a few times per
 * lease, and never admits more than the amount, whatever machines do: a unit is either in the store, or in one lease,
 * or used.
 *
 * <h2>What a store keeps</h2>
 *
 * <p>For each {@link Counter}, which is a quota in one of its periods: the units <em>taken</em>, and the units
 * <em>granted</em> beyond the amount. A counter that the store does not know has 0 of both. Amounts are not kept: each
 * request brings its own. A new period is another counter, so nothing is ever reset at the end of a period, and old
 * counters are a history until the host deletes them.
 *
 * <p>For each lease: its id, its counter, its units, how many of them are used as last told, which machine holds it and
 * when that was last heard of. The store knows its own machine: one object stands for one machine.
 *
 * <h2>Ids</h2>
 *
 * <p>Each lease, charge and grant has an id that the limiter makes and that no other has. Whoever gets no answer asks
 * again with the same id and the same content. The store does it once. If it was done, the answer to a repetition is as
 * good as the first: the units that the lease was given, and the counts as they are now. If it was refused or not done,
 * it is decided anew. A repetition may arrive while the first is still under way in the database, and must then wait
 * for its outcome. A store may forget the id of a lease once it was given back, of a charge or a grant once a minute
 * has passed since it answered that id.
 *
 * <h2>Answers</h2>
 *
 * <p>No method blocks, or does work of the store on the thread that calls: it may be in a transaction of the host, and
 * it may be an event loop. Stages complete on threads of the store. What depends on them is short and does not block.
 * Stages that are complete at once are allowed where nothing has to wait.
 *
 * <p>A stage completes with an answer, or exceptionally:
 *
 * <ul>
 *   <li>With a {@link StoreUnavailableException} if the store is <em>away</em>: it did not answer, and nobody knows
 *       whether it did what was asked. The limiter asks again with the same id, and stops asking for a while after
 *       several in a row.
 *   <li>With any other exception if the store <em>answered</em> that it cannot do it, such as by a database error that
 *       names a missing table. Then nothing was done. The limiter logs it, and does not take the store for away.
 * </ul>
 *
 * <p>A store bounds the time of each request itself, if it can. The limiter waits no longer than its own timeout, and
 * then takes the store for away.
 *
 * <h2>Time</h2>
 *
 * <p>The clock of the store decides in which period a call is. The limiter sends the bounds of the period that it takes
 * for the current one. The store does not judge them, and says what its clock shows with each answer. It reads that
 * clock after the request has arrived and before it answers, by a clock that all machines share: that of the database.
 * The limiter reckons from it when a lease ends, and gives a lease of a wrong period back.
 *
 * <p>Implementations are safe for use by many threads. Lists of requests have at least one and at most {@value
 * #MOST_REQUESTS} elements. Methods throw nothing but {@link NullPointerException}.
 */
public interface QuotaStore extends AutoCloseable {

    /** The most elements of a list of requests. */
    int MOST_REQUESTS = 256;

    /**
     * A quota in one of its periods.
     *
     * @param key which quota of whom
     * @param bounds the period. {@link Instant#MIN} and {@link Instant#MAX}, which databases lack, stand for no start
     *     and no end, as for a lifetime. Two counters of one key and one start are the same counter
     */
    record Counter(QuotaKey key, QuotaPeriod.Interval bounds) {

        /**
         * Makes a counter.
         *
         * @param key which quota of whom
         * @param bounds the period
         * @throws NullPointerException if one is null
         */
        public Counter {
            requireNonNull(key, "key");
            requireNonNull(bounds, "bounds");
        }
    }

    /**
     * What a counter shows.
     *
     * @param taken the units in leases, used or not, and the units charged: between 0 and 2<sup>61</sup>
     * @param granted the units that may be taken beyond the amount, between 0 and 2<sup>53</sup>
     * @param unusedElsewhere how many of the taken units are in leases of other machines and unused, as those told
     *     last. Leases of machines that were not seen for a minute are not among them: their units count as used. Only
     *     {@link #counts} must tell it; otherwise it may be 0
     */
    record Count(long taken, long granted, long unusedElsewhere) {}

    /**
     * An answer.
     *
     * @param value what is answered
     * @param now what the clock of the store showed between the arrival of the request and its answer
     * @param <T> the type of what is answered
     */
    record Answer<T>(T value, Instant now) {

        /**
         * Makes an answer.
         *
         * @param value what is answered
         * @param now what the clock of the store showed
         * @throws NullPointerException if one is null
         */
        public Answer {
            requireNonNull(value, "value");
            requireNonNull(now, "now");
        }
    }

    /**
     * A lease that is asked for.
     *
     * <p>The remaining units of its counter are the amount and what is granted, less what is taken; negative if more is
     * taken. The lease fits if {@code least} units remain, so with 0 if nothing is taken beyond the amount. It is given
     * what remains, but no more than the larger of {@code wanted} and a share of it:
     * <pre>
     * min(remaining, max(wanted, remaining / (4 * machines)))
     * </pre>
     * rounded down, where {@code machines} are those that the store has heard of in the last minute, this one included.
     *
     * @param id the id of the lease
     * @param counter what it is of
     * @param amount the amount of the quota, between 0 and 2<sup>53</sup>; others may ask with another
     * @param least the units without which the lease is of no use, at least 0
     * @param wanted the units that a call asks for now, at least {@code least}
     */
    record LeaseRequest(UUID id, Counter counter, long amount, long least, long wanted) {

        /**
         * Makes a request.
         *
         * @param id the id of the lease
         * @param counter what it is of
         * @param amount the amount of the quota
         * @param least the units without which the lease is of no use
         * @param wanted the units that a call asks for now
         * @throws NullPointerException if the id or the counter is null
         */
        public LeaseRequest {
            requireNonNull(id, "id");
            requireNonNull(counter, "counter");
        }
    }

    /**
     * What became of leases that were asked for together.
     *
     * @param fits whether all of them fitted and were given; if not, none was
     * @param units the units of each lease, in the order of the requests; all 0 if they did not fit
     * @param counts what each counter shows then, in the same order: if the leases were given, with them. If they did
     *     not fit, the limiter reckons from it which of them did not
     */
    record Taken(boolean fits, List<Long> units, List<Count> counts) {

        /**
         * Makes an outcome.
         *
         * @param fits whether all leases were given
         * @param units the units of each
         * @param counts what each counter shows then
         * @throws NullPointerException if a list or an element is null
         */
        public Taken {
            units = List.copyOf(units);
            counts = List.copyOf(counts);
        }
    }

    /**
     * How much of a lease is used.
     *
     * @param lease the id of the lease
     * @param used between 0 and the units of the lease. It may be less than was told before, when a call gave units
     *     back
     */
    record Use(UUID lease, long used) {

        /**
         * Makes the use of a lease.
         *
         * @param lease the id of the lease
         * @param used how many units are used
         * @throws NullPointerException if the id is null
         */
        public Use {
            requireNonNull(lease, "lease");
        }
    }

    /**
     * Units that are used, whether they fit or not, and that no lease covers.
     *
     * @param id the id of the charge
     * @param counter what is charged, of a period that may be over
     * @param units the units, between -2<sup>61</sup> and 2<sup>61</sup>. Negative ones give back: units of a lease
     *     that is gone already were not used after all. What is taken stays between 0 and 2<sup>61</sup>
     */
    record Charge(UUID id, Counter counter, long units) {

        /**
         * Makes a charge.
         *
         * @param id the id of the charge
         * @param counter what is charged
         * @param units the units
         * @throws NullPointerException if the id or the counter is null
         */
        public Charge {
            requireNonNull(id, "id");
            requireNonNull(counter, "counter");
        }
    }

    /**
     * An organization, and members of it.
     *
     * @param organization whose own counters are meant
     * @param members the members whose counters are meant too; empty for all members
     */
    record Owners(String organization, Optional<Set<Member>> members) {

        /**
         * Makes owners.
         *
         * @param organization whose own counters are meant
         * @param members the members whose counters are meant too; empty for all members
         * @throws NullPointerException if one is null
         */
        public Owners {
            requireNonNull(organization, "organization");
            members = members.map(Set::copyOf);
        }

        /** Returns a text for people, in which names are safe to print and cut. */
        @Override
        public String toString() {
            return Printable.text(Printable.name(organization)
                    + members.map(some -> " and " + some).orElse(" and all its members"));
        }
    }

    /**
     * Takes leases of several counters, all or none, in one step: no other request sees some of them taken.
     *
     * @param requests the leases, of different counters
     * @return whether they were given, and what the counters show
     */
    CompletionStage<Answer<Taken>> take(List<LeaseRequest> requests);

    /**
     * Tells how much of the leases of this machine is used, and that the machine holds them. A limiter tells it every
     * second of all that it holds.
     *
     * @param uses the use of each lease
     * @return the leases among them that the store does not have: given back before, or released by an operator who
     *     took this machine for dead. The limiter uses them no more
     */
    CompletionStage<Answer<Set<UUID>>> report(List<Use> uses);

    /**
     * Ends leases. What is unused of each is taken no more. Each lease is for itself; those that the store does not
     * have are passed over, so that a lease is given back once, however often it is asked. The counter may be of a
     * period that is over.
     *
     * @param uses the leases, with what is used of each
     * @return what the clock of the store shows, when all of them have ended
     */
    CompletionStage<Instant> giveBack(List<Use> uses);

    /**
     * Charges units whether they fit or not, or gives some back. Each charge is for itself, and is made once by its id.
     * A negative charge of a counter that the store does not have any more does nothing.
     *
     * @param charges the charges; several may be of one counter
     * @return what their counters show then, in the same order
     */
    CompletionStage<Answer<List<Count>>> charge(List<Charge> charges);

    /**
     * Reads counters, and changes nothing.
     *
     * @param counters the counters
     * @return what they show, in the same order
     */
    CompletionStage<Answer<List<Count>>> counts(List<Counter> counters);

    /**
     * Grants units beyond the amount, or takes some back that were granted. All that is granted of a counter stays
     * between 0 and 2<sup>53</sup>: what goes beyond is cut off.
     *
     * @param id the id of the grant
     * @param counter to what
     * @param units between -2<sup>53</sup> and 2<sup>53</sup>; negative to take back
     * @return what the counter shows then
     */
    CompletionStage<Answer<Count>> grant(UUID id, Counter counter, long units);

    /**
     * Sets what is used to nothing, of all counters of some owners whose period is not over, in all accounts. What
     * is taken then is what leases hold unused, so that these may go on without more being admitted in all. What was
     * used of a lease until then is not given back any more, whatever is told of the lease later. Grants stay. Counters
     * whose period is over are not changed.
     *
     * @param owners whose counters
     * @return what the clock of the store shows, when it is done
     */
    CompletionStage<Instant> reset(Owners owners);

    /**
     * Does what {@link #reset} does, and takes back what is granted. Counters of which then nothing is taken are
     * deleted.
     *
     * @param owners whose counters
     * @return what the clock of the store shows, when it is done
     */
    CompletionStage<Instant> forget(Owners owners);

    /**
     * Ends this store. The limiter that it was built into calls it once, when it has given its leases back. What is
     * asked for after that, or is not answered by then, completes as away. It waits for what is under way no longer
     * than a request may take.
     */
    @Override
    void close();
}
