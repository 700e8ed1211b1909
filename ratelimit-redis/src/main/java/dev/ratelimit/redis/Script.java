package dev.ratelimit.redis;

import io.lettuce.core.codec.Base16;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The script that decides, on the server.
 *
 * <h2>What a meter is kept in</h2>
 *
 * <p>A window is a log of marks, numbered from 0 since the window was last empty. A mark has a stamp, units and a name.
 * The stamps are microseconds and ascend. The units are those charged, less those given back. The name is that of the
 * charge that began the mark.
 *
 * <p>The marks stand in a tree of blocks of 32 entries. An entry of level 0 is a mark. An entry of level n + 1 is the
 * sum of a full block of level n, with the last stamp of that block. The head holds the last block of each level, full
 * or not. A hash holds all other blocks, which are full, as fields {@code level:number}.
 * <pre>
 *   head    ... | level 1: sums | level 0: 1 to 32 marks | hi lo | first | oldest | listed | kept | marks | place
 *   blocks  0:0 → marks 0..31    0:1 → marks 32..63   ...   1:0 → sums of 0:0 .. 0:31   ...
 * </pre>
 * All numbers are doubles. The use is hi * 2<sup>53</sup> + lo: the sum of the marks from {@code first} on. That mark
 * was the first live one when marks were last dropped, and {@code oldest} is its stamp. So a limit of a few calls is
 * one string of some 200 bytes beside its key, and a meter of 2,048 marks takes some 70 kB.
 *
 * <p>The head ends with the newest mark and the state, which every charge changes. The script reads these 96 bytes
 * only, however long the head is. It writes them at the {@code place} of that mark, or behind it.
 *
 * <p>A quota is one string: the end of its period, hi, lo, listed, kept, the start of its period, begun, granted.
 * {@code begun} is the name of the charge that began the count. A charge from before a reset has another name, so it
 * gives nothing back.
 *
 * <p>A token bucket is one string: at, seen, part, hi, lo, units, micros, fastest units, fastest micros, rated, begun,
 * listed, kept. At the time {@code at} it lacks hi * 2<sup>53</sup> + lo units, and {@code part}/{@code micros} of one
 * of them has flowed back. So it is exact however long it runs: {@code units} flow back in {@code micros} microseconds,
 * a fraction in lowest terms. A full bucket has no part, and its key expires. {@code seen} is the latest time of a
 * charge, before which the bucket's time never steps back. {@code begun} is the name of the charge that last found the
 * bucket full. No rate has been faster since than the fastest, and since {@code rated} the rate has been the one in
 * force.
 *
 * <p>A limit in flight is a sorted set of its charges by their ends. An entry has the name of the charge, its units and
 * the longest time. The head has the sum of the units: hi, lo, first, last, seen, listed, kept. No entry ends before
 * {@code first} or after {@code last}. The end of a reservation removes its entries by name, so it frees nothing of
 * another's. Entries whose end has passed are removed by whoever finds them. A limit of single calls has no key.
 *
 * <p>A stream of pieces does not fill the set. The pieces beyond an estimate go into a bag, which ends with the
 * estimate. A bag is an entry without units: they are the score, negative, of a second member, so that pieces are added
 * to it by its name.
 *
 * <p>Each organization has two lists of endpoints, both sorted sets, for its overviews. One has the endpoints that no
 * table names, and bounds their number; the other has all others. So has each member. Two further lists bound the
 * number of members: one has the members, the other the kinds of which some share meters. {@code listed} is the time up
 * to which the lists have the endpoint of a meter, and its member. {@code kept} is the time up to which Redis keeps the
 * head.
 *
 * <h2>What it does</h2>
 *
 * <p>The script drops what has expired from each meter, and computes the use. The wait of a limit that refuses follows
 * from the stamp of the first mark that must leave. If no limit in force refuses, the script charges each limit that
 * admits. The charge goes under the newest mark, if its stamp is not before now, and else under a new mark. The stamp
 * of a new mark is now. Where many marks are live, it is now rounded up to the end of a grain of at most window/1,024.
 * A call that is refused writes nothing.
 *
 * <p>Most calls need none of that: there is room even if nothing has expired, and only heads change. The part
 * {@code 20-usual.lua} admits them. It decides as the other parts do, in a fraction of their time. It leaves to them:
 * refusals, leases, what is sent again, the first charge of a meter or a period, a charge that finds a block full, what
 * a list must name, what a wrong clock wrote, limits in flight, and sums from 2<sup>53</sup> on.
 *
 * <p>A decision takes O(log marks) for each limit, since it goes down one path of the tree. Marks are dropped by whole
 * blocks, so the charge that drops n marks deletes n/32 fields. A usual call takes one TIME of Redis, and for each
 * limit one GETRANGE (of a quota or a bucket, one GET) and one SETRANGE, or one SET where the window begins anew. It
 * may also set a receipt, and once in some seconds the life of a key. Other calls also take one MGET, for one in 32
 * marks one HSET, and a few HGET of 1,024 bytes. A charge that is sent again is looked for among the marks that are
 * no older than a receipt may be.
 *
 * <p>Lua makes each function anew in every run, and looks for each variable that it reads. So the parts declare only
 * the functions that the request needs, and {@link #TEXT} has the values of constants in place of their names. Lua also
 * takes its time for each byte of a text. So a charge writes the end of a head, not the head, where only the newest
 * marks and the state have changed.
 *
 * <h2>Why it never admits too much</h2>
 *
 * <p>Redis runs one script at a time, as if in one step, and all keys of a run are of one slot. Take the stamp of its
 * mark as the time of each charge. Stamps never go back within a meter. A mark is dropped only if the clock has passed
 * its stamp by a whole window. The stamp of a charge is not before that clock. So the marks of any window of stamps are
 * all live when the last of them is charged. The use counts them, and perhaps some that have expired since.
 *
 * <p>A bucket is charged with c units only if it then lacks at most its capacity. From that moment on, units flow back
 * at the rate of the limit. So in a span T no more than capacity + rate * T is charged. Of a charge, only units are
 * given back of which none has flowed back since as a whole. Else reserving 3 of 5, waiting until they have flowed
 * back, and cancelling would admit 8 at once. The part of a unit that had flowed back is taken from the next unit: all
 * that the bucket lacked beside the charge is whole units, from the moment of the charge on. A charge that is older
 * than the last full bucket has flowed back. One that is older than the current rate has flowed back by no more than
 * the fastest rate.
 *
 * <p>When the clock steps back, a charge falls under the newest mark, which is later. Marks that had expired but were
 * not dropped count again. When the clock steps forward, marks expire early by as much.
 *
 * <p>A lease is charged under a mark whose stamp is the end of the lease, and so is every charge before that end. The
 * lease serves a call no earlier than the script charged the lease, and no later than the stamp. Take any window of
 * instants at which calls were served or charged. Take the charge behind them that the script made last. The script
 * made it before the window ended, and no stamp of the others is before the window began. So their marks were live
 * then, and the use counted them. A bucket is charged with a lease as of its end: what flows back until then fills it
 * up at most to the capacity less the lease.
 *
 * <h2>A clock that was wrong</h2>
 *
 * <p>The script believes TIME. A mark whose stamp is more than an hour ahead of TIME comes from a clock that was wrong
 * and has been put right. All such marks are the newest ones. They become one mark, charged now. A period that begins
 * more than an hour ahead becomes the current one, with its use. A bucket that was charged ahead lacks now what it
 * lacked then, and a charge in flight that began ahead begins now. The script writes either down at once, whatever was
 * asked; else it would count as of now each time. A mark that is no further ahead stays: a clock that steps back, a
 * lease, or a stamp that is rounded up explains it. The clocks of replicas may differ by 50 seconds, which are added to
 * the hour. Names that were listed ahead move back by as much as the clock, when a name asks for a place.
 *
 * <h2>What is sent again</h2>
 *
 * <p>If a connection is cut, Lettuce sends again each command without an answer. Each charge and settlement has a
 * number as its idempotency key: its name. A request that is sent again says so. The script answers it as the first
 * time, and charges nothing. It finds the first answer in a receipt, a key that lives for some seconds. Of a usual
 * charge, it finds a mark that bears the name. Such a charge leaves no receipt if it begins a mark whose stamp is its
 * own time, in a window that is not shorter than a receipt lives. That stamp leads to the charge's place in each of the
 * other limits. A settlement always looks for its receipt: the copy that was sent first may come last, by another
 * connection. That receipt lives for as long as {@link Settlements} may send the settlement again.
 *
 * <h2>How long keys live</h2>
 *
 * <p>A key lives for as long as something in it counts, and 50 to 59 seconds more: a replica's clock may be ahead. The
 * nine seconds spare most charges the command that renews the life. A lifetime quota lives for ever.
 *
 * <h2>Arguments and replies</h2>
 *
 * <p>Numbers are little-endian doubles, without anything between them.
 * <pre>
 *   KEYS   the list of endpoints, receipt, then the head of each meter (the receipt again for a limit of single
 *          calls), then the blocks of each that is a window or in flight; if the call names members, their list, that
 *          of the kinds of which further members share, and each member's list of endpoints; for names: both lists
 *   ARGV   one text: operation (and 16 to report the use after it, 32 if it was sent before, 64 if it states the
 *          clocks), name, microseconds that a receipt lives, least time of quotas, most endpoints (negative: any
 *          number), number of meters; in tests, clock of windows, clock of quotas;
 *          for each meter: 1 if it is of one endpoint, and 2 if its limit is a shadow, and four times the number of its
 *          party (0 for the organization), window (0 for a quota, -1 for a bucket, -2 for a
 *          limit in flight, -3 for one of single calls), exact marks and grain (of a bucket the units and microseconds
 *          of its rate, in flight the longest time), room, units;
 *          to lease: units and microseconds of the batch;
 *          for each meter: if it is a quota, number of bounds, bounds; to settle and to renew: more, period of the last
 *          charge, and four numbers for each refund, preceded by how many they are: the place of the charge, units to
 *          give back, and units of the charge (0 of a bag); to lease: the room that the limit must have for the batch;
 *          to charge, if it is a limit in flight: name and units (0 of a bag) of the entry that a piece joins; name 0
 *          if there is none, -1 if this is no piece;
 *          the endpoint; for names: which list is next, and a cursor; and a line for each member: most endpoints and
 *          most members (negative: any number), the member, what stands for further ones of its kind, the endpoint
 *   reply  1 admitted, 2 admitted and the batch charged, 0 refused, 3 a limit refuses and its bucket changed the rate,
 *          -1 the time is in none of the periods, -2 a party must share meters (both: ask again); the time of quotas;
 *          after -2, for each party: 1 if its endpoint must share, 2 if the member must, 0 if neither;
 *          for each meter to decide: wait (0 admits, -1 for good), place (number and stamp of the mark, end of the
 *          period and begun, time and begun of a bucket, or name and end in flight), and if that is to be reported, a
 *          status as of then; but nothing if all admit and the places are not asked for;
 *          for a status, a grant, and each limit that use is carried over to: hi, lo, wait until some of it counts no
 *          more, wait until nothing is used, granted; in the last case, 1 if something was carried over;
 *          for a reset, and to forget: how many meters there were; to renew: 1 if all charges still count, else 0, and
 *          for each meter when they now end;
 *          for a settlement, if that is to be reported: a status, and the units that it added.
 *          For names: which list is next, and a cursor; then endpoints, a line each.
 * </pre>
 */
final class Script {

    /** The parts in the order of the one text. Each says what it reads, and what it sets for the parts behind it. */
    static final List<String> PARTS = List.of(
            "10-request",
            "20-usual",
            "30-sums",
            "40-marks",
            "50-window",
            "60-quota",
            "62-bucket",
            "64-flight",
            "66-call",
            "70-meters",
            "80-endpoints",
            "85-settle",
            "87-admin",
            "90-decide");

    /** The values of the constants, which the parts name. */
    static final Map<String, String> CONSTANTS = Pattern.compile("(?m)^local ([A-Z_]+) = (\\S+)")
            .matcher(read("00-constants"))
            .results()
            .collect(Collectors.toUnmodifiableMap(found -> found.group(1), found -> found.group(2)));

    private static final Pattern CONSTANT = Pattern.compile("\\b[A-Z][A-Z_]*\\b");

    /** The whole text, with the values of the constants in place of their names. */
    static final String TEXT =
            PARTS.stream().map(Script::read).map(Script::withValues).collect(Collectors.joining());

    /** The SHA-1 digest of the text, by which a server knows the script. */
    static final String DIGEST = Base16.digest(TEXT.getBytes(StandardCharsets.US_ASCII));

    private Script() {}

    private static String withValues(String part) {
        return CONSTANT.matcher(part)
                .replaceAll(found -> Matcher.quoteReplacement(CONSTANTS.getOrDefault(found.group(), found.group())));
    }

    static String read(String part) {
        try (InputStream in = Script.class.getResourceAsStream(part + ".lua")) {
            if (in == null) {
                throw new IllegalStateException("the script must be in the jar: part=" + part);
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
