package dev.ratelimit.example;

import dev.ratelimit.spi.TimeSource;
import java.time.Duration;

/** Runs the service: {@code java -jar servlet-example.jar [port]}. */
public final class Main {

    private static final int PORT = 8080;

    private Main() {}

    public static void main(String[] args) throws Exception {
        int port = args.length > 0 ? Integer.parseInt(args[0]) : PORT;
        StreamingServer server = StreamingServer.start(port, TimeSource.system(), Duration.ofMillis(50));
        System.out.printf("""
                Listening. The tier of the key "demo" is %s.

                  curl -iN -H 'Authorization: Bearer demo' -d 'Tell me a story' '%s?tokens=30'
                  curl -H 'Authorization: Bearer demo' %s

                The first streams an answer of 30 tokens, the second tells what is used. Ask for 500 tokens, and the
                stream ends with the quota.
                """, StreamingServer.TIER.limits(), server.uri("/v1/generate"), server.uri("/v1/usage"));
        server.join();
    }
}
