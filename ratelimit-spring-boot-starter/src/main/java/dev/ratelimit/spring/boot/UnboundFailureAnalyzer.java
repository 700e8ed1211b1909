package dev.ratelimit.spring.boot;

import dev.ratelimit.spring.boot.RateLimitPropertyException.Finding;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/**
 * Says which names are known where Boot itself fails, as at an item of a list that has unknown names only. Goes before
 * Boot's own analyzer, which names none.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class UnboundFailureAnalyzer extends AbstractFailureAnalyzer<UnboundConfigurationPropertiesException> {

    private final Environment environment;

    UnboundFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, UnboundConfigurationPropertiesException cause) {
        List<Finding> unknown = PropertyRules.unknown(environment);
        return unknown.isEmpty() ? null : RateLimitFailureAnalyzer.analysis(unknown, environment, rootFailure);
    }
}
