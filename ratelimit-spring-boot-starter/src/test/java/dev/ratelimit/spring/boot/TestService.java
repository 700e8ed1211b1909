package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.springframework.boot.Banner;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** A running application, and a client of it. */
final class TestService implements AutoCloseable {

    private final HttpClient client = HttpClient.newHttpClient();
    final ConfigurableApplicationContext context;
    private final String base;

    private TestService(ConfigurableApplicationContext context) {
        this.context = context;
        this.base = "http://127.0.0.1:" + context.getEnvironment().getRequiredProperty("local.server.port");
    }

    /** Starts an application on a free port, with properties such as {@code ratelimit.enabled=true}. */
    static TestService start(Class<?> application, String... properties) {
        String[] arguments = Stream.concat(
                        Stream.of("server.port=0", "management.health.redis.enabled=false"), Stream.of(properties))
                .map(property -> "--" + property)
                .toArray(String[]::new);
        return new TestService(new SpringApplicationBuilder(application)
                .bannerMode(Banner.Mode.OFF)
                .registerShutdownHook(false)
                .run(arguments));
    }

    HttpResponse<String> send(String method, String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path)).method(method, BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    /** Posts with a key. */
    HttpResponse<String> call(String path, String key) throws IOException, InterruptedException {
        return send("POST", path, "Authorization", "Bearer " + key);
    }

    /** Waits until something holds, which a thread of the application makes true. */
    static void until(String what, Callable<Boolean> holds) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!holds.call()) {
            assertThat(System.nanoTime()).as("time until " + what).isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
