package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every kind of period around every transition of every time zone from 2026 to 2036. */
class QuotaPeriodTransitionsTest {

    private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant TO = Instant.parse("2037-01-01T00:00:00Z");

    /** From a transition: where a period's rounding, or the skipped or repeated time itself, could go wrong. */
    private static final List<Duration> PROBES = List.of(
            Duration.ofNanos(-1),
            Duration.ZERO,
            Duration.ofNanos(1),
            Duration.ofMinutes(-90),
            Duration.ofMinutes(90),
            Duration.ofHours(-30),
            Duration.ofHours(30));

    private static List<QuotaPeriod> periodsIn(ZoneId zone, Instant transition) {
        return List.of(
                QuotaPeriod.day(zone),
                QuotaPeriod.week(zone),
                QuotaPeriod.month(zone),
                QuotaPeriod.year(zone),
                QuotaPeriod.monthFrom(31, zone),
                // Months that begin in the time that is skipped or repeated.
                QuotaPeriod.monthFrom(transition, zone),
                QuotaPeriod.monthFrom(transition.minusNanos(1), zone),
                QuotaPeriod.monthFrom(transition.plusSeconds(1_800), zone),
                // Days and weeks that begin so, and a year.
                QuotaPeriod.day(zone, LocalTime.ofInstant(transition.plusSeconds(1_800), zone)),
                QuotaPeriod.day(zone, LocalTime.ofInstant(transition.minusNanos(1), zone)),
                QuotaPeriod.week(
                        zone,
                        ZonedDateTime.ofInstant(transition, zone).getDayOfWeek(),
                        LocalTime.ofInstant(transition.minusSeconds(1_800), zone)),
                QuotaPeriod.year(MonthDay.of(2, 29), zone),
                QuotaPeriod.every(Duration.ofHours(7), transition),
                QuotaPeriod.lifetime());
    }

    @Test
    void everyInstantIsInOnePeriodAndPeriodsMeet() {
        int transitions = 0;
        Set<ZoneRules> known = new HashSet<>(); // several names have the same rules
        for (String id : new TreeSet<>(ZoneId.getAvailableZoneIds())) {
            ZoneRules rules = ZoneId.of(id).getRules();
            for (ZoneOffsetTransition transition = known.add(rules) ? rules.nextTransition(FROM) : null;
                    transition != null && transition.getInstant().isBefore(TO);
                    transition = rules.nextTransition(transition.getInstant())) {
                transitions++;
                assertPeriodsMeet(ZoneId.of(id), transition.getInstant());
            }
        }
        assertThat(transitions).isGreaterThan(1_000);
    }

    private static void assertPeriodsMeet(ZoneId zone, Instant transition) {
        for (QuotaPeriod period : periodsIn(zone, transition)) {
            for (Duration probe : PROBES) {
                Instant at = transition.plus(probe);
                QuotaPeriod.Interval interval = period.at(at);
                boolean tiles = !at.isBefore(interval.start())
                        && at.isBefore(interval.end())
                        && period.at(interval.start()).equals(interval)
                        && period.at(interval.end().minusNanos(1)).equals(interval)
                        && (interval.end().equals(Instant.MAX)
                                || period.at(interval.end()).start().equals(interval.end()));
                assertThat(tiles).as("%s at %s: %s", period, at, interval).isTrue();
            }
        }
    }
}
