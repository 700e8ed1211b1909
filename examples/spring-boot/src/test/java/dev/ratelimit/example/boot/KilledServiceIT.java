package dev.ratelimit.example.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A quota in a database outlives {@code kill -9} of the service: what was admitted is not admitted again, and what is
 * lost is at most what the service had leased.
 */
@Timeout(300)
class KilledServiceIT {

    private static final int AMOUNT = 400;
    private static final int CALLS = 30;

    private static final String TIERS = """
            tiers:
              - name: trial
                tables: [{name: calls in all, rows: [{all: together, limit: 400 calls in all}]}]
              - name: production
                tables: [{name: calls in all, rows: [{all: together, limit: 400 calls in all}]}]
            """;

    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @Test
    void inAFileOfH2() throws Exception {
        usesTheAmountOnce("jdbc:h2:file:" + folder.resolve("quotas") + ";WRITE_DELAY=0");
    }

    @Test
    @Tag("long")
    void inPostgreSql() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            usesTheAmountOnce(server.getJdbcUrl("postgres", "postgres"));
        }
    }

    private void usesTheAmountOnce(String url) throws Exception {
        try (RunningJar service = start(url)) {
            URI chat = service.endpoint("chat");
            for (int i = 0; i < CALLS; i++) {
                assertThat(call(chat).statusCode()).isEqualTo(200);
            }
            service.kill();
        }
        long taken = taken(url);
        assertThat(taken).as("the calls, and the leases of the killed service").isBetween((long) CALLS, AMOUNT / 2L);

        try (RunningJar again = start(url)) {
            URI chat = again.endpoint("chat");
            int admitted = 0;
            while (call(chat).statusCode() == 200) {
                admitted++;
            }
            assertThat(admitted).isEqualTo(AMOUNT - (int) taken);
            assertThat(call(chat).body()).contains("calls in all");
            assertThat(again.end()).isEqualTo(143);
        }
        assertThat(taken(url)).isEqualTo(AMOUNT);
        assertThat(folder.resolve("log")).content().doesNotContain(" WARN ", " ERROR ");
    }

    private RunningJar start(String url) throws IOException {
        return RunningJar.start(
                folder.resolve("log"),
                "--ratelimit.quotas=jdbc",
                "--spring.datasource.url=" + url,
                "--ratelimit.jdbc.timeout=20s", // a slow machine is no outage
                "--ratelimit.tiers-location=file:" + Files.writeString(folder.resolve("tiers.yaml"), TIERS));
    }

    private HttpResponse<String> call(URI endpoint) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(endpoint)
                        .header("Authorization", "Bearer trial-demo")
                        .POST(BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }

    private static long taken(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select sum(taken) from ratelimit_quota")) {
            assertThat(rows.next()).isTrue();
            return rows.getLong(1);
        }
    }
}
