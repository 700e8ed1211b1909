/**
 * Races on the classes of the in-memory limiter, in their own package so that what is package-private can be raced.
 * Each jcstress test says in its outcomes what may be seen.
 */
@NullMarked
package dev.ratelimit.core;

import org.jspecify.annotations.NullMarked;
