package dev.ratelimit.example.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The jar runs as its README says, and logs nothing that an operator should look into. */
@Timeout(120)
class ExampleJarIT {

    private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");

    @TempDir
    private Path folder;

    @Test
    void theJarStartsAnswersAndLogsNoWarning() throws Exception {
        Path log = folder.resolve("log");
        Process service = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        "target/spring-boot-example.jar",
                        "--server.port=0")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            HttpResponse<String> answer = call(port(service, log));
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{\"endpoint\":\"embed\"}");
            service.destroy();
            assertThat(service.waitFor())
                    .as("143 is what a JVM that SIGTERM ends returns")
                    .isEqualTo(143);
        } finally {
            service.destroyForcibly().waitFor();
        }
        assertThat(log).content().contains("There are 3 demo keys").doesNotContain(" WARN ", " ERROR ");
    }

    private static int port(Process service, Path log) throws IOException, InterruptedException {
        while (service.isAlive()) {
            Matcher started = PORT.matcher(Files.readString(log));
            if (started.find()) {
                return Integer.parseInt(started.group(1));
            }
            Thread.sleep(20);
        }
        throw new IOException("the service did not start: " + Files.readString(log));
    }

    private static HttpResponse<String> call(int port) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/embed"))
                                .header("Authorization", "Bearer production-demo")
                                .POST(BodyPublishers.noBody())
                                .build(),
                        BodyHandlers.ofString());
    }
}
