/** A service that streams answers of a model, limited by calls and by tokens. */
@NullMarked
package dev.ratelimit.example;

import org.jspecify.annotations.NullMarked;
