package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Usage;
import dev.ratelimit.replay.Summary.Count;
import java.util.List;
import java.util.Map.Entry;
import org.junit.jupiter.api.Test;

class SummaryTest {

    private final Summary summary = new Summary();

    @Test
    void organizationsAreRankedByRefusalsAndThenByName() {
        admit("b");
        admit("a");
        refuse("c", "chat");
        refuse("d", "chat");
        refuse("d", "chat");

        assertThat(summary.organizations(3)).extracting(Entry::getKey).containsExactly("d", "c", "a");
        assertThat(summary.organizationCount()).isEqualTo(4);
        assertThat(summary.all().calls()).isEqualTo(5);
        assertThat(summary.all().rejected()).isEqualTo(3);
    }

    @Test
    void endpointsBeyondTheMostThatAreCountedAddUp() {
        for (int i = 0; i < Summary.MAX_LIMITS + 5; i++) {
            refuse("acme", "endpoint " + i);
        }
        refuse("acme", "endpoint 0");

        List<Entry<AppliedLimit, Count>> limits = summary.limits();
        assertThat(limits).hasSize(Summary.MAX_LIMITS + 1);
        assertThat(limits.get(0).getKey().scope()).isEqualTo(Summary.FURTHER_ENDPOINTS);
        assertThat(limits.get(0).getValue().rejected()).isEqualTo(5);
        assertThat(limits.get(1).getKey().scope()).isEqualTo(new Scope.Endpoint("endpoint 0"));
        assertThat(limits.get(1).getValue().rejected()).isEqualTo(2);
    }

    @Test
    void limitsOfOneNameAreCountedApart() {
        for (String table : List.of("a", "b")) {
            for (Scope scope : List.of(new Scope.Endpoint("chat"), new Scope.Group("chat"))) {
                for (int amount = 1; amount <= 2; amount++) {
                    AppliedLimit limit = AppliedLimit.of(table, scope, RateLimit.perMinute(amount));
                    for (int i = 0; i < amount; i++) {
                        refuse("acme", limit);
                    }
                }
            }
        }
        assertThat(summary.limits())
                .hasSize(8)
                .allSatisfy(entry -> assertThat(entry.getValue().rejected())
                        .isEqualTo(entry.getKey().limit().amount()));
    }

    private void admit(String organization) {
        summary.decided(new Row(0, organization, "chat", Usage.call()), Decision.admitted());
    }

    private void refuse(String organization, String endpoint) {
        refuse(organization, AppliedLimit.of("calls per minute", new Scope.Endpoint(endpoint), RateLimit.perMinute(1)));
    }

    private void refuse(String organization, AppliedLimit limit) {
        String endpoint = limit.scope().name();
        summary.decided(
                new Row(0, organization, endpoint, Usage.call()), Rejected.permanent(new LimitReached(limit), ""));
    }
}
