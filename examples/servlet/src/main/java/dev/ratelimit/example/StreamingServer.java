package dev.ratelimit.example;

import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.InMemoryKeyDirectory;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyKind;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.http.Dialect;
import dev.ratelimit.http.RateLimitFields;
import dev.ratelimit.servlet.RateLimitFilter;
import dev.ratelimit.spi.TimeSource;
import jakarta.servlet.DispatcherType;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** The service: keys, a tier, the filter, and two endpoints behind it. */
public final class StreamingServer {

    static final Tier TIER = Tier.named("demo")
            .limits("generate", RateLimit.perMinute(10), RateLimit.perMinute(Unit.TOKENS, 200))
            .build();

    private final Server server;

    private StreamingServer(Server server) {
        this.server = server;
    }

    /**
     * Starts the service.
     *
     * @param port the port, or 0 for any
     * @param time the clocks of the limits
     * @param pause how long the model takes for a token
     * @return the service, which accepts connections
     */
    public static StreamingServer start(int port, TimeSource time, Duration pause) throws Exception {
        RateLimiter limiter =
                InMemoryRateLimiter.builder().tier(TIER).timeSource(time).build();
        ServletContextHandler context = new ServletContextHandler();
        EnumSet<DispatcherType> dispatches =
                EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC, DispatcherType.ERROR);
        context.addFilter(new FilterHolder(filter(limiter)), "/*", dispatches);
        context.addServlet(new ServletHolder(new GenerateServlet(pause)), "/v1/generate");
        context.addServlet(new ServletHolder(new UsageServlet(limiter)), "/v1/usage");
        Server server = new Server(port);
        server.setHandler(context);
        server.setStopAtShutdown(true);
        server.start();
        return new StreamingServer(server);
    }

    private static RateLimitFilter filter(RateLimiter limiter) {
        InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
                .trial(TIER)
                .production(TIER.withAccount("production"))
                .build();
        keys.register(KeyDigest.of("demo"), "acme", KeyKind.TRIAL);
        return RateLimitFilter.builder(limiter)
                .keys(keys)
                .endpoint("POST", "/v1/generate", "generate")
                .endpoint("GET", "/v1/usage", "usage")
                // A token is about four bytes of a prompt. The handler knows better when it has read it.
                .estimate(request -> Usage.of(Unit.TOKENS, Math.max(0, request.getContentLengthLong()) / 4))
                .fields(RateLimitFields.of(Dialect.IETF, Dialect.OPENAI))
                .build();
    }

    /** Returns the address of a path of the service on this machine. */
    public URI uri(String path) {
        int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** Waits until the service has ended. */
    public void join() throws InterruptedException {
        server.join();
    }

    /** Stops the service. */
    public void stop() throws Exception {
        server.stop();
    }
}
