package dev.ratelimit.tiers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What calls do not show: the keys by which spending is booked. */
class FaqEditionTest {

    @Test
    void aSpendingLimitIsOneMoreTableOfTheProductionTier() {
        Tier limited = FaqEdition.productionWithSpendingLimit(25_000_000);
        assertThat(limited.withoutTable("spending limit")).isEqualTo(FaqEdition.production());
        Quota perMonth = Quota.perMonth(Unit.MICRO_USD, 25_000_000).withOverrun(Overrun.UNTIL_REACHED);
        AppliedLimit spending = new AppliedLimit("spending limit", new Scope.Group("all endpoints"), perMonth);
        for (String endpoint : List.of("chat", "embed", "classify")) {
            assertThat(limited.limitsFor(endpoint)).last().isEqualTo(spending);
        }
    }

    @Test
    void aSpendingLimitIsTakenAsTheHostStatesIt() {
        Quota fromTheBillingDay = Quota.of(Unit.MICRO_USD, 5, QuotaPeriod.monthFrom(31, ZoneId.of("Asia/Tokyo")));
        assertThat(FaqEdition.productionWithSpendingLimit(fromTheBillingDay).limitsFor("chat"))
                .last()
                .extracting(AppliedLimit::limit)
                .isEqualTo(fromTheBillingDay);
    }

    @Test
    void aSpendingLimitIsOfMoney() {
        assertThatThrownBy(() -> FaqEdition.productionWithSpendingLimit(Quota.perMonth(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unit must be micro-usd: unit=calls");
        assertThatThrownBy(() -> FaqEdition.productionWithSpendingLimit(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("amount must be >= 0: amount=-1");
    }
}
