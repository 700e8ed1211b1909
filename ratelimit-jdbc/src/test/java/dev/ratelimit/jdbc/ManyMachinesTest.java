package dev.ratelimit.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Several JVMs use up the same quotas. The calls that they wrote down are counted, whatever the database says. */
class ManyMachinesTest {

    private static final int MACHINES = Integer.getInteger("sql.machines", 2);
    private static final int SECONDS = 120;

    /** The amount of each of many organizations. */
    private static final long AMOUNT = Long.getLong("sql.amount", 2);

    private PGSimpleDataSource dataSource = (PGSimpleDataSource) PostgreSql.newSchema();
    private final List<Process> machines = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();

    @AfterEach
    void kill() {
        machines.forEach(Process::destroyForcibly);
    }

    /** Starts machines, lets them call once when all are there, and go on when all have called. */
    private void start(Path folder, int organizations, long amount) throws IOException {
        JdbcQuotas.builder(dataSource).createTables().build().close();
        for (int i = 0; i < MACHINES; i++) {
            Path file = folder.resolve("machine-" + i);
            files.add(file);
            machines.add(start(
                    String.valueOf(port()),
                    dataSource.getCurrentSchema(),
                    String.valueOf(organizations),
                    String.valueOf(amount),
                    file.toString()));
        }
        for (String state : List.of("ready", "called")) {
            for (Process machine : machines) {
                assertThat(machine.inputReader().readLine()).isEqualTo(state);
            }
            for (Process machine : machines) {
                machine.getOutputStream().write('\n');
                machine.getOutputStream().flush();
            }
        }
    }

    private int port() {
        return dataSource.getPortNumbers()[0];
    }

    private static Process start(String... arguments) throws IOException {
        // Modules are good on the class path too, and the tests are no module.
        String classPath =
                System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path", "");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                classPath,
                CallingMachine.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void awaitEnd(Process machine) throws InterruptedException {
        assertThat(machine.waitFor(SECONDS, TimeUnit.SECONDS)).as("it ended").isTrue();
        assertThat(machine.exitValue()).isZero();
    }

    /** Returns how many calls of each organization were admitted. */
    private int[] admitted(int organizations) throws IOException {
        int[] admitted = new int[organizations];
        for (Path file : files) {
            IntBuffer calls = ByteBuffer.wrap(Files.readAllBytes(file)).asIntBuffer();
            while (calls.hasRemaining()) {
                admitted[calls.get()]++;
            }
        }
        return admitted;
    }

    /** Calls for all organizations until they are refused. Returns those admitted, with those of the machines. */
    private int[] admittedInAll(int organizations, long amount) throws IOException {
        int[] admitted = admitted(organizations);
        try (HikariDataSource pool = PostgreSql.pool(port(), dataSource.getCurrentSchema());
                InMemoryRateLimiter limiter = CallingMachine.limiter(pool, amount)) {
            for (int i = 0; i < organizations; i++) {
                while (limiter.tryAcquire(CallingMachine.organization(i), "chat")
                        .isAdmitted()) {
                    admitted[i]++;
                }
            }
        }
        return admitted;
    }

    @Test
    void oneOrganizationGetsItsAmountAndNoMore(@TempDir Path folder) throws Exception {
        start(folder, 1, 20_000);
        for (Process machine : machines) {
            awaitEnd(machine);
        }
        assertThat(admitted(1)[0]).isBetween(19_800, 20_000);
        assertThat(files).allSatisfy(file -> assertThat(Files.size(file)).isPositive());
        assertThat(admittedInAll(1, 20_000)).containsExactly(20_000);
    }

    @Test
    void aThousandOrganizationsGetTheirAmountsAndNoMore(@TempDir Path folder) throws Exception {
        start(folder, 1_000, AMOUNT);
        for (Process machine : machines) {
            awaitEnd(machine);
        }
        assertThat(IntStream.of(admitted(1_000)).allMatch(calls -> calls <= AMOUNT))
                .isTrue();
        assertThat(IntStream.of(admitted(1_000)).sum())
                .as("of amounts for each machine")
                .isGreaterThanOrEqualTo(AMOUNT < 100L * MACHINES ? 0 : Math.toIntExact(990 * AMOUNT));
        assertThat(admittedInAll(1_000, AMOUNT)).containsOnly(Math.toIntExact(AMOUNT));
    }

    @Test
    void whatAKilledMachineHeldIsNotAdmittedAgain(@TempDir Path folder) throws Exception {
        start(folder, 20, 20_000);
        killOneMachine(40_000);
        awaitOthers();
        assertNeverMoreThan(20, 20_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1_000})
    @Tag("long")
    void aServerAndAMachineThatAreKilledAdmitNothingTwice(int organizations, @TempDir Path folder) throws Exception {
        try (KillableServer server = new KillableServer(folder.resolve("data"))) {
            dataSource = (PGSimpleDataSource) PostgreSql.newSchema(server.port());
            int amount = 1_000_000 / organizations;
            start(folder, organizations, amount);
            awaitCalls(40_000);
            server.kill();
            killOneMachine(0);
            server.restart();
            awaitOthers();
            assertNeverMoreThan(organizations, amount);
        }
    }

    /** Waits until the first machine has written down so many bytes. */
    private void awaitCalls(long bytes) throws Exception {
        for (int waited = 0; Files.size(files.get(0)) < bytes; waited++) {
            assertThat(waited).as("of 60,000 ms").isLessThan(60_000);
            Thread.sleep(1);
        }
    }

    private void killOneMachine(long bytes) throws Exception {
        awaitCalls(bytes);
        machines.get(0).destroyForcibly();
        assertThat(machines.get(0).waitFor()).as("killed by signal 9").isEqualTo(128 + 9);
    }

    private void awaitOthers() throws InterruptedException {
        for (Process machine : machines.subList(1, MACHINES)) {
            awaitEnd(machine);
        }
    }

    /** Uses up what is left. What is taken in the end was admitted, or is held by the machine that was killed. */
    private void assertNeverMoreThan(int organizations, int amount) throws IOException, SQLException {
        int[] admitted = admittedInAll(organizations, amount);
        assertThat(IntStream.of(admitted).max().orElseThrow()).isLessThanOrEqualTo(amount);
        assertThat(taken()).hasSize(organizations).containsOnly((long) amount);
    }

    private List<Long> taken() throws SQLException {
        List<Long> taken = new ArrayList<>();
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select taken from ratelimit_quota")) {
            while (rows.next()) {
                taken.add(rows.getLong(1));
            }
        }
        return taken;
    }
}
