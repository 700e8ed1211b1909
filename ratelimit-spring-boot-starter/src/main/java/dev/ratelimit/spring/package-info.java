/**
 * What an application that Spring Boot starts says to the limits of its calls in Java, be it of Spring MVC or of
 * WebFlux. All of it is optional: the properties of {@code ratelimit} suffice for an API with keys.
 */
@NullMarked
package dev.ratelimit.spring;

import org.jspecify.annotations.NullMarked;
