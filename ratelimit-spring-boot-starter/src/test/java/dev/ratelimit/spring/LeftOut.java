package dev.ratelimit.spring;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Leaves out what Boot would make because the class path of the tests has it: security, unless {@code test.security} is
 * true; a database, unless {@code spring.datasource.url} is stated; and Jetty, which a test takes by hand. The names
 * differ between versions of Boot.
 */
public final class LeftOut implements AutoConfigurationImportFilter, EnvironmentAware {

    private @Nullable Environment environment;

    /** For Boot. */
    public LeftOut() {}

    @Override
    public void setEnvironment(Environment environment) {
        this.environment = environment;
    }

    @Override
    public boolean[] match(String[] names, AutoConfigurationMetadata metadata) {
        boolean[] kept = new boolean[names.length];
        for (int i = 0; i < names.length; i++) {
            kept[i] = names[i] == null || isKept(names[i], requireNonNull(environment));
        }
        return kept;
    }

    private static boolean isKept(String name, Environment environment) {
        boolean isSecurity = name.startsWith("org.springframework.boot.") && name.contains(".security.");
        boolean isDatabase = name.endsWith(".DataSourceAutoConfiguration");
        return (!isSecurity || environment.getProperty("test.security", Boolean.class, false))
                && (!isDatabase || environment.containsProperty("spring.datasource.url"))
                && !name.startsWith("org.springframework.boot.jetty.");
    }
}
