/** Tests of the checks, and the checks of this library and its peers. */
@NullMarked
package dev.ratelimit.bench;

import org.jspecify.annotations.NullMarked;
