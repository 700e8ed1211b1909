package dev.ratelimit.servlet;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Calls by the client of the JDK. */
final class Web {

    static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private Web() {}

    static HttpResponse<String> get(URI uri, String... fields) throws IOException, InterruptedException {
        return call("GET", uri, fields);
    }

    /** Makes a call with fields, names and values in turn. */
    static HttpResponse<String> call(String method, URI uri, String... fields)
            throws IOException, InterruptedException {
        return CLIENT.send(request(method, uri, fields), BodyHandlers.ofString());
    }

    static HttpRequest request(String method, URI uri, String... fields) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .method(method, BodyPublishers.noBody())
                .timeout(Duration.ofSeconds(Ends.SECONDS));
        if (fields.length > 0) {
            request.headers(fields);
        }
        return request.build();
    }

    static String field(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }
}
