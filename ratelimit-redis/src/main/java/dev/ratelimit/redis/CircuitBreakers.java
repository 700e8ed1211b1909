package dev.ratelimit.redis;

import dev.ratelimit.kernel.CircuitBreaker;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A circuit breaker for each node of a cluster, so that a lost node is not asked while the others are. Safe for use by
 * many threads.
 */
final class CircuitBreakers {

    private final Map<String, CircuitBreaker> byNode = new ConcurrentHashMap<>();

    /** Of each node whose circuit was found open, by its name, a key that was asked for then. */
    private final Map<String, String> outagePolicy = new ConcurrentHashMap<>();

    private final UnaryOperator<String> nodeOf;
    private final Predicate<String> hasKeys;
    private final Supplier<CircuitBreaker> newCircuit;

    /**
     * Makes the breakers of a cluster. The arguments tell the name of the node that has a key, tell whether a node
     * still has keys, and make a breaker.
     */
    CircuitBreakers(UnaryOperator<String> nodeOf, Predicate<String> hasKeys, Supplier<CircuitBreaker> newCircuit) {
        this.nodeOf = nodeOf;
        this.hasKeys = hasKeys;
        this.newCircuit = newCircuit;
    }

    /** Returns the circuit of the time when no node is known. */
    CircuitBreaker beforeAnyNode() {
        return of("");
    }

    CircuitBreaker of(String key) {
        String node = nodeOf.apply(key);
        CircuitBreaker known = byNode.get(node);
        CircuitBreaker circuit = known != null ? known : takenOverBy(node);
        if (circuit.isOpen()) {
            outagePolicy.putIfAbsent(node, key);
        } else if (!outagePolicy.isEmpty()) {
            outagePolicy.forEach(this::endIfMoved);
        }
        return circuit;
    }

    /** Counts the nodes whose circuit is open. */
    int numberOpen() {
        return Math.toIntExact(
                byNode.values().stream().filter(CircuitBreaker::isOpen).count());
    }

    /**
     * Ends the outage of a node that has no keys any more, if the node that has its key now has a closed breaker.
     */
    private void endIfMoved(String node, String key) {
        CircuitBreaker circuit = byNode.get(node);
        CircuitBreaker other = byNode.get(nodeOf.apply(key));
        if (circuit == null || !circuit.isOpen()) {
            outagePolicy.remove(node);
        } else if (other != null && !other.isOpen() && !hasKeys.test(node) && byNode.remove(node, circuit)) {
            circuit.retire();
        }
    }

    /**
     * A new node takes over the breaker of a node that has no keys any more, preferably of one in an outage: its first
     * answer ends that outage.
     */
    private synchronized CircuitBreaker takenOverBy(String node) {
        CircuitBreaker circuit = byNode.get(node);
        if (circuit == null) {
            circuit = byNode.keySet().stream()
                    .filter(hasKeys.negate())
                    .max(Comparator.comparing(outagePolicy::containsKey))
                    .map(byNode::remove)
                    .orElseGet(newCircuit);
            byNode.put(node, circuit);
        }
        return circuit;
    }
}
