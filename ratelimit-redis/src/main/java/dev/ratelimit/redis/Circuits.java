package dev.ratelimit.redis;

import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A circuit for each node of a cluster, so that one that is lost is not asked while the others are. Safe for use by many threads.
 */
final class Circuits {

    private final Map<String, Circuit> byNode = new ConcurrentHashMap<>();

    /** Of each node whose circuit was found open, by its name, a key that was asked for then. */
    private final Map<String, String> away = new ConcurrentHashMap<>();

    private final UnaryOperator<String> nodeOf;
    private final Predicate<String> hasKeys;
    private final Supplier<Circuit> newCircuit;

    /** Makes them, by the name of the node that has a key, whether the node of a name still has keys, and what makes one. */
    Circuits(UnaryOperator<String> nodeOf, Predicate<String> hasKeys, Supplier<Circuit> newCircuit) {
        this.nodeOf = nodeOf;
        this.hasKeys = hasKeys;
        this.newCircuit = newCircuit;
    }

    Circuit of(String key) {
        String node = nodeOf.apply(key);
        Circuit known = byNode.get(node);
        Circuit circuit = known != null ? known : takenOverBy(node);
        if (circuit.isOpen()) {
            away.putIfAbsent(node, key);
        } else if (!away.isEmpty()) {
            away.forEach(this::endIfMoved);
        }
        return circuit;
    }

    /** Ends the outage of a node that has no keys any more, if the one that has its key now is asked by a circuit of its own. */
    private void endIfMoved(String node, String key) {
        Circuit circuit = byNode.get(node);
        Circuit other = byNode.get(nodeOf.apply(key));
        if (circuit == null || !circuit.isOpen()) {
            away.remove(node);
        } else if (other != null && !other.isOpen() && !hasKeys.test(node) && byNode.remove(node, circuit)) {
            circuit.retire();
        }
    }

    /**
     * A node that is new takes the circuit of one that has no keys any more, one that is away if there is: its first answer is the end of
     * that one's outage.
     */
    private synchronized Circuit takenOverBy(String node) {
        Circuit circuit = byNode.get(node);
        if (circuit == null) {
            circuit = byNode.keySet().stream()
                    .filter(hasKeys.negate())
                    .max(Comparator.comparing(away::containsKey))
                    .map(byNode::remove)
                    .orElseGet(newCircuit);
            byNode.put(node, circuit);
        }
        return circuit;
    }
}
