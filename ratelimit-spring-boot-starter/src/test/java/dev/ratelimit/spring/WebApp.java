package dev.ratelimit.spring;

import static org.assertj.core.api.Assertions.assertThat;

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
    public static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static final Duration AT_MOST = Duration.ofSeconds(10);

    /** The database that Boot would make, whose name differs between its versions. */
    private static final List<String> DATA_SOURCES = List.of(
            "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration");

    private static final List<String> USUAL = List.of(
            "server.port=0",
            "server.address=127.0.0.1",
            "logging.level.root=ERROR",
            "management.health.redis.enabled=false",
            "spring.autoconfigure.exclude=" + String.join(",", security()) + ',' + String.join(",", DATA_SOURCES));

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

    /** The security that Boot would add, whose names differ between its versions. */
    private static List<String> security() {
        String boot3 = "org.springframework.boot.autoconfigure.security.";
        String actuator3 = "org.springframework.boot.actuate.autoconfigure.security.";
        String boot4 = "org.springframework.boot.security.autoconfigure.";
        return List.of(
                boot3 + "reactive.ReactiveSecurityAutoConfiguration",
                boot3 + "reactive.ReactiveUserDetailsServiceAutoConfiguration",
                actuator3 + "reactive.ReactiveManagementWebSecurityAutoConfiguration",
                boot3 + "servlet.SecurityAutoConfiguration",
                boot3 + "servlet.SecurityFilterAutoConfiguration",
                boot3 + "servlet.UserDetailsServiceAutoConfiguration",
                actuator3 + "servlet.ManagementWebSecurityAutoConfiguration",
                boot4 + "SecurityAutoConfiguration",
                boot4 + "UserDetailsServiceAutoConfiguration",
                boot4 + "ReactiveUserDetailsServiceAutoConfiguration",
                boot4 + "web.reactive.ReactiveWebSecurityAutoConfiguration",
                boot4 + "actuate.web.reactive.ReactiveManagementWebSecurityAutoConfiguration",
                boot4 + "web.servlet.ServletWebSecurityAutoConfiguration",
                boot4 + "web.servlet.SecurityFilterAutoConfiguration",
                boot4 + "actuate.web.servlet.ManagementWebSecurityAutoConfiguration");
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

    /** Without it an application that has Tomcat, too, runs on that. The class has moved in Boot 4. */
    private static void registerNetty(GenericApplicationContext context) {
        String moved = "org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory";
        String former = "org.springframework.boot.web.embedded.netty.NettyReactiveWebServerFactory";
        ClassLoader loader = WebApp.class.getClassLoader();
        // Otherwise each application takes two seconds to end.
        ReactorResourceFactory resources = new ReactorResourceFactory();
        resources.setShutdownQuietPeriod(Duration.ZERO);
        context.registerBean(ReactorResourceFactory.class, () -> resources);
        context.registerBean(ClassUtils.resolveClassName(ClassUtils.isPresent(moved, loader) ? moved : former, loader));
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

    /** Sends a request. */
    public HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
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
