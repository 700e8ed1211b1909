/** The listener that writes to SLF4J. This package alone needs SLF4J 2, which the host brings. */
@NullMarked
package dev.ratelimit.slf4j;

import org.jspecify.annotations.NullMarked;
