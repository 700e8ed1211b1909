/** Tiers from a file of YAML or JSON. */
module dev.ratelimit.config {
    requires static org.jspecify;
    requires transitive dev.ratelimit;
    requires org.yaml.snakeyaml;

    exports dev.ratelimit.config;
}
