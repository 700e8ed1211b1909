package dev.ratelimit.spring.boot;

import java.util.List;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Holds if the properties name keys, or a file of them. */
final class KeysAreConfigured extends SpringBootCondition {

    private static final List<ConfigurationPropertyName> KEYS = List.of(
            ConfigurationPropertyName.of("ratelimit.api-keys.keys"),
            ConfigurationPropertyName.of("ratelimit.api-keys.demo-keys"),
            ConfigurationPropertyName.of("ratelimit.api-keys.keys-location"));

    /** Looks for names, since a list that is bound here would be bound twice. */
    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(context.getEnvironment())) {
            for (ConfigurationPropertyName name : KEYS) {
                if (source.getConfigurationProperty(name) != null
                        || source.containsDescendantOf(name) != ConfigurationPropertyState.ABSENT) {
                    return ConditionOutcome.match("there are keys");
                }
            }
        }
        return ConditionOutcome.noMatch("there are no keys");
    }
}
