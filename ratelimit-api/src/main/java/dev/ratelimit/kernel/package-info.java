/**
 * What the modules of this library share and users do not see: exported to those modules only, without a promise of
 * compatibility.
 */
@NullMarked
package dev.ratelimit.kernel;

import org.jspecify.annotations.NullMarked;
