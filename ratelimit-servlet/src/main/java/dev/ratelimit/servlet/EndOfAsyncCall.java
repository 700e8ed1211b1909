package dev.ratelimit.servlet;

import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;

/**
 * Runs an action when an asynchronous request is over, whatever ended it. A server calls {@link #onComplete} once:
 * after a time-out and an error too.
 *
 * @param action what to do then
 */
record EndOfAsyncCall(Runnable action) implements AsyncListener {

    @Override
    public void onComplete(AsyncEvent event) {
        action.run();
    }

    /** Goes on listening: a handler that begins anew after a dispatch has lost its listeners. */
    @Override
    public void onStartAsync(AsyncEvent event) {
        event.getAsyncContext().addListener(this);
    }

    @Override
    public void onTimeout(AsyncEvent event) {}

    @Override
    public void onError(AsyncEvent event) {}
}
