/** A service of Spring Boot whose calls are limited by its configuration: nothing here says anything about limits. */
@NullMarked
package dev.ratelimit.example.boot;

import org.jspecify.annotations.NullMarked;
