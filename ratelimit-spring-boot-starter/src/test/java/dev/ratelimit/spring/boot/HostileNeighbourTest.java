package dev.ratelimit.spring.boot;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.http.Dialect;
import dev.ratelimit.http.RateLimitFields;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spring.WebApp;
import dev.ratelimit.testkit.Attackers;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Two organizations of one service, by real HTTP: one attacks, the other is answered exactly as if it were alone.
 *
 * <p>The attackers bring unknown keys, name members and endpoints without end, cut requests off, and read statuses and
 * the usage page. They come from the same address as the other organization, which calls by a clock that only it
 * advances. The status and the fields of each of its answers equal those of a reference limiter that it has for itself.
 * The load is bounded: three attackers, one request each at a time, until the other organization is done.
 */
@Timeout(300)
class HostileNeighbourTest {

    private static final int CALLS = 400;
    private static final int ATTACKERS = 3;
    private static final int ENOUGH_OF_EACH = 12;
    private static final int NAMES = 5_000;
    private static final String GOOD = "good";
    private static final String HOSTILE = "hostile";
    private static final String MEMBER = "/hostile?kind=user&member=";

    @RestController
    static class Api {

        @PostMapping("/v1/{endpoint}")
        String call(@PathVariable String endpoint) {
            return endpoint;
        }

        @PostMapping("/broken/{endpoint}")
        String broken(@PathVariable String endpoint) {
            throw new IllegalStateException(endpoint);
        }
    }

    /** What the hostile organization does. */
    private enum Attack {
        UNKNOWN_KEYS {
            @Override
            void make(WebApp app, Random random) throws IOException, InterruptedException {
                HttpResponse<String> no = post(app, "/v1/chat", "Authorization", "Bearer guess " + random.nextInt());
                assertThat(no.statusCode()).isIn(401, 429);
            }
        },
        MEMBERS {
            @Override
            void make(WebApp app, Random random) throws IOException, InterruptedException {
                post(app, "/v1/chat", "Authorization", "Bearer hostile", "X-User", "user " + random.nextInt(NAMES));
            }
        },
        ENDPOINTS {
            @Override
            void make(WebApp app, Random random) throws IOException, InterruptedException {
                post(app, "/v1/name" + random.nextInt(NAMES), "Authorization", "Bearer hostile");
            }
        },
        LONG_NAMES {
            @Override
            void make(WebApp app, Random random) throws IOException, InterruptedException {
                String name = random.nextInt() + "x".repeat(3_000);
                post(app, "/v1/" + name, "Authorization", "Bearer hostile", "X-User", name);
            }
        },
        OVER_THE_LIMIT {
            @Override
            void make(WebApp app, Random random) throws IOException, InterruptedException {
                for (int i = 0; i < 10; i++) {
                    post(app, "/v1/chat", "Authorization", "Bearer hostile");
                }
            }
        },
        FAILING_CALLS {
            @Override
            void make(WebApp app, Random random) throws IOException, InterruptedException {
                HttpResponse<String> answer = post(app, "/broken/embed", "Authorization", "Bearer hostile");
                assertThat(answer.statusCode()).isIn(429, 500);
            }
        },
        BROKEN_REQUESTS {
            @Override
            void make(WebApp app, Random random) throws IOException, InterruptedException {
                String begin = "POST /v1/chat HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer hostile\r\n";
                String[] broken = {
                    "\u0000\u0016\u0003\u0001 no HTTP\r\n\r\n",
                    begin + "Content-Length: 100\r\n\r\ntoo little",
                    begin + "Authorization: Bearer good\r\nContent-Length: 0\r\n\r\n",
                    begin + "Transfer-Encoding: chunked\r\n\r\nno number\r\n",
                    begin + "X-User: " + "y".repeat(100_000) + "\r\n\r\n",
                    "POST /v1/%zz/../../%00 HTTP/1.1\r\n" + begin,
                };
                sendAndLeave(app, broken[random.nextInt(broken.length)], random.nextBoolean());
            }
        },
        STATUSES {
            @Override
            void make(WebApp app, Random random) throws IOException, InterruptedException {
                int name = random.nextInt(NAMES);
                String whose = List.of("", "/hostile", "/good", "/unknown" + name, MEMBER + name)
                        .get(random.nextInt(5));
                assertThat(statusOfActuator(app, whose)).containsPattern("^HTTP/1.1 (200|404)");
            }
        },
        USAGE_PAGE {
            @Override
            void make(WebApp app, Random random) throws IOException, InterruptedException {
                assertThat(app.get("/ratelimits").statusCode()).isEqualTo(200);
                HttpResponse<String> usage = app.get("/ratelimits/usage", "Authorization", "Bearer hostile");
                assertThat(usage.statusCode()).isEqualTo(200);
                app.get("/ratelimits/usage", "Authorization", "Bearer guess" + random.nextInt());
            }
        };

        abstract void make(WebApp app, Random random) throws IOException, InterruptedException;
    }

    private final ManualTime time = new ManualTime();

    @ParameterizedTest
    @EnumSource
    void anOrganizationIsAnsweredAsIfItWereAloneWhateverAnotherDoes(WebApp.Stack stack) throws Exception {
        try (WebApp app = start(stack);
                Attackers<Attack> attackers =
                        Attackers.start(Attack.class, ATTACKERS, (kind, random) -> kind.make(app, random))) {
            callAsIfAlone(app, attackers);
        }
    }

    private WebApp start(WebApp.Stack stack) {
        return WebApp.start(
                stack,
                context -> context.registerBean(TimeSource.class, () -> time),
                Api.class,
                "logging.level.org=OFF",
                "ratelimit.tiers[0].name=team",
                "ratelimit.tiers[0].members[0].kind=user",
                "ratelimit.tiers[0].members[0].tier=each user",
                "ratelimit.tiers[0].tables[0].name=calls per second",
                "ratelimit.tiers[0].tables[0].rows[0].each[0]=chat",
                "ratelimit.tiers[0].tables[0].rows[0].limit=5 calls per second",
                "ratelimit.tiers[0].tables[0].rows[1].others=each",
                "ratelimit.tiers[0].tables[0].rows[1].limit=3 calls per second",
                "ratelimit.tiers[0].tables[1].name=calls per hour",
                "ratelimit.tiers[0].tables[1].rows[0].all=together",
                "ratelimit.tiers[0].tables[1].rows[0].limit=60 calls per hour",
                "ratelimit.tiers[1].name=each user",
                "ratelimit.tiers[1].tables[0].name=bursts of a user",
                "ratelimit.tiers[1].tables[0].rows[0].all=each",
                "ratelimit.tiers[1].tables[0].rows[0].limit=2 calls per second with burst 4",
                "ratelimit.bounds.organizations=10",
                "ratelimit.bounds.members=20",
                "ratelimit.bounds.unlisted-endpoints=20",
                "ratelimit.api-keys.failed-keys=20 calls per hour",
                "ratelimit.api-keys.demo-keys[0].key=good",
                "ratelimit.api-keys.demo-keys[0].organization=" + GOOD,
                "ratelimit.api-keys.demo-keys[0].tier=team",
                "ratelimit.api-keys.demo-keys[1].key=hostile",
                "ratelimit.api-keys.demo-keys[1].organization=" + HOSTILE,
                "ratelimit.api-keys.demo-keys[1].tier=team",
                "ratelimit.members[0].kind=user",
                "ratelimit.members[0].header=X-User",
                "ratelimit.paths[0].path=/v1/{endpoint}",
                "ratelimit.paths[0].endpoint={endpoint}",
                "ratelimit.paths[1].path=/broken/{endpoint}",
                "ratelimit.paths[1].endpoint={endpoint}",
                "ratelimit.headers=ietf,x-ratelimit",
                "ratelimit.cancel-on=5xx",
                "ratelimit.usage-page.enabled=true",
                "management.endpoints.web.exposure.include=ratelimits");
    }

    /** Calls until enough attacks of each kind were made, however busy the machine is. */
    private void callAsIfAlone(WebApp app, Attackers<Attack> attackers) throws IOException, InterruptedException {
        Tier team = app.context().getBean(TierCatalog.class).tier("team");
        RateLimiter alone = new ReferenceRateLimiter(organization -> team, time).reporting();
        RateLimitFields fields = RateLimitFields.of(Dialect.IETF, Dialect.X_RATELIMIT);
        Random random = new Random(19);
        int refused = 0;
        int calls = 0;
        while (calls < CALLS || attackers.areBusyUntil(ENOUGH_OF_EACH)) {
            String endpoint = List.of("chat", "embed", "name1").get(random.nextInt(3));
            String user = random.nextBoolean() ? "" : "user " + random.nextInt(3);
            Caller caller = Caller.of(GOOD, team);
            caller = user.isEmpty() ? caller : caller.member("user", user);
            HttpResponse<String> answer = user.isEmpty()
                    ? post(app, "/v1/" + endpoint, "Authorization", "Bearer good")
                    : post(app, "/v1/" + endpoint, "Authorization", "Bearer good", "X-User", user);

            Decision expected = alone.tryAcquire(caller, endpoint, Usage.call());
            assertThat(answer.statusCode())
                    .as("call %s of %s", calls, caller)
                    .isEqualTo(expected.isAdmitted() ? 200 : 429);
            Map<String, String> told = new LinkedHashMap<>();
            fields.write(expected, told::put);
            assertThat(told).containsKeys("RateLimit", "RateLimit-Policy", "X-RateLimit-Remaining");
            for (Map.Entry<String, String> field : told.entrySet()) {
                assertThat(WebApp.field(answer, field.getKey()))
                        .as("%s of call %s of %s", field.getKey(), calls, caller)
                        .isEqualTo(field.getValue());
            }
            refused += expected.isAdmitted() ? 0 : 1;
            calls++;
            boolean isPause = random.nextInt(50) == 0;
            time.advance(isPause ? Duration.ofMinutes(20) : Duration.ofNanos(1_000L * random.nextInt(400_000)));
        }
        assertThat(refused).as("refused of %s", calls).isBetween(calls / 20, calls / 20 * 19);
        assertThat(attackers.haveMade(ENOUGH_OF_EACH)).as("%s", attackers).isTrue();
    }

    private static HttpResponse<String> post(WebApp app, String path, String... fields)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = app.request(path, fields).POST(BodyPublishers.noBody());
        return app.send(request.timeout(Duration.ofMinutes(1)));
    }

    /**
     * Asks by a connection of its own. Boot answers for an endpoint on another thread than that of the connection, and
     * Netty reads no more from some connections then.
     */
    private static String statusOfActuator(WebApp app, String whose) throws IOException {
        try (Socket socket = app.connect()) {
            String request = "GET /actuator/ratelimits" + whose + " HTTP/1.1\r\nHost: localhost\r\n";
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write((request + "Connection: close\r\n\r\n").getBytes(ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }

    /** Sends what is no whole request, and hangs up, at once or after the first byte of an answer. */
    private static void sendAndLeave(WebApp app, String request, boolean waits) throws IOException {
        try (Socket socket = app.connect()) {
            socket.setSoTimeout(20);
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            if (waits) {
                assertThat(socket.getInputStream().read()).isLessThan(256);
            }
        } catch (SocketTimeoutException waitsForTheRest) {
            assertThat(waitsForTheRest).hasMessageContaining("timed out");
        } catch (SocketException closed) {
            assertThat(closed).hasMessageMatching("(?i).*(reset|broken pipe|aborted).*");
        }
    }
}
