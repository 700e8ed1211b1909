package dev.ratelimit.testkit;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import org.junit.jupiter.api.Test;

/** Which endpoints share a meter. */
abstract class TableScenarios extends Scenarios {

    private static final LimitTable TABLE = LimitTable.named("calls");

    TableScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private Scenarios tables(LimitTable... tables) {
        Tier tier = Tier.named("tier").build();
        for (LimitTable table : tables) {
            tier = tier.withTable(table);
        }
        return under(tier);
    }

    @Test
    void eachLimitsEveryEndpointByItself() {
        tables(TABLE.each(RateLimit.perMinute(2), "chat", "embed"));
        calling("chat").admits(1, 1).rejects(1, 60_000);
        calling("embed").admits(1, 1).rejects(1, 60_000);
    }

    @Test
    void togetherChargesTheGroupOncePerCallWhicheverOfItsEndpointsIsCalled() {
        tables(TABLE.together("chat and embed", RateLimit.perMinute(2), "chat", "embed"));
        calling("chat").admits(1).used(1L);
        calling("embed").used(1L).admits(1);
        calling("chat").rejects(1, 60_000);
        calling("embed").rejects(1, 60_000);
    }

    @Test
    void twoGroupsOfOneTableAddUpByThemselves() {
        tables(TABLE.together("a", RateLimit.perMinute(1), "chat").together("b", RateLimit.perMinute(1), "embed"));
        calling("chat").admits(1).rejects(1, 60_000);
        calling("embed").admits(1).rejects(1, 60_000);
    }

    @Test
    void eachOtherLimitsEveryUnnamedEndpointByItself() {
        tables(TABLE.each(RateLimit.perMinute(2), "chat").eachOtherEndpoint(RateLimit.perMinute(1)));
        calling("chat").admits(1, 1).rejects(1, 60_000);
        calling("rerank").admits(1).rejects(1, 60_000);
        calling("classify").admits(1).rejects(1, 60_000);
    }

    @Test
    void othersTogetherAddsUpTheUnnamedEndpoints() {
        tables(TABLE.each(RateLimit.perMinute(2), "chat").otherEndpointsTogether("remaining", RateLimit.perMinute(2)));
        calling("rerank").admits(1);
        calling("classify").admits(1).rejects(1, 60_000);
        calling("rerank").rejects(1, 60_000);
        calling("chat").admits(1, 1).rejects(1, 60_000);
    }

    @Test
    void othersAreThoseThatTheSameTableDoesNotName() {
        tables(
                LimitTable.named("per minute").each(RateLimit.perMinute(5), "chat"),
                LimitTable.named("per hour")
                        .each(RateLimit.perHour(5), "embed")
                        .otherEndpointsTogether("remaining", RateLimit.perHour(2)));
        calling("chat").remaining(5L, 2L).admits(1, 1).rejects(1, 3_600_000);
        calling("classify").rejects(1, 3_600_000);
        calling("embed").remaining(5L).admits(1);
    }

    @Test
    void anUnlimitedEndpointIsNeitherLimitedNorAnOther() {
        tables(TABLE.unlimited("chat").otherEndpointsTogether("remaining", RateLimit.perMinute(1)));
        calling("chat").admits(1_000, 1_000, 1_000).remaining();
        calling("embed").admits(1).rejects(1, 60_000);
        calling("chat").admits(1);
    }

    @Test
    void anEndpointThatNoTableCoversIsNotLimited() {
        tables(TABLE.each(RateLimit.perMinute(1), "chat"));
        calling("chat").admits(1).rejects(1, 60_000);
        calling("embed").admits(1_000, 1_000, 1_000).remaining();
    }

    @Test
    void aTierWithoutTablesLimitsNothing() {
        tables().admits(1_000, 1_000, 1_000).remaining();
    }

    @Test
    void aCallFallsUnderEveryTableInTheirOrder() {
        tables(
                LimitTable.named("per second").eachOtherEndpoint(RateLimit.perSecond(3)),
                LimitTable.named("per minute").otherEndpointsTogether("all", RateLimit.perMinute(4)));
        calling("chat").admits(3).remaining(0L, 1L);
        calling("embed").remaining(3L, 1L).admits(1).rejects(1, 60_000);
    }
}
