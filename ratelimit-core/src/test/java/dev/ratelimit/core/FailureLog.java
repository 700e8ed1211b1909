package dev.ratelimit.core;

import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/** A {@link System.Logger} of failures that records each message, behind its level, and what was thrown. */
final class FailureLog implements System.Logger {

    final List<String> messages = new ArrayList<>();
    final List<Throwable> thrown = new ArrayList<>();

    @Override
    public String getName() {
        return "recorded";
    }

    @Override
    public boolean isLoggable(Level level) {
        return true;
    }

    @Override
    public void log(Level level, @Nullable ResourceBundle bundle, String message, Throwable failure) {
        messages.add(level + " " + message);
        thrown.add(failure);
    }

    @Override
    public void log(Level level, @Nullable ResourceBundle bundle, String format, Object... parameters) {
        throw new AssertionError("a failure is logged with what was thrown");
    }
}
