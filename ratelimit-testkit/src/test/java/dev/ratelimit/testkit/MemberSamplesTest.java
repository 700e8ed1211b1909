package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Member;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The samples of members do what they say. */
class MemberSamplesTest {

    private final RateLimiter limiter = new ReferenceRateLimiter(organization -> TRIAL, new ManualTime());

    private static final Tier PROJECT = Tier.named("project")
            .table(LimitTable.named("calls per project").allTogether(RateLimit.perMinute(2)))
            .build();

    /** What a web framework brings. */
    record Response(int status, String text) {}

    private static Response tooManyRequests(String message, Optional<Duration> retryAfter) {
        return new Response(429, message + retryAfter);
    }

    private static Response answer(String prompt) {
        return new Response(200, prompt);
    }

    // sample: docs/guide/members.md
    static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls per minute").allTogether(RateLimit.perMinute(100)))
            .member(
                    "user",
                    Tier.named("each user")
                            .table(LimitTable.named("calls per user").allTogether(RateLimit.perMinute(10)))
                            .build())
            .build();

    Response chat(String organization, String user, String prompt) {
        Caller caller = limiter.caller(organization).member("user", user);
        if (limiter.tryAcquire(caller, "chat") instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter());
        }
        return answer(prompt);
    }
    // end of sample

    @Test
    void aUserHasTenCallsAMinuteAndItsOrganizationAHundred() {
        for (int user = 0; user < 10; user++) {
            for (int call = 0; call < 10; call++) {
                assertThat(chat("acme", "u" + user, "hello").status()).isEqualTo(200);
            }
            if (user < 9) {
                assertThat(chat("acme", "u" + user, "hello").text())
                        .startsWith("Exceeded the limit of 10 calls per minute for group \"calls per user\" of user \"u"
                                + user + '"');
            }
        }
        assertThat(chat("acme", "u10", "hello").text())
                .startsWith("Exceeded the limit of 100 calls per minute for group \"calls per minute\" (");
    }

    @Test
    void aCallerNamesItsMembers() {
        // sample: dev/ratelimit/Caller.java
        Caller acme = limiter.caller("acme");
        limiter.tryAcquire(acme.member("user", "u7"), "chat"); // under its tier's tier of users
        limiter.tryAcquire(acme.member("project", "p1", PROJECT).member("user", "u7"), "chat");
        // end of sample
        Caller both = acme.member("project", "p1", PROJECT).member("user", "u7");
        assertThat(limiter.status(both))
                .extracting(status -> status.applied().member() + ": " + status.used())
                .isEqualTo(List.of(
                        "Optional.empty: 2",
                        Optional.of(new Member("project", "p1")) + ": 1",
                        Optional.of(new Member("user", "u7")) + ": 2"));
    }
}
