package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class TierTest {

    private static final RateLimit FIVE = RateLimit.perMinute(5);
    private static final RateLimit TEN = RateLimit.perMinute(10);
    private static final Quota MONTH = Quota.perMonth(1_000);

    private static final LimitTable MINUTES =
            LimitTable.named("minutes").each(FIVE, "embed").each(TEN, "chat", "coral");
    private static final LimitTable MONTHS = LimitTable.named("months")
            .unlimited("embed")
            .together("talk", Quota.perMonth(5_000), "chat", "coral")
            .otherEndpointsTogether("remaining", MONTH);
    private static final Tier TIER =
            Tier.named("trial").table(MINUTES).table(MONTHS).build();

    @Test
    void anEndpointFallsUnderOneRowOfEachTable() {
        assertThat(TIER.limitsFor("chat"))
                .containsExactly(
                        AppliedLimit.of("minutes", new Scope.Endpoint("chat"), TEN),
                        AppliedLimit.of("months", new Scope.Group("talk"), Quota.perMonth(5_000)));
        assertThat(TIER.limitsFor("coral").get(1))
                .isEqualTo(TIER.limitsFor("chat").get(1));
    }

    @Test
    void aTierTellsWhatItWasMadeOf() {
        Tier tier = Tier.named("trial")
                .account("test")
                .message("Upgrade.")
                .table(LimitTable.named("calls").together("talk", FIVE, "chat", "coral"))
                .build();
        assertThat(tier.name()).isEqualTo("trial");
        assertThat(tier.message()).isEqualTo("Upgrade.");
        assertThat(tier)
                .hasToString("trial (account test) [calls[row (chat, coral as group \"talk\": 5 calls per minute)]]");
    }

    @Test
    void anUnlimitedEndpointIsNotAmongTheOthers() {
        assertThat(TIER.limitsFor("embed"))
                .containsExactly(AppliedLimit.of("minutes", new Scope.Endpoint("embed"), FIVE));
    }

    @Test
    void theOthersAreThoseThatNoRowOfTheSameTableNames() {
        Tier tier = Tier.named("t")
                .table(LimitTable.named("minutes").each(FIVE, "classify"))
                .table(MONTHS)
                .build();
        assertThat(tier.limitsFor("classify"))
                .extracting(AppliedLimit::scope)
                .containsExactly(new Scope.Endpoint("classify"), new Scope.Group("remaining"));
        assertThat(tier.limitsFor("unheard of"))
                .containsExactly(AppliedLimit.of("months", new Scope.Group("remaining"), MONTH));
    }

    @Test
    void allLimitsAreThoseOfNamedEndpointsOfGroupsAndOfOtherEndpointsEachOnce() {
        Tier days = TIER.withTable(LimitTable.named("days").eachOtherEndpoint(TEN));
        assertThat(days.limits())
                .containsExactly(
                        AppliedLimit.of("minutes", new Scope.Endpoint("embed"), FIVE),
                        AppliedLimit.of("minutes", new Scope.Endpoint("chat"), TEN),
                        AppliedLimit.of("minutes", new Scope.Endpoint("coral"), TEN),
                        AppliedLimit.of("months", new Scope.Group("talk"), Quota.perMonth(5_000)),
                        AppliedLimit.of("months", new Scope.Group("remaining"), MONTH),
                        AppliedLimit.of("days", new Scope.Endpoint("embed"), TEN),
                        AppliedLimit.of("days", new Scope.Endpoint("chat"), TEN),
                        AppliedLimit.of("days", new Scope.Endpoint("coral"), TEN),
                        AppliedLimit.of("days", new Scope.EachOtherEndpoint(), TEN));
        assertThat(days.namedLimits()).isEqualTo(days.limits().subList(0, 8));
        assertThat(days.limits().get(8)).hasToString("10 calls per minute for each other endpoint (days)");
    }

    @Test
    void aShadowTableIsAnotherTableWhoseLimitsSayThatTheyAreShadows() {
        LimitTable shadow = MONTHS.asShadow();
        assertThat(shadow)
                .isNotEqualTo(MONTHS)
                .isEqualTo(MONTHS.asShadow())
                .hasToString("months (shadow)" + MONTHS.toString().substring("months".length()));
        assertThat(MONTHS.isShadow()).isFalse();
        assertThat(shadow.isShadow()).isTrue();
        assertThat(shadow.inForce()).isEqualTo(MONTHS);
        assertThat(shadow.each(FIVE, "embed 2").isShadow()).isTrue();
        Tier tier = TIER.withTable(shadow).withLimits(limit -> limit);
        assertThat(tier.limitsFor("chat"))
                .extracting(AppliedLimit::toString)
                .containsExactly(
                        "10 calls per minute for endpoint \"chat\" (minutes)",
                        "5,000 calls per calendar month for group \"talk\" (months, shadow)");
    }

    @Test
    void eachOtherMakesAScopeOfEveryOtherEndpoint() {
        Tier tier = Tier.named("t")
                .table(LimitTable.named("minutes").each(FIVE, "chat").eachOtherEndpoint(TEN))
                .build();
        assertThat(tier.limitsFor("a")).containsExactly(AppliedLimit.of("minutes", new Scope.Endpoint("a"), TEN));
        assertThat(tier.limitsFor("b")).containsExactly(AppliedLimit.of("minutes", new Scope.Endpoint("b"), TEN));
        assertThat(tier.namedEndpoints()).containsExactly("chat");
    }

    @Test
    void tiersOfTheSameTablesAreEqual() {
        Tier again = Tier.named("trial").table(MINUTES).table(MONTHS).build();
        assertThat(again).isEqualTo(TIER).hasSameHashCodeAs(TIER);
        assertThat(TIER)
                .isNotEqualTo(TIER.withAccount("other"))
                .isNotEqualTo(TIER.withoutTable("months"))
                .isNotEqualTo(Tier.named("trial")
                        .message("m")
                        .table(MINUTES)
                        .table(MONTHS)
                        .build());
    }

    @Test
    void aTableIsAddedReplacedOrTakenAway() {
        LimitTable stricter = LimitTable.named("minutes").eachOtherEndpoint(FIVE);
        assertThat(TIER.withTable(stricter).tables()).containsExactly(stricter, MONTHS);
        LimitTable spending =
                LimitTable.named("spending").otherEndpointsTogether("all", Quota.perMonth(Unit.NANO_USD, 1));
        assertThat(TIER.withTable(spending).tables()).containsExactly(MINUTES, MONTHS, spending);
        assertThat(TIER.withoutTable("minutes").tables()).containsExactly(MONTHS);
        assertRefused(() -> TIER.withoutTable("days"), "table must be one of [minutes, months]: table=days");
    }

    @Test
    void everyLimitOfATierCanBeChanged() {
        Tier doubled = TIER.withLimits(limit ->
                limit instanceof RateLimit rate ? RateLimit.of(rate.unit(), 2 * rate.amount(), rate.window()) : limit);
        assertThat(doubled.limitsFor("embed"))
                .containsExactly(AppliedLimit.of("minutes", new Scope.Endpoint("embed"), TEN));
        assertThat(doubled.withoutTable("minutes")).isEqualTo(TIER.withoutTable("minutes"));
    }

    @Test
    void whatIsNotStatedHasADefault() {
        assertThat(TIER.account()).isEqualTo("default");
        assertThat(TIER.message()).isEmpty();
        assertThat(Tier.named("free").build().limitsFor("chat")).isEmpty();
    }

    @Test
    void anEndpointInTwoRowsIsRefusedWithBothPlaces() {
        assertRefused(
                () -> MINUTES.together("g", MONTH, "x", "chat"),
                "endpoint \"chat\" must stand in one row of a table only: row (x, chat as group \"g\": 1,000 calls "
                        + "per calendar month)"
                        + " and row (chat, coral: 10 calls per minute) of table \"minutes\"");
        assertRefused(
                () -> MONTHS.each(FIVE, "embed"),
                "endpoint \"embed\" must stand in one row of a table only: row (embed");
    }

    @Test
    void anEndpointTwiceInOneRowIsRefused() {
        assertRefused(
                () -> LimitTable.named("t").each(FIVE, "chat", "chat"),
                "endpoint must be named once in a row: endpoint=chat");
    }

    @Test
    void aSecondRowForTheOthersIsRefused() {
        assertRefused(
                () -> MONTHS.eachOtherEndpoint(FIVE),
                "the others must stand in one row of a table only: row (others: 5 calls per minute) and row (others "
                        + "as");
    }

    @Test
    void twoGroupsOfOneNameInATableAreRefused() {
        assertRefused(
                () -> MONTHS.together("talk", MONTH, "speak"),
                "group \"talk\" must stand in one row of a table only: row (speak");
    }

    @Test
    void twoTablesOfOneNameAreRefused() {
        assertRefused(
                () -> Tier.named("t")
                        .table(MINUTES)
                        .table(LimitTable.named("minutes").eachOtherEndpoint(FIVE)),
                "table must have a name of its own in the tier: table=minutes");
    }

    @Test
    void blankNamesAndEmptyRowsAreRefused() {
        assertRefused(() -> Tier.named(""), "name must be not blank: name=\"\"");
        assertRefused(() -> LimitTable.named(" "), "name must be not blank");
        assertRefused(() -> MINUTES.each(FIVE, " "), "endpoint must be not blank");
        assertRefused(() -> MINUTES.together(" ", FIVE, "x"), "group must be not blank");
        assertRefused(() -> TIER.withAccount(""), "account must be not blank");
        assertRefused(() -> MINUTES.each(FIVE), "endpoints must be at least one");
    }

    private static void assertRefused(ThrowingCallable made, String messageStart) {
        assertThatThrownBy(made).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith(messageStart);
    }

    @Test
    void aTableForAllEndpointsHasOneRow() {
        LimitTable each = LimitTable.named("calls").everyEndpoint(RateLimit.perMinute(5));
        LimitTable together = LimitTable.named("calls").allTogether(RateLimit.perMinute(5));
        assertThat(each.limitFor("chat"))
                .contains(AppliedLimit.of("calls", new Scope.Endpoint("chat"), RateLimit.perMinute(5)));
        assertThat(together.limitFor("chat"))
                .contains(AppliedLimit.of("calls", new Scope.Group("calls"), RateLimit.perMinute(5)));
        assertThat(together)
                .isNotEqualTo(each)
                .hasToString("calls[row (all endpoints as group \"calls\": 5 calls per" + " minute)]");
        assertThat(each.rows().get(0))
                .returns(true, LimitTable.Row::isForAll)
                .returns(true, LimitTable.Row::isForOthers);
        assertThat(each).isNotEqualTo(LimitTable.named("calls").eachOtherEndpoint(RateLimit.perMinute(5)));
        assertRefused(
                () -> each.each(RateLimit.perMinute(6), "chat"),
                "a row for all endpoints must be the only row of its table: row (chat: 6 calls per minute)"
                        + " and row (all endpoints: 5 calls per minute) of table \"calls\"");
        LimitTable named = LimitTable.named("calls").each(RateLimit.perMinute(6), "chat");
        assertThatThrownBy(() -> named.allTogether(RateLimit.perMinute(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a row for all endpoints must be the only row of its table: ");
    }

    @Test
    void aRowOfSeveralLimitsMakesTablesNamedByUnitAndLength() {
        Limit[] limits = {
            RateLimit.perMinute(2),
            RateLimit.of(Unit.TOKENS, 5, Duration.ofSeconds(90)),
            Quota.perDay(50, ZoneId.of("America/Los_Angeles")),
            Quota.perWeek(60),
            Quota.perMonth(Unit.NANO_USD, 25),
            Quota.perYear(70),
            Quota.lifetime(Unit.CHARACTERS, 80),
            Quota.of(Unit.CALLS, 90, QuotaPeriod.every(Duration.ofMinutes(15))),
            TokenBucket.perSecond(20),
            ConcurrencyLimit.of(3, Duration.ofHours(1)),
            PerCallLimit.of(Unit.TOKENS, 1_000)
        };
        Tier tier = Tier.named("free")
                .limits("pro", limits)
                .limits("flash", RateLimit.perMinute(9))
                .build();
        assertThat(tier.tables())
                .extracting(LimitTable::name)
                .containsExactly(
                        "calls per minute",
                        "tokens per 90 seconds",
                        "calls per day",
                        "calls per week",
                        "usd per month",
                        "calls per year",
                        "characters in all",
                        "calls per 15 minutes",
                        "calls per second",
                        "calls in flight",
                        "tokens per call");
        assertThat(tier.limitsFor("pro")).extracting(AppliedLimit::limit).containsExactly(limits);
        assertThat(tier.limitsFor("flash")).extracting(AppliedLimit::limit).containsExactly(RateLimit.perMinute(9));
        assertThat(tier.limitsFor("other")).isEmpty();
    }

    @Test
    void aRowOfSeveralLimitsContradictsNothing() {
        Tier.Builder tier =
                Tier.named("free").table(LimitTable.named("calls per day").everyEndpoint(Quota.perDay(5)));
        assertRefused(
                () -> tier.limits("pro", RateLimit.perDay(5)),
                "table must have a name of its own in the tier: table=calls per day");
        tier.limits("pro", RateLimit.perMinute(2));
        assertRefused(
                () -> tier.table(LimitTable.named("calls per minute").each(RateLimit.perMinute(3), "flash")),
                "table must have a name of its own in the tier: table=calls per minute");
        assertThatThrownBy(() -> tier.limits("flash", Quota.perWeek(1), RateLimit.perHour(1), Quota.perWeek(2)))
                .hasMessageStartingWith("endpoint \"flash\" must stand in one row of a table only: ");
        assertRefused(() -> tier.limits("pro"), "limits must be at least one: limits=[]");
        assertThat(tier.build().tables())
                .as("a refused row leaves nothing behind")
                .extracting(LimitTable::name)
                .containsExactly("calls per day", "calls per minute");
    }

    @Test
    void aTierMayRefuseOtherEndpoints() {
        LimitTable calls =
                LimitTable.named("calls").each(RateLimit.perMinute(5), "chat").unlimited("ping");
        Tier tier = Tier.named("free").table(calls).refuseOtherEndpoints().build();
        assertThat(tier.refusesOtherEndpoints()).isTrue();
        assertThat(tier.has("chat")).isTrue();
        assertThat(tier.has("ping")).isTrue();
        assertThat(tier.has("Chat")).isFalse();
        assertThat(tier).hasToString("free (account default, other endpoints refused) [" + calls + "]");
        Tier open = Tier.named("free").table(calls).build();
        assertThat(open.has("Chat")).isTrue();
        assertThat(open).isNotEqualTo(tier);
        assertThat(tier.withAccount("a")
                        .withLimits(limit -> limit)
                        .withoutTable("calls")
                        .has("chat"))
                .isFalse();
        String message =
                "table must be without a row for other or all endpoints, in a tier that refuses other endpoints:"
                        + " table=all";
        LimitTable all = LimitTable.named("all").allTogether(Quota.perDay(5));
        assertRefused(() -> tier.withTable(all), message);
        Tier.Builder both = Tier.named("free").table(all).refuseOtherEndpoints();
        assertRefused(both::build, message);
    }

    private static final LimitTable PATTERNS = LimitTable.named("calls")
            .each(FIVE, "chat", "chat/*")
            .each(TEN, "PUT *", "DELETE *")
            .together("free", MONTH, "*:trial", "gift")
            .unlimited("internal/*");

    @Test
    void aPatternNamesWhatItMatches() {
        Tier tier = Tier.named("t")
                .table(PATTERNS.eachOtherEndpoint(RateLimit.perMinute(7)))
                .build();
        assertThat(tier.limitsFor("chat/a"))
                .containsExactly(AppliedLimit.of("calls", new Scope.Endpoint("chat/a"), FIVE));
        assertThat(tier.limitsFor("DELETE /a"))
                .containsExactly(AppliedLimit.of("calls", new Scope.Endpoint("DELETE /a"), TEN));
        assertThat(tier.limitsFor("a:trial")).containsExactly(AppliedLimit.of("calls", new Scope.Group("free"), MONTH));
        assertThat(tier.limitsFor("internal/")).isEmpty();
        assertThat(tier.limitsFor("chat/a:trial"))
                .as("the longer pattern goes first")
                .isEqualTo(tier.limitsFor("a:trial"));
        assertThat(tier.namedEndpoints()).containsExactly("chat", "gift");
        assertThat(PATTERNS.rows())
                .extracting(LimitTable.Row::patterns)
                .extracting(List::copyOf)
                .containsExactly(
                        List.of("chat/*"), List.of("PUT *", "DELETE *"), List.of("*:trial"), List.of("internal/*"));
        assertThat(PATTERNS.names("chat/")).isTrue();
        assertThat(PATTERNS.names("embed")).isFalse();
    }

    @Test
    void allLimitsTellWhatPatternsMatchByThePatterns() {
        Tier tier = Tier.named("t").table(PATTERNS).build();
        assertThat(tier.limits())
                .extracting(AppliedLimit::scope)
                .containsExactly(
                        new Scope.Endpoint("chat"),
                        new Scope.Group("free"),
                        new Scope.EachMatchingEndpoint("chat/*"),
                        new Scope.EachMatchingEndpoint("DELETE *, PUT *"));
        assertThat(tier.namedLimits()).isEqualTo(tier.limits().subList(0, 2));
        assertThat(tier.limits().get(2)).hasToString("5 calls per minute for each endpoint \"chat/*\" (calls)");
    }

    @Test
    void beyondTheBoundAnEndpointHasTheOverflowOfItsRow() {
        Tier tier = Tier.named("t")
                .table(PATTERNS.eachOtherEndpoint(RateLimit.perMinute(7)))
                .build();
        Scope.Endpoint further = new Scope.Endpoint("(further endpoints of DELETE *, PUT *)");
        AppliedLimit shared = AppliedLimit.of("calls", further, TEN);
        assertThat(tier.overflowFor("PUT a")).containsExactly(shared);
        assertThat(tier.limitsFor(further.name())).containsExactly(shared);
        assertThat(further.isOverflow()).isTrue();
        assertThat(Scope.Endpoint.OVERFLOW.isOverflow()).isTrue();
        assertThat(new Scope.Endpoint("PUT a").isOverflow()).isFalse();
        assertThat(tier.overflowFor("embed")).extracting(AppliedLimit::scope).containsExactly(Scope.Endpoint.OVERFLOW);
        assertThat(tier.limitsFor(Scope.Endpoint.OVERFLOW.name())).isEqualTo(tier.overflowFor("embed"));
        assertThat(tier.overflowFor("a:trial")).isEqualTo(tier.limitsFor("a:trial"));
        assertThat(tier.overflowFor("chat")).isEqualTo(tier.limitsFor("chat"));
        assertThat(tier.overflowFor("internal/a")).isEmpty();
    }

    @Test
    void rowsOfTheSamePatternsAreEqualInWhateverOrder() {
        LimitTable one = LimitTable.named("t").each(FIVE, "a*", "b*");
        LimitTable other = LimitTable.named("t").each(FIVE, "b*", "a*");
        assertThat(one)
                .isEqualTo(other)
                .hasSameHashCodeAs(other)
                .isNotEqualTo(LimitTable.named("t").each(FIVE, "a*"));
        assertThat(one.overflowFor("a")).isEqualTo(other.overflowFor("a"));
        assertThat(one).hasToString("t[row (a*, b*: 5 calls per minute)]");
    }

    @Test
    void patternsThatContradictEachOtherAreRefused() {
        assertRefused(
                () -> LimitTable.named("t").each(FIVE, "*"),
                "endpoint must be more than a lone *; a row for all endpoints says it in words: endpoint=\"*\"");
        assertRefused(
                () -> LimitTable.named("t").unlimited("a*b*"),
                "endpoint must be a name, or a pattern with one *: endpoint=\"a*b*\"");
        LimitTable begins = LimitTable.named("t").each(FIVE, "a*");
        assertRefused(
                () -> begins.each(TEN, "*b"),
                "what matches the equally long patterns \"*b\" and \"a*\" must stand in one row of a table only:"
                        + " row (*b: 10 calls per minute) and row (a*: 5 calls per minute) of table \"t\"");
        assertRefused(() -> begins.unlimited("a*"), "what matches the equally long patterns \"a*\" and \"a*\"");
        assertRefused(() -> begins.each(TEN, "a*", "a*"), "endpoint must be named once in a row: endpoint=a*");
        assertRefused(
                () -> LimitTable.named("t").each(FIVE, "a*", "x, b*").each(TEN, "a*, x", "b*"),
                "the patterns \"a*, x, b*\" must stand in one row of a table only");
        assertThat(begins.each(TEN, "b*").each(TEN, "*bc").each(TEN, "a*a").rows())
                .hasSize(4);
        assertThat(LimitTable.named("t").each(FIVE, "a*", "*b").limitFor("ab")).isPresent();
    }

    @Test
    void aTierThatRefusesOthersHasWhatAPatternMatches() {
        Tier tier = Tier.named("t").table(PATTERNS).refuseOtherEndpoints().build();
        assertThat(tier.has("chat/a")).isTrue();
        assertThat(tier.has("internal/a")).isTrue();
        assertThat(tier.has("embed")).isFalse();
        assertThat(tier.has("(further endpoints of chat/*)")).isFalse();
    }
}
