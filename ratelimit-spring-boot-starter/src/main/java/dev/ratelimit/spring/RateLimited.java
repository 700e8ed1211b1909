package dev.ratelimit.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Limits the calls of a method of a Spring bean. A call that is refused throws a {@link RateLimitExceededException},
 * which is answered as a refusal of the filter is.
 *
 * <pre>{@code
 * @RateLimited(endpoint = "embed", caller = "#job.organization()", usage = "#job.texts().size()", unit = "tokens")
 * Vectors embed(Job job);
 * }</pre>
 *
 * <p><b>Once.</b> Within a request that the filter has charged for the same endpoint, a call is charged nothing. In
 * WebFlux that is known of a method that returns a {@code Mono} or a {@code Flux}, or that takes the {@code
 * ServerWebExchange}.
 *
 * <p><b>When.</b> The usage is reserved before the method runs, and settled for the same when it ends, be it by an
 * exception. What it holds in flight ends then. A {@code CompletionStage} ends when it completes. A {@code Mono} or
 * {@code Flux} is asked for at each subscription, without a thread that waits, and ends when it completes, fails or is
 * cancelled. Other methods wait for the store on the thread that calls them.
 *
 * <p>As with all of Spring's proxies, a call from within the same object is not seen.
 */
@Documented
@Inherited
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface RateLimited {

    /**
     * Returns the name of the endpoint, which the rows of tiers name.
     *
     * @return the name as it is
     */
    String endpoint();

    /**
     * Returns what a call is expected to use, as an expression in the Spring Expression Language over the arguments. It
     * gives a whole number of units, or a {@link dev.ratelimit.Usage}.
     *
     * @return for example {@code #prompt.length()}; one unit unless stated
     */
    String usage() default "";

    /**
     * Returns the unit of a usage that is a number.
     *
     * @return the name of the unit, such as {@code tokens}
     */
    String unit() default "calls";

    /**
     * Returns who calls, as an expression in the Spring Expression Language over the arguments. It gives the name of an
     * organization, or a {@link dev.ratelimit.Resolution}. Nobody, which is {@code null}, is refused as a missing key
     * is.
     *
     * @return for example {@code #job.organization()}; who calls the request unless stated
     */
    String caller() default "";
}
