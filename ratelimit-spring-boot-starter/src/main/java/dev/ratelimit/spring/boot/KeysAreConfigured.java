package dev.ratelimit.spring.boot;

import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Holds if the properties name keys, or a file of them. */
final class KeysAreConfigured extends SpringBootCondition {

    private static final String KEYS = "ratelimit.api-keys.";

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        Binder binder = Binder.get(context.getEnvironment());
        boolean areThere = isBound(binder, KEYS + "keys", Bindable.listOf(KeyProperties.class))
                || isBound(binder, KEYS + "demo-keys", Bindable.listOf(KeyProperties.class))
                || isBound(binder, KEYS + "keys-location", Bindable.of(String.class));
        return new ConditionOutcome(areThere, areThere ? "there are keys" : "there are no keys");
    }

    private static boolean isBound(Binder binder, String name, Bindable<?> type) {
        return binder.bind(name, type).isBound();
    }
}
