package dev.ratelimit.bench;

import com.alibaba.csp.sentinel.SphO;
import com.alibaba.csp.sentinel.slots.block.RuleConstant;
import com.alibaba.csp.sentinel.slots.block.flow.FlowRule;
import com.alibaba.csp.sentinel.slots.block.flow.FlowRuleManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sentinel: a flow rule on the calls per second of a resource; it knows no other window. An entry also counts, for its statistics, what a
 * permit does not need. It writes logs to the folders that the system properties {@code csp.sentinel.log.dir} and {@code JM.LOG.PATH}
 * name, below the home folder unless they are set.
 */
record SentinelRival(String resource) implements Rival {

    private static final AtomicInteger COUNT = new AtomicInteger();

    static Rival of(long amount, Duration window) {
        String resource = "resource-" + COUNT.incrementAndGet();
        FlowRule rule =
                new FlowRule(resource).setGrade(RuleConstant.FLOW_GRADE_QPS).setCount(amount * 1e9 / window.toNanos());
        // There is one list of rules in a process, and it can only be replaced.
        List<FlowRule> rules = new ArrayList<>(FlowRuleManager.getRules());
        rules.add(rule);
        FlowRuleManager.loadRules(rules);
        return new SentinelRival(resource);
    }

    @Override
    public String name() {
        return "Sentinel, QPS rule";
    }

    @Override
    public boolean tryAcquire() {
        boolean admitted = SphO.entry(resource);
        if (admitted) {
            SphO.exit();
        }
        return admitted;
    }
}
