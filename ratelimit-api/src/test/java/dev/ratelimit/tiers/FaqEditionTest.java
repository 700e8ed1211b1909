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
import java.math.BigDecimal;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What calls do not show: the keys by which spending is booked. */
class FaqEditionTest {

    @Test
    void aSpendingLimitIsOneMoreTableOfTheProductionTier() {
        Tier limited = FaqEdition.productionWithSpendingLimit(new BigDecimal("25"));
        assertThat(limited.withoutTable("spending limit")).isEqualTo(FaqEdition.production());
        Quota perMonth = Quota.perMonth(Unit.NANO_USD, 25_000_000_000L).withOverrun(Overrun.UNTIL_REACHED);
        AppliedLimit spending = AppliedLimit.of("spending limit", new Scope.Group("all endpoints"), perMonth);
        for (String endpoint : List.of("chat", "embed", "classify")) {
            assertThat(limited.limitsFor(endpoint)).last().isEqualTo(spending);
        }
    }

    @Test
    void aSpendingLimitIsTakenAsTheHostStatesIt() {
        Quota fromTheBillingDay = Quota.of(Unit.NANO_USD, 5, QuotaPeriod.monthFrom(31, ZoneId.of("Asia/Tokyo")));
        assertThat(FaqEdition.productionWithSpendingLimit(fromTheBillingDay).limitsFor("chat"))
                .last()
                .extracting(AppliedLimit::limit)
                .isEqualTo(fromTheBillingDay);
    }

    @Test
    void aSpendingLimitIsOfMoney() {
        assertThatThrownBy(() -> FaqEdition.productionWithSpendingLimit(Quota.perMonth(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unit must be nano-usd: unit=calls");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -0.01              | >= 0
            9007199.254740993  | <= 9007199.254740992
            1E+2147483647      | <= 9007199.254740992
            0.0000000001       | of whole nano-dollars
            1E-2147483647      | of whole nano-dollars
            """)
    void aSpendingLimitOutOfItsRangeIsRefused(String dollars, String rule) {
        assertThatThrownBy(() -> FaqEdition.productionWithSpendingLimit(new BigDecimal(dollars)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dollarsPerMonth must be " + rule + ": dollarsPerMonth=" + new BigDecimal(dollars));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "9007199.254740992, 9007199254740992", "2.5E+1, 25000000000", "0.0000000010, 1"})
    void aSpendingLimitIsExact(String dollars, long nanos) {
        assertThat(FaqEdition.productionWithSpendingLimit(new BigDecimal(dollars))
                        .limitsFor("chat"))
                .last()
                .extracting(applied -> applied.limit().amount())
                .isEqualTo(nanos);
    }
}
