package dev.ratelimit.spring.boot;

import dev.ratelimit.spi.Printable;
import dev.ratelimit.spring.boot.RateLimitPropertyException.Finding;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.Environment;

/** Says which property is wrong, what it is, where it stands, and what it must be. */
final class RateLimitFailureAnalyzer extends AbstractFailureAnalyzer<RateLimitPropertyException> {

    /** What else stands in a list of keys may be a key whose name is misspelt. */
    private static final Set<String> SHOWN_OF_KEYS = Set.of("organization", "tier", "id", "revoked", "revoked-until");

    private final Environment environment;

    RateLimitFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, RateLimitPropertyException cause) {
        return analysis(cause.findings(), environment, rootFailure);
    }

    static FailureAnalysis analysis(List<Finding> findings, Environment environment, Throwable rootFailure) {
        StringBuilder description = new StringBuilder("The rate limits are not configured correctly:\n");
        for (Finding finding : findings) {
            description.append("\n    Property: ").append(finding.property());
            ConfigurationProperty found = find(environment, finding.property());
            description.append("\n    Value: ").append(found == null ? "(none)" : value(found));
            if (found != null && found.getOrigin() != null) {
                description.append("\n    Origin: ").append(found.getOrigin());
            }
            description.append("\n    Rule: ").append(finding.rule()).append('\n');
        }
        return new FailureAnalysis(description.toString(), "Change the configuration of ratelimit.", rootFailure);
    }

    private static String value(ConfigurationProperty property) {
        String name = property.getName().toString();
        boolean isSecret = name.endsWith(".key")
                || name.endsWith(".digest") // which may be a key by mistake
                || (name.contains("keys[")
                        && !SHOWN_OF_KEYS.contains(property.getName().getLastElement(Form.DASHED)));
        return isSecret ? "(a key)" : '"' + Printable.name(String.valueOf(property.getValue())) + '"';
    }

    /** Returns a property as it stands in its source; null if it is in none. */
    static @Nullable ConfigurationProperty find(Environment environment, String property) {
        ConfigurationPropertyName name = ConfigurationPropertyName.of(property);
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            ConfigurationProperty found = source.getConfigurationProperty(name);
            if (found != null) {
                return found;
            }
        }
        return null;
    }
}
