package dev.ratelimit.spi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Member;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QuotaKeyTest {

    private static final Scope CHAT = new Scope.Endpoint("chat");
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @Test
    void theTextsOfAKeyAreTheNamesInOrder() {
        QuotaKey key = key(Optional.empty(), CHAT, QuotaPeriod.month(ZoneOffset.UTC));

        assertThat(key.identity())
                .containsExactly(
                        "acme", "production", "", "", "calls", "endpoint", "chat", "tokens", "per calendar month");
    }

    @Test
    void aMemberAndAGroupAreTold() {
        QuotaKey key = key(Optional.of(new Member("user", "u7")), new Scope.Group("chat"), QuotaPeriod.lifetime());

        assertThat(key.identity())
                .containsExactly("acme", "production", "user", "u7", "calls", "group", "chat", "tokens", "in all");
    }

    /** Databases keep digests of them for years. */
    @Test
    void thePeriodsHaveTheTextsThatTheyAlwaysHad() {
        List<QuotaPeriod> periods = List.of(
                QuotaPeriod.day(ZoneOffset.UTC),
                QuotaPeriod.day(BERLIN, LocalTime.of(6, 30)),
                QuotaPeriod.week(BERLIN, DayOfWeek.SUNDAY),
                QuotaPeriod.monthFrom(31, ZoneOffset.UTC),
                QuotaPeriod.monthFrom(Instant.parse("2026-03-15T10:15:30Z"), ZoneOffset.UTC),
                QuotaPeriod.year(MonthDay.of(10, 1), BERLIN),
                QuotaPeriod.every(Duration.ofMinutes(15)),
                QuotaPeriod.every(Duration.ofDays(1), Instant.parse("2026-01-01T08:00:00Z")));

        assertThat(periods)
                .extracting(
                        period -> key(Optional.empty(), CHAT, period).identity().get(8))
                .containsExactly(
                        "per calendar day",
                        "per calendar day from 06:30 in Europe/Berlin",
                        "per calendar week from Sunday in Europe/Berlin",
                        "per calendar month from day 31",
                        "per calendar month from day 15 10:15:30",
                        "per calendar year from 1 October in Europe/Berlin",
                        "per fixed 15 minutes",
                        "per fixed day from 1970-01-01T08:00:00Z");
    }

    private static QuotaKey key(Optional<Member> member, Scope scope, QuotaPeriod period) {
        return new QuotaKey("acme", "production", member, "calls", scope, Unit.TOKENS, period);
    }
}
