package dev.ratelimit.redis;

import io.lettuce.core.codec.Base16;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The script that decides, on the server.
 *
 * <h2>What a meter is kept in</h2>
 *
 * <p>A window is a sequence of marks, numbered from 0 since it was last empty: (stamp, units, name), the stamp in
 * microseconds and ascending, the units less what was given back, the name that of the charge that began the mark. They
 * stand in a tree of blocks of 32 entries: an entry of level 0 is a mark, one of level n + 1 the sum of a full block of
 * level n, with its last stamp. The last block of each level, full or not, is in the head; the others, full ones, are
 * fields of a hash, {@code level:number}.
 * <pre>
 *   head    ... | level 1: sums | level 0: 1 to 32 marks | hi lo | first | oldest | listed | kept | marks | place
 *   blocks  0:0 → marks 0..31    0:1 → marks 32..63   ...   1:0 → sums of 0:0 .. 0:31   ...
 * </pre>
 * All are doubles. What is used is hi * 2<sup>53</sup> + lo: the sum of the marks from {@code first} on, the first that
 * was live when marks were last dropped, with the stamp {@code oldest}. So a limit of a few calls is one string of some
 * 200 bytes beside its key, and a meter of 2,048 marks some 70 kB.
 *
 * <p>The head ends with the newest mark and the state, where a charge changes it: these 96 bytes are read, and written
 * at the {@code place} of that mark or behind it, however long the head is.
 *
 * <p>A quota is one string: the end of its period, hi, lo, listed, kept, the start of its period, begun, granted.
 * {@code begun} is the name of the charge that began the count: what was charged before a reset gives nothing back.
 *
 * <p>{@code listed} is the time up to which a list of the organization's endpoints, a sorted set, has the endpoint that
 * the meter belongs to, if it belongs to one. There are two lists: of endpoints that no table names, which bounds them,
 * and of the others. Both are for overviews. {@code kept} is the time up to which Redis keeps the head.
 *
 * <h2>What it does</h2>
 *
 * <p>It drops from each meter what has expired, and computes what is used and how long a limit that refuses will: the
 * stamp of the first mark that must go. If no limit in force refuses, each limit that admits is charged: under the
 * newest mark if its stamp is not before now, else under a new one, whose stamp is now, or, where many marks are live,
 * now rounded up to the end of a grain of at most window/1,024. A call that is refused writes nothing.
 *
 * <p>Most calls need none of that: there is room even if nothing has expired, and only heads change. They are admitted
 * by the part {@code 20-usual.lua}, which decides as the other parts do, and takes a fraction of the
 * time. It leaves to them what is refused, or may be, what is leased or sent again, the first charge of a meter or of a
 * period, one that finds a block full, what the directory must list, what a clock wrote that was wrong, and sums from
 * 2<sup>53</sup> on.
 *
 * <p>The work of a decision is O(log marks) for each limit: it goes down one path of the tree. A mark is dropped once,
 * whole blocks at a time, so that the charge that drops what has piled up deletes 1/32 as many fields. Of Redis a usual
 * call takes one TIME and for each limit one GETRANGE and one SETRANGE, or SET where the window begins anew; besides,
 * it may have to set a receipt, and once in some seconds how long a key lives. Other calls also take one MGET, for one
 * in 32 marks one HSET, and a few HGET of 1,024 bytes. A charge that is sent again is looked for among the marks of the
 * time for which receipts live.
 *
 * <h2>Why it never admits too much</h2>
 *
 * <p>Redis runs one script at a time, as if in one step, and all keys that it touches are of one slot. Take as each
 * charge's time the stamp of its mark: stamps never go back within a meter, a mark is dropped only if the clock has
 * passed its stamp by a whole window, and the stamp of a charge is not before that clock. So the marks of any window of
 * stamps are all live when the last of them is charged, and what is used counts them, and perhaps some that have
 * expired since. When the clock steps back, a charge falls under the newest mark, which is later, and marks that had
 * expired but were not dropped count again; when it steps forward, marks expire by as much early.
 *
 * <p>A lease is charged under a mark whose stamp is its end, and so is all that is charged before that end. A call that
 * is served of it comes no earlier than the lease was charged, and no later than its stamp. Take any window of instants
 * at which calls were served or charged, and the charge, of those behind them, that the script made last: it was made
 * before the window ended, and the stamps of all others are not before the window began. So their marks were live then,
 * and what was used counted them.
 *
 * <h2>A clock that was wrong</h2>
 *
 * <p>TIME is believed. A mark whose stamp is more than an hour ahead of it was charged by a clock that has been put
 * right since, and counts as charged now: all such marks, which are the newest, become one. A period that begins more
 * than an hour ahead becomes the current one, with what it holds. Either is written down at once, whatever was asked,
 * else it would count as of now each time. What is no further ahead stays as it is: a clock that steps back, a lease, a
 * stamp that is rounded up. To the hour are added 50 seconds, by which the clocks of replicas may differ. Names that
 * were listed ahead are moved back by as much as the clock was, when a name asks for a place.
 *
 * <h2>What is sent again</h2>
 *
 * <p>If a connection is cut, Lettuce sends again what was not answered. Each charge and settlement has a name, a
 * number. One that is sent again, and says so, is answered as the first time, and nothing is charged: by its receipt, a
 * key of its own that holds the answer for some seconds; or, of a usual charge, by a mark that bears its name. Such a
 * charge leaves no receipt if it begins a mark whose stamp is the time of the charge, in a window that is not shorter
 * than those seconds. By that time it is found where each of the other limits was charged. A settlement always looks
 * for its receipt: what was sent first may come last, by another connection. Its receipt lives for as long as
 * {@link Settlements} may send it again.
 *
 * <h2>How long keys live</h2>
 *
 * <p>As long as something in them counts, and 50 to 59 seconds: a replica's clock may be ahead. So not every charge
 * says how long. A lifetime quota lives for ever.
 *
 * <h2>Arguments and replies</h2>
 *
 * <p>Numbers are doubles, little-endian, without anything between them.
 * <pre>
 *   KEYS   the list of endpoints, receipt, then the head of each meter, then the blocks of each that is a window;
 *          for names: both lists
 *   ARGV   one text: operation (and 16 if what is used then is to be reported), whether it was sent before, name,
 *   microseconds that a receipt lives,
 *          clock of windows, clock of quotas (both no number but in tests), least time of quotas,
 *          most endpoints (negative: any number), number of meters;
 *          for each meter: whether it is of one endpoint, shadow, window (0 for a quota), exact marks, grain, room,
 *          units;
 *          to lease: units and microseconds of the batch;
 *          for each meter: if it is a quota, number of bounds, bounds; to settle: more, period of the last charge, and
 *          three numbers for each refund, preceded by how many they are: its place and units; to lease: the room that
 *          the limit must have for the batch;
 *          the endpoint; for names: which list is next, and a cursor
 *   reply  1 admitted, 2 admitted and the batch charged, 0 refused, -1 the time is in none of the periods,
 *          -2 the endpoint must share (both: ask again); the time of quotas;
 *          for each meter to decide: wait (0 admits, -1 for good), place (number and stamp of the mark, or end of the
 *          period and begun), and if that is to be reported, a status as of then; but nothing if all admit and the
 *          places are not asked for;
 *          for a status, a grant, and each limit that use is carried over to: hi, lo, wait until some of it counts no
 *          more, wait until nothing is used, granted; in the last case, 1 if something was carried over;
 *          for a reset, and to forget: how many meters there were;
 *          for a settlement, if that is to be reported: a status, and the units that it added.
 *          For names: which list is next, and a cursor; then endpoints, a line each.
 * </pre>
 */
final class Script {

    /** Run in this order, as one text: each part says what it reads and what it sets for those behind it. */
    static final List<String> PARTS = List.of(
            "10-request",
            "20-usual",
            "30-sums",
            "40-marks",
            "50-window",
            "60-quota",
            "70-meters",
            "80-endpoints",
            "85-settle",
            "87-admin",
            "90-decide");

    /** The text. */
    static final String TEXT = PARTS.stream().map(Script::read).collect(Collectors.joining());

    /** The name by which a server knows it: the SHA-1 digest of the text. */
    static final String DIGEST = Base16.digest(TEXT.getBytes(StandardCharsets.US_ASCII));

    private Script() {}

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
