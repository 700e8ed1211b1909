/** What a backend or a host application implements: a source of time, a listener, a store of quotas. */
@NullMarked
package dev.ratelimit.spi;

import org.jspecify.annotations.NullMarked;
