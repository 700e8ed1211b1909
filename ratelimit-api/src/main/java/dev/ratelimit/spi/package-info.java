/** What a backend or a host application implements: where time comes from, and who hears what is decided. */
@NullMarked
package dev.ratelimit.spi;

import org.jspecify.annotations.NullMarked;
