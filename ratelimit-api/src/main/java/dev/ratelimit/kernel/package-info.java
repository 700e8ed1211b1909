/**
 * What the backends share and users do not see. The module exports this package to the backends only. It is in no
 * documentation and promises no compatibility: {@link dev.ratelimit.kernel.ApiVersion} holds a backend to the version
 * of the API that it was compiled against.
 */
@NullMarked
package dev.ratelimit.kernel;

import org.jspecify.annotations.NullMarked;
