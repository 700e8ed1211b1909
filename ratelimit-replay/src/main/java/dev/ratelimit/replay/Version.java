package dev.ratelimit.replay;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version that the jar says it is. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        return new String[] {
            "ratelimit-replay "
                    + Objects.requireNonNullElse(
                            Version.class.getPackage().getImplementationVersion(), "(not from a jar)")
        };
    }
}
