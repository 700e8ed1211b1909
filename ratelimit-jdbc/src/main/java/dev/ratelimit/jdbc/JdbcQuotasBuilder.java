package dev.ratelimit.jdbc;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.ApiVersion;
import dev.ratelimit.kernel.Arguments;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/** Makes a {@link JdbcQuotas}. A builder may make several. Not safe for use by many threads. */
public final class JdbcQuotasBuilder {

    private static final Pattern MACHINE = Pattern.compile("[A-Za-z0-9._:@-]{1,64}");
    private static final Duration LEAST_TIMEOUT = Duration.ofMillis(10);
    private static final Duration MOST_TIMEOUT = Duration.ofMinutes(5);

    private final DataSource dataSource;
    private String machine = "";
    private int maxConnections = 2;
    private Duration timeout = Duration.ofSeconds(5);
    private boolean createTables;

    JdbcQuotasBuilder(DataSource dataSource) {
        this.dataSource = requireNonNull(dataSource, "dataSource");
    }

    /**
     * Names this machine, by which the tables know who holds a lease. Unless stated it is the name of the host, the
     * number of the process and a random number. No two processes may have one name at the same time.
     *
     * @param machine 1 to 64 letters, digits and {@code . _ : @ -}
     * @return this builder
     * @throws IllegalArgumentException if the name is another
     */
    public JdbcQuotasBuilder machine(String machine) {
        requireNonNull(machine, "machine");
        Arguments.require(
                MACHINE.matcher(machine).matches(), "machine", "1 to 64 letters, digits and . _ : @ -", machine);
        this.machine = machine;
        return this;
    }

    /**
     * Bounds the connections that are in use at a time; 2 unless stated. Each has a thread of the store. The pool needs
     * as many beside those of the host's own.
     *
     * @param max the most connections, at least 1 and at most 64
     * @return this builder
     * @throws IllegalArgumentException if the number is out of its range
     */
    public JdbcQuotasBuilder maxConnections(int max) {
        Arguments.require(max >= 1 && max <= 64, "max", ">= 1 and <= 64", max);
        this.maxConnections = max;
        return this;
    }

    /**
     * Sets the longest time of a request to the database, with the wait for a connection; 5 seconds unless stated. A
     * request that takes longer counts as not answered. It is for the store alone: how long a call waits, the limiter
     * says.
     *
     * @param timeout from 10 milliseconds to 5 minutes
     * @return this builder
     * @throws IllegalArgumentException if the time is out of its range
     */
    public JdbcQuotasBuilder timeout(Duration timeout) {
        requireNonNull(timeout, "timeout");
        boolean inRange = timeout.compareTo(LEAST_TIMEOUT) >= 0 && timeout.compareTo(MOST_TIMEOUT) <= 0;
        Arguments.require(inRange, "timeout", ">= 10 ms and <= 5 min", timeout);
        this.timeout = timeout;
        return this;
    }

    /**
     * Makes the tables when the database is reached first, where they are not there. The user of the database must be
     * allowed to. Unless stated they must be there.
     *
     * @return this builder
     */
    public JdbcQuotasBuilder createTables() {
        this.createTables = true;
        return this;
    }

    /**
     * Makes the store, and asks the database whether it is fit. Waits no longer than the timeout. A database that is
     * away makes no difference: the store asks again with each request.
     *
     * @return the store
     * @throws IllegalStateException if the database is none that this module knows; a table is missing or has another
     *     type; the tables cannot be written; the password is wrong; or the pool has no connection to give. Also if
     *     this module and {@code ratelimit-api} are of two versions
     */
    public JdbcQuotas build() {
        ApiVersion.require("ratelimit-jdbc", ApiVersion.CURRENT);
        Setup setup = new Setup(machine.isEmpty() ? thisProcess() : machine, createTables);
        return JdbcQuotas.started(setup, new Worker(dataSource, setup, timeout, maxConnections));
    }

    private static String thisProcess() {
        String host = System.getenv().getOrDefault("HOSTNAME", "process").replaceAll("[^A-Za-z0-9._-]", "-");
        return String.format(
                Locale.ROOT,
                "%s:%d:%08x",
                host.substring(0, Math.min(host.length(), 40)),
                ProcessHandle.current().pid(),
                ThreadLocalRandom.current().nextInt());
    }
}
