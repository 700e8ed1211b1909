/**
 * What a backend or a host application implements: a source of time, a listener, a store of quotas; and what backends
 * share.
 *
 * <p>Methods throw {@link NullPointerException} for a {@code null} argument. A limiter calls a time source, a listener
 * and a store by many threads at a time, so their implementations must be safe for that.
 */
@NullMarked
package dev.ratelimit.spi;

import org.jspecify.annotations.NullMarked;
