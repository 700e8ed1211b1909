package dev.ratelimit.replay;

import java.io.IOException;

/** A file made of the decisions. */
interface Output extends DecisionListener {

    /** Writes what is not written yet. */
    void finish() throws IOException;
}
