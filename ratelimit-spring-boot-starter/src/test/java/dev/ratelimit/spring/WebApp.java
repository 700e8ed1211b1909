package dev.ratelimit.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.util.ClassUtils;

/** An application on a port of its own, of WebFlux on Netty or of servlets on Tomcat, and a client of it. */
public final class WebApp implements AutoCloseable {

    /** A client that keeps to HTTP 1.1. */
    public static final HttpClient CLIENT = newClient();

    private static final Duration AT_MOST = Duration.ofSeconds(10);

    private static final List<String> USUAL = List.of(
            "server.port=0",
            "server.address=127.0.0.1",
            "logging.level.root=ERROR",
            "management.health.redis.enabled=false");

    /** What an application stands on. */
    public enum Stack {
        /** WebFlux. */
        NETTY,
        /** Spring MVC. */
        TOMCAT
    }

    private final ConfigurableApplicationContext context;

    private WebApp(ConfigurableApplicationContext context) {
        this.context = context;
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Auto {}

    /** Starts an application with beans, of a class, and with properties such as {@code ratelimit.enabled=true}. */
    public static WebApp start(
            Stack stack,
            ApplicationContextInitializer<GenericApplicationContext> beans,
            Class<?> config,
            String... properties) {
        ApplicationContextInitializer<ConfigurableApplicationContext> all = context -> {
            if (stack == Stack.NETTY) {
                registerNetty((GenericApplicationContext) context);
            }
            beans.initialize((GenericApplicationContext) context);
        };
        return new WebApp(new SpringApplicationBuilder(Auto.class, config)
                .web(stack == Stack.NETTY ? WebApplicationType.REACTIVE : WebApplicationType.SERVLET)
                .bannerMode(Banner.Mode.OFF)
                .registerShutdownHook(false)
                .initializers(all)
                .run(Stream.concat(USUAL.stream(), Stream.of(properties))
                        .map(property -> "--" + property)
                        .toArray(String[]::new)));
    }

    /** Has an application of servlets run on Jetty, though it has Tomcat too. */
    public static void registerJetty(GenericApplicationContext context) {
        registerServer(
                context,
                "org.springframework.boot.jetty.servlet.JettyServletWebServerFactory",
                "org.springframework.boot.web.embedded.jetty.JettyServletWebServerFactory");
    }

    /** Without it an application that has Tomcat, too, runs on that. */
    private static void registerNetty(GenericApplicationContext context) {
        // Otherwise each application takes two seconds to end.
        ReactorResourceFactory resources = new ReactorResourceFactory();
        resources.setShutdownQuietPeriod(Duration.ZERO);
        context.registerBean(ReactorResourceFactory.class, () -> resources);
        registerServer(
                context,
                "org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory",
                "org.springframework.boot.web.embedded.netty.NettyReactiveWebServerFactory");
    }

    /** Registers a class that has moved in Boot 4. */
    private static void registerServer(GenericApplicationContext context, String moved, String former) {
        ClassLoader loader = WebApp.class.getClassLoader();
        context.registerBean(ClassUtils.resolveClassName(ClassUtils.isPresent(moved, loader) ? moved : former, loader));
    }

    /** Starts an application with a clock that stands still, and with properties. */
    public static WebApp startInFrozenTime(
            Stack stack, Class<?> config, List<String> properties, String... moreProperties) {
        return start(
                stack,
                context -> context.registerBean(TimeSource.class, ManualTime::new),
                config,
                Stream.concat(properties.stream(), Stream.of(moreProperties)).toArray(String[]::new));
    }

    /** Returns the beans of the application. */
    public ConfigurableApplicationContext context() {
        return context;
    }

    /** Returns the port. */
    public int port() {
        return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    }

    /** Opens a connection of its own. */
    public Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
        socket.setSoTimeout((int) AT_MOST.toMillis());
        return socket;
    }

    /** Begins a request. */
    public HttpRequest.Builder request(String path, String... fields) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .timeout(AT_MOST);
        return fields.length == 0 ? request : request.headers(fields);
    }

    /**
     * Sends a request. The actuator is asked on a connection of its own. On WebFlux, Boot answers it on another thread
     * than that of the connection, from which Netty may then read no more.
     */
    public HttpResponse<String> send(HttpRequest.Builder builder) throws IOException, InterruptedException {
        HttpRequest request = builder.build();
        HttpClient client = request.uri().getPath().startsWith("/actuator") ? newClient() : CLIENT;
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static HttpClient newClient() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    /** Gets a path. */
    public HttpResponse<String> get(String path, String... fields) throws IOException, InterruptedException {
        return send(request(path, fields));
    }

    /** Returns the value of a field of an answer, or {@code none}. */
    public static String field(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("none");
    }

    /** Waits until something holds, which a thread of the application makes true. */
    public static void until(String what, Callable<Boolean> holds) throws Exception {
        long begin = System.nanoTime();
        while (!holds.call()) {
            assertThat(System.nanoTime() - begin).as("time until " + what).isLessThan(AT_MOST.toNanos());
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
