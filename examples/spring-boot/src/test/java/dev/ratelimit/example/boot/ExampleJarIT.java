package dev.ratelimit.example.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The jar runs as its README says, and logs nothing that an operator should look into. */
@Timeout(120)
class ExampleJarIT {

    @TempDir
    private Path folder;

    @Test
    void theJarStartsAnswersAndLogsNoWarning() throws Exception {
        Path log = folder.resolve("log");
        try (RunningJar service = RunningJar.start(log)) {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(service.endpoint("embed"))
                                    .header("Authorization", "Bearer production-demo")
                                    .POST(BodyPublishers.noBody())
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{\"endpoint\":\"embed\"}");
            assertThat(service.end())
                    .as("143 is what a JVM that SIGTERM ends returns")
                    .isEqualTo(143);
        }
        assertThat(log).content().contains("has 3 demo keys in plain text").doesNotContain(" WARN ", " ERROR ");
    }
}
