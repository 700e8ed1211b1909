/**
 * JMH benchmarks, and checks with the real clock. Read ratios between the lines of one run: absolute times say more of
 * the machine than of the code.
 */
@NullMarked
package dev.ratelimit.bench;

import org.jspecify.annotations.NullMarked;
