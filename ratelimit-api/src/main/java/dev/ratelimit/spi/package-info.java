/** What a backend or a host application implements: so far, where time comes from. */
@NullMarked
package dev.ratelimit.spi;

import org.jspecify.annotations.NullMarked;
