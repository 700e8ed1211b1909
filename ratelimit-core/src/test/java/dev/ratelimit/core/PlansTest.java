package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import org.junit.jupiter.api.Test;

class PlansTest {

    private final Plans plans = new Plans();

    private static Tier tier(String name) {
        return Tier.named(name)
                .table(LimitTable.named("calls").eachOther(RateLimit.perMinute(10)))
                .build();
    }

    @Test
    void equalTiersHaveOnePlanThoughOthersComeBetween() {
        Plan plan = plans.of(tier("a"));
        assertThat(plans.of(tier("b"))).isNotSameAs(plan);
        assertThat(plans.of(tier("a"))).isSameAs(plan);
    }

    @Test
    void anEndpointThatNoTableNamesHasTheSameRulesEachTime() {
        Plan plan = plans.of(tier("a"));
        Rule[] rules = plan.unlisted("chat");
        assertThat(rules).hasSize(1);
        assertThat(plan.unlisted("embed")).isNotSameAs(rules);
        assertThat(plan.unlisted("chat")).isSameAs(rules);
    }

    @Test
    void whatTwoTiersAgreeOnHasOneKey() {
        Rule.Key key = plans.of(tier("a")).unlisted("chat")[0].key;
        plans.of(tier("b")).unlisted("embed");
        assertThat(plans.of(tier("b")).unlisted("chat")[0].key).isSameAs(key);
    }
}
