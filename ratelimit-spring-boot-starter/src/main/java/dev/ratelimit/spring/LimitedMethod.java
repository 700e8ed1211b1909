package dev.ratelimit.spring;

import dev.ratelimit.KeyUnknown;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.expression.EvaluationContext;
import org.springframework.expression.EvaluationException;
import org.springframework.expression.Expression;
import org.springframework.expression.ExpressionParser;
import org.springframework.expression.ParseException;
import org.springframework.expression.spel.standard.SpelExpressionParser;

/** What a {@link RateLimited} method says of its calls. Immutable. */
final class LimitedMethod {

    private static final ExpressionParser PARSER = new SpelExpressionParser();
    private static final ParameterNameDiscoverer NAMES = new DefaultParameterNameDiscoverer();
    private static final Rejected NOBODY = Rejected.permanent(new KeyUnknown(), "");

    private final Method method;
    private final String endpoint;
    private final Unit unit;
    private final @Nullable Expression usage;
    private final @Nullable Expression caller;

    LimitedMethod(Method method, RateLimited annotation) {
        this.method = method;
        this.endpoint = annotation.endpoint();
        this.unit = new Unit(annotation.unit());
        this.usage = parse("usage", annotation.usage());
        this.caller = parse("caller", annotation.caller());
    }

    private @Nullable Expression parse(String name, String text) {
        try {
            return text.isEmpty() ? null : PARSER.parseExpression(text);
        } catch (ParseException e) {
            throw failure(name, "an expression", text, e);
        }
    }

    private IllegalStateException failure(String name, String rule, @Nullable Object value, @Nullable Throwable cause) {
        return new IllegalStateException(
                "@RateLimited " + name + " of " + method.getDeclaringClass().getName() + "." + method.getName()
                        + " must be " + rule + ": " + name + "=" + value,
                cause);
    }

    String endpoint() {
        return endpoint;
    }

    boolean statesCaller() {
        return caller != null;
    }

    /** Returns what a call is expected to use. */
    Usage usage(Object target, @Nullable Object[] arguments) {
        if (usage == null) {
            return Usage.of(unit, 1);
        }
        Object value = value("usage", usage, target, arguments);
        if (value instanceof Usage stated) {
            return stated;
        }
        if (value instanceof Number number && isWhole(number) && number.longValue() >= 0) {
            return Usage.of(unit, number.longValue());
        }
        throw failure("usage", "a Usage, or a whole number from 0", value, null);
    }

    private static boolean isWhole(Number number) {
        return number instanceof Long || number instanceof Integer || number instanceof Short;
    }

    /** Returns who calls, by the expression. */
    Resolution caller(Object target, @Nullable Object[] arguments, RateLimiter limiter) {
        Object value = caller == null ? null : value("caller", caller, target, arguments);
        if (value == null) {
            return NOBODY;
        }
        if (value instanceof Resolution who) {
            return who;
        }
        if (value instanceof CharSequence organization) {
            return limiter.caller(organization.toString());
        }
        throw failure(
                "caller",
                "the name of an organization, a Caller or null",
                value.getClass().getName(),
                null);
    }

    IllegalStateException noCaller() {
        return failure("caller", "stated, since it is called outside of a request that says who calls", "", null);
    }

    private @Nullable Object value(String name, Expression expression, Object target, @Nullable Object[] arguments) {
        EvaluationContext context = new MethodBasedEvaluationContext(target, method, arguments, NAMES);
        try {
            return expression.getValue(context);
        } catch (EvaluationException e) {
            throw failure(name, "an expression over the arguments", expression.getExpressionString(), e);
        }
    }
}
