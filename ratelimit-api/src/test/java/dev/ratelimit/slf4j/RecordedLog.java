package dev.ratelimit.slf4j;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;
import org.slf4j.event.LoggingEvent;
import org.slf4j.spi.LoggingEventAware;

/** An SLF4J logger that keeps its lines, and what else it was asked. */
final class RecordedLog implements InvocationHandler {

    final Queue<LoggingEvent> lines = new ConcurrentLinkedQueue<>();
    final List<String> asked = new CopyOnWriteArrayList<>();
    final Logger logger = (Logger) Proxy.newProxyInstance(
            RecordedLog.class.getClassLoader(), new Class<?>[] {Logger.class, LoggingEventAware.class}, this);

    private final Level lowest;

    RecordedLog(Level lowest) {
        this.lowest = lowest;
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        if (method.getName().equals("log")) {
            lines.add((LoggingEvent) arguments[0]);
            return null;
        }
        if (method.isDefault()) {
            return InvocationHandler.invokeDefault(proxy, method, arguments);
        }
        asked.add(method.getName());
        Level level =
                Level.valueOf(method.getName().replaceAll("is|Enabled", "").toUpperCase(Locale.ROOT));
        return level.toInt() >= lowest.toInt();
    }

    /** Returns the lines, for example {@code WARN reset acme: organization=acme}. */
    List<String> texts() {
        return lines.stream()
                .map(line -> line.getLevel() + " " + line.getMessage() + ": "
                        + line.getKeyValuePairs().stream()
                                .map(pair -> pair.key + "=" + pair.value)
                                .collect(joining(", ")))
                .toList();
    }

    /** Returns the values of a key, by line; every line must have it. */
    List<Object> values(String key) {
        return lines.stream()
                .map(line -> line.getKeyValuePairs().stream()
                        .filter(pair -> pair.key.equals(key))
                        .findAny()
                        .orElseThrow())
                .map((KeyValuePair pair) -> requireNonNull(pair.value))
                .toList();
    }

    /** Returns the sum of the values of {@code suppressed}. */
    long suppressed() {
        return values("suppressed").stream().mapToLong(value -> (long) value).sum();
    }
}
