package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.ratelimit.Tier;
import dev.ratelimit.config.TierFile;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.DefaultResourceLoader;

/** Tiers mean the same in a file of their own and in {@code application.yml}, which Boot reads by other rules. */
class InlineTiersTest {

    static List<Path> files() throws IOException {
        try (Stream<Path> examples = Files.list(examples());
                Stream<Path> own = Files.list(Path.of(resource("/tiers")))) {
            return Stream.concat(examples, own)
                    .filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    private static Path examples() {
        return Repository.file("examples/tiers");
    }

    private static URI resource(String name) {
        try {
            return InlineTiersTest.class.getResource(name).toURI();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(name, e);
        }
    }

    /** Reads a tier file as Boot reads one that stands below "ratelimit:". */
    private static Map<String, Tier> inline(String text) throws IOException {
        String indented = "ratelimit:\n" + text.indent(2);
        StandardEnvironment environment = new StandardEnvironment();
        for (PropertySource<?> source : new YamlPropertySourceLoader()
                .load("application.yml", new ByteArrayResource(indented.getBytes(StandardCharsets.UTF_8)))) {
            environment.getPropertySources().addLast(source);
        }
        RateLimitProperties bound = Binder.get(environment)
                .bind("ratelimit", RateLimitProperties.class)
                .get();
        return new TiersAndKeysReader(bound, environment, new DefaultResourceLoader())
                .read(new TiersAndKeysReader.Files(ByteBuffer.allocate(0), ByteBuffer.allocate(0)))
                .tiers();
    }

    @Test
    void thereAreTwentyFiles() throws IOException {
        assertThat(files()).hasSizeGreaterThanOrEqualTo(20);
    }

    @ParameterizedTest
    @MethodSource("files")
    void aFileAndTheSameTextBelowRatelimitAreTheSameTiers(Path file) throws IOException {
        Map<String, Tier> read = TierFile.read(file).tiers();

        assertThat(List.copyOf(inline(Files.readString(file)).values()))
                .isNotEmpty()
                .isEqualTo(List.copyOf(read.values()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "on | {all: each, limit: 5 calls per minute} | tiers[0].name: must be a text, and true",
                "20:00 | {all: each, limit: 5 calls per minute} | tiers[0].name: must be a text, and 1200",
                "a | {each: chat, limit: 5 calls per minute} | rows[0].each: must be a list",
                "a | {each: [off], limit: 5 calls per minute} | rows[0].each[0]: must be a text, and false",
                "a | {each: [], limit: 5 calls per minute} | rows[0].each: the endpoints of a row must be at least one",
                "a | {all: each, limit: 5 calls per month} | rows[0].limit: say \"per calendar month\" or",
                "a | {all: each, limit: 5} | rows[0].limit: must be a text, and 5 is none",
            })
    void whatBootBindsButAFileRefusesIsRefused(String name, String row, String finding) {
        String tier = "{name: " + name + ", tables: [{name: t, rows: [" + row + "]}]}";
        assertThatExceptionOfType(RateLimitPropertyException.class)
                .isThrownBy(() -> inline("tiers:\n  - " + tier + "\n"))
                .withMessageContaining(finding);
    }
}
