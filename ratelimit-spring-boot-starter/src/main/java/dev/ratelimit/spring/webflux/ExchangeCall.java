package dev.ratelimit.spring.webflux;

import dev.ratelimit.http.filter.ClientNetwork;
import dev.ratelimit.http.filter.RequestReader;
import dev.ratelimit.spring.WebCall;
import java.net.InetSocketAddress;
import java.security.Principal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.PathContainer;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * A call of WebFlux.
 *
 * @param exchange its request and response
 * @param principal who is logged in
 */
record ExchangeCall(ServerWebExchange exchange, Optional<Principal> principal) implements WebCall {

    static final RequestReader<WebCall> READER = new Reader();

    /** Returns the call of an exchange, with the principal that a filter before has found. */
    static Mono<ExchangeCall> of(ServerWebExchange exchange) {
        return exchange.<Principal>getPrincipal()
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .map(principal -> new ExchangeCall(exchange, principal));
    }

    private ServerHttpRequest request() {
        return exchange.getRequest();
    }

    ServerHttpResponse response() {
        return exchange.getResponse();
    }

    @Override
    public String method() {
        return request().getMethod().name();
    }

    /**
     * Returns the path as the patterns of handlers see it: each segment decoded and without its parameters. A slash in
     * a segment stays encoded, since it does not end the segment there either.
     */
    @Override
    public String path() {
        StringBuilder path = new StringBuilder();
        for (PathContainer.Element element :
                request().getPath().pathWithinApplication().elements()) {
            path.append(
                    element instanceof PathContainer.PathSegment segment
                            ? segment.valueToMatch().replace("/", "%2F")
                            : "/");
        }
        return path.toString();
    }

    /** Reads by an iteration, which has the same signature in all versions of Spring, as a look-up has not. */
    @Override
    public List<String> headers(String name) {
        HttpHeaders headers = request().getHeaders();
        if (headers.getFirst(name) == null) {
            return List.of();
        }
        List<String> values = new ArrayList<>(1);
        for (Map.Entry<String, List<String>> field : headers.headerSet()) {
            if (field.getKey().equalsIgnoreCase(name)) {
                values.addAll(field.getValue());
            }
        }
        return values;
    }

    @Override
    public String network() {
        return ClientNetwork.of(address());
    }

    @Override
    public Optional<Object> attribute(String name) {
        return Optional.ofNullable(exchange.getAttribute(name));
    }

    private @Nullable String address() {
        InetSocketAddress peer = request().getRemoteAddress();
        if (peer == null) {
            return null;
        }
        return peer.getAddress() == null
                ? peer.getHostString()
                : peer.getAddress().getHostAddress();
    }

    private static final class Reader implements RequestReader<WebCall> {

        @Override
        public String method(WebCall call) {
            return call.method();
        }

        @Override
        public String path(WebCall call) {
            return call.path();
        }

        @Override
        public List<String> field(WebCall call, String name) {
            return call.headers(name);
        }

        @Override
        public @Nullable String address(WebCall call) {
            return call instanceof ExchangeCall known ? known.address() : null;
        }
    }
}
