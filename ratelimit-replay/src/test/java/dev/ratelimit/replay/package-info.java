/** Tests of the replay, most of them through its command line. */
@NullMarked
package dev.ratelimit.replay;

import org.jspecify.annotations.NullMarked;
