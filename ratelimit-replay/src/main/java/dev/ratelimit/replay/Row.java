package dev.ratelimit.replay;

import dev.ratelimit.Usage;

/**
 * One call of a trace.
 *
 * @param time when it was made, in nanoseconds since 1970; never negative, so that any two times can be subtracted
 * @param organization who called
 * @param endpoint what was called
 * @param usage what the call used
 */
record Row(long time, String organization, String endpoint, Usage usage) {}
