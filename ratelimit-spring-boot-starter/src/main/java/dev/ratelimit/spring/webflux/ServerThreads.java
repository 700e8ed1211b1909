package dev.ratelimit.spring.webflux;

import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.util.ClassUtils;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.Connection;

/**
 * Takes answers of stores to the thread that a request goes on by: on Netty that of its connection, elsewhere one of
 * {@link Schedulers#parallel()}. So the thread that reads the answers of a store stays free. And Netty never sees an
 * answer that ends before its own thread has read the end of the request: some connections would then read no more.
 */
public final class ServerThreads {

    private static final boolean HAS_NETTY =
            ClassUtils.isPresent("reactor.netty.Connection", ServerThreads.class.getClassLoader());

    private ServerThreads() {}

    /**
     * Returns an answer on the thread of a request.
     *
     * @param <T> what is answered
     * @param answer comes on any thread
     * @param request the request
     * @return the same on a thread of the server's
     */
    public static <T> Mono<T> on(ServerHttpRequest request, Mono<T> answer) {
        return answer.publishOn(HAS_NETTY ? OnNetty.of(request) : Schedulers.parallel());
    }

    /** Loaded only where there is Netty. */
    private static final class OnNetty {

        static Scheduler of(ServerHttpRequest request) {
            try {
                Object known = ServerHttpRequestDecorator.getNativeRequest(request);
                return known instanceof Connection connection
                        ? Schedulers.fromExecutor(connection.channel().eventLoop())
                        : Schedulers.parallel();
            } catch (IllegalArgumentException e) { // a request of another kind
                return Schedulers.parallel();
            }
        }
    }
}
