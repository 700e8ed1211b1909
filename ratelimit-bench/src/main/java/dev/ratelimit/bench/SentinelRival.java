package dev.ratelimit.bench;

import com.alibaba.csp.sentinel.Constants;
import com.alibaba.csp.sentinel.SphO;
import com.alibaba.csp.sentinel.slots.block.RuleConstant;
import com.alibaba.csp.sentinel.slots.block.flow.FlowRule;
import com.alibaba.csp.sentinel.slots.block.flow.FlowRuleManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sentinel: a flow rule on the calls per second of a resource; it knows no other window. An entry also counts, for its
 * statistics, what a permit does not need. It writes logs to the folders that the system properties
 * {@code csp.sentinel.log.dir} and {@code JM.LOG.PATH} name, below the home folder unless they are set.
 */
record SentinelRival(String resource) implements Rival {

    private static final AtomicInteger COUNT = new AtomicInteger();

    static Rival of(long amount, Duration window) {
        return several(1, amount, window).get(0);
    }

    /**
     * Returns a number of resources, each with a rule.
     *
     * @throws IllegalArgumentException if there are more than Sentinel checks in a process; it admits all calls to
     *     further ones
     */
    static List<Rival> several(int number, long amount, Duration window) {
        if (number > Constants.MAX_SLOT_CHAIN_SIZE) {
            throw new IllegalArgumentException("Sentinel must not have more than %d resources: number=%d"
                    .formatted(Constants.MAX_SLOT_CHAIN_SIZE, number));
        }
        // There is one list of rules in a process, and it can only be replaced.
        List<FlowRule> rules = new ArrayList<>(FlowRuleManager.getRules());
        List<Rival> rivals = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            String resource = "resource-" + COUNT.incrementAndGet();
            rules.add(new FlowRule(resource)
                    .setGrade(RuleConstant.FLOW_GRADE_QPS)
                    .setCount(amount * 1e9 / window.toNanos()));
            rivals.add(new SentinelRival(resource));
        }
        FlowRuleManager.loadRules(rules);
        return rivals;
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
