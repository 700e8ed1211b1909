package dev.ratelimit.redis;

import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Keeps what is logged. */
final class LogLines implements System.Logger {

    private record Line(String message, @Nullable Throwable thrown) {}

    private final List<Line> lines = new CopyOnWriteArrayList<>();

    /** Returns the messages that have a text in them, oldest first. */
    List<String> with(String text) {
        return lines.stream()
                .map(Line::message)
                .filter(message -> message.contains(text))
                .toList();
    }

    /** Returns the exceptions that were logged with messages that have a text in them. */
    List<@Nullable Throwable> thrownWith(String text) {
        return lines.stream()
                .filter(line -> line.message.contains(text))
                .<@Nullable Throwable>map(Line::thrown)
                .toList();
    }

    @Override
    public String getName() {
        return "test";
    }

    @Override
    public boolean isLoggable(Level level) {
        return true;
    }

    @Override
    public void log(Level level, @Nullable ResourceBundle bundle, String message, @Nullable Throwable thrown) {
        lines.add(new Line(message, thrown));
    }

    @Override
    public void log(Level level, @Nullable ResourceBundle bundle, String format, @Nullable Object... parameters) {
        lines.add(new Line(format, null));
    }
}
