package dev.ratelimit.redis;

import io.lettuce.core.codec.Base16;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The script that decides, on the server.
 *
 * <h2>What a meter is kept in</h2>
 *
 * <p>A window is a sequence of marks, numbered from 0 since it was last empty: (stamp, units), the stamp in microseconds and ascending,
 * the units less what was given back. They stand in a tree of blocks of 16 entries: an entry of level 0 is a mark, one of level n + 1
 * the sum of a full block of level n, with its last stamp. The last block of each level, full or not, is in the head; the others, full
 * ones, are fields of a hash, {@code level:number}.
 * <pre>
 *   head    hi lo | first | oldest | listed | marks | level 0: 1 to 16 marks | level 1: sums | ...
 *   blocks  0:0 → marks 0..15    0:1 → marks 16..31   ...   1:0 → sums of 0:0 .. 0:15   ...
 * </pre>
 * All are doubles. What is used is hi * 2<sup>53</sup> + lo: the sum of the marks from {@code first} on, the first that was live at the
 * last charge, with the stamp {@code oldest}. So a limit of a few calls is one string of some 100 bytes beside its key, and a meter of
 * 2,048 marks some 60 kB.
 *
 * <p>A quota is one string: the end of its period, hi, lo, listed.
 *
 * <p>{@code listed} is the time up to which the directory of the organization's endpoints, a sorted set, lists the endpoint that the meter
 * belongs to, if it belongs to one. It is for overviews, and bounds the endpoints that no table names.
 *
 * <h2>What it does</h2>
 *
 * <p>It reads all heads, drops from each what has expired, and computes what is used and how long a limit that refuses will: the stamp
 * of the first mark that must go. If no limit in force refuses, each limit that admits is charged: under the newest mark if its stamp is
 * not before now, else under a new one, whose stamp is now, or, where many marks are live, now rounded up to the end of a grain of at most
 * window/1,024. A call that is refused writes nothing.
 *
 * <p>The work of a decision is O(log marks) for each limit: it goes down one path of the tree. A mark is dropped once, whole blocks at a
 * time, so that the charge that drops what has piled up deletes a sixteenth as many fields. Of Redis it takes one TIME, one MGET, and
 * for each limit charged one SET, for one in 16 marks one HSET, where a limit has more than 16 marks one PEXPIRE and a few HGET of 384
 * bytes, and a SET for the receipt.
 *
 * <h2>Why it never admits too much</h2>
 *
 * <p>Redis runs one script at a time, as if in one step, and all keys that it touches are of one slot. Take as each charge's time the
 * stamp of its mark: stamps never go back within a meter, a mark is dropped only if the clock has passed its stamp by a whole window,
 * and the stamp of a charge is not before that clock. So the marks of any window of stamps are all live when the last of them is
 * charged, and what is used counts them. When the clock steps back, a charge falls under the newest mark, which is later; when it steps
 * forward, marks expire by as much early.
 *
 * <p>A lease is charged under a mark whose stamp is its end, and so is all that is charged before that end. A call that is served of it
 * comes no earlier than the lease was charged, and no later than its stamp. Take any window of instants at which calls were served or
 * charged, and the charge, of those behind them, that the script made last: it was made before the window ended, and the stamps of all
 * others are not before the window began. So their marks were live then, and what was used counted them.
 *
 * <h2>How long keys live</h2>
 *
 * <p>As long as something in them counts, and 50 seconds: a replica's clock may be ahead. A lifetime quota lives for ever. The
 * receipt of a charge or a settlement, which has a number of its own, lives some seconds: if a connection is cut and the request is
 * sent again, the answer is that of the first time and nothing is charged.
 *
 * <h2>Arguments and replies</h2>
 * <pre>
 *   KEYS   names, receipt, then for each meter its head and, if it is a window, its blocks
 *   ARGV   operation, clock of windows, clock of quotas (both empty but in tests), least time of quotas, milliseconds that a receipt
 *          lives, endpoint, most endpoints (negative: any number), number of meters; for each meter 'w', own, window, exact marks, or
 *          'q', own, number of bounds, bounds; then, to charge or look: shadow, room, units; to settle: more, period of the last
 *          charge, and three numbers for each refund, preceded by how many they are: its place and units; to lease: as to charge, but
 *          units and microseconds of the batch before the first meter, and the room that a limit must have for it behind each
 *   reply  1 admitted, 2 admitted and the batch charged, 0 refused, -1 the time is in none of the periods, -2 the endpoint must share
 *          (both: ask again); the time of quotas; for each meter
 *          to charge or look: wait (0 admits, -1 for good), place (number and stamp of the mark, or end of the period, 0);
 *          for a status: hi, lo, wait until nothing is used. For names: the endpoints.
 * </pre>
 */
final class Script {

    /** The text. */
    static final String TEXT = read("tree") + read("window") + read("quota") + read("decide");

    /** The name by which a server knows it: the SHA-1 digest of the text. */
    static final String DIGEST = Base16.digest(TEXT.getBytes(StandardCharsets.US_ASCII));

    private Script() {}

    private static String read(String part) {
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
