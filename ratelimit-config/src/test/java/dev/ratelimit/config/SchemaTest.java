package dev.ratelimit.config;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The JSON Schema for editors says of a file's structure what the reader says. */
class SchemaTest {

    private static final Schema SCHEMA = schema();

    static List<Path> examples() throws IOException {
        return Examples.all();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void theSchemaAcceptsTheExamples(Path file) throws IOException {
        assertThat(errors(Files.readString(file))).isEmpty();
    }

    @Test
    void theSchemaAcceptsWhatIsWritten() throws IOException {
        for (Path file : Examples.all()) {
            String written = TierFile.write(TierFile.read(file).tiers().values());
            assertThat(errors(written)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tiers: [{name: x, tables: [{name: tb, rows: [{all: each, limit: 1 call per minute}]}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: [{all: together, limit: 1 call per minute}]}]}]",
                "tiers: [{name: x, other-endpoints: refused, rows: [{each: [a], limits: [1 call per minute]}]}]",
                "tiers: [{name: x, rows: [{together: [a], named: g, limit: 1 call per minute}]}]",
                "tiers: [{name: x, rows: [{others: each, limit: 1 call per minute}, {unlimited: [a]}]}]",
                "tiers: [{name: x, rows: [{others: together, named: g, limit: 1 call per minute}]}]",
                "tiers: [{name: x, rows: [{all: together, limits: [1 call per minute, 2 calls per call]}]}]",
                "tiers: [{name: x, rows: [{each: [chat/*, PUT *, '*:x', b], limit: 1 call per minute}]}]",
                "endpoints: [a/b]\ntiers: [{name: x, rows: [{each: [a/*], limit: 1 call per minute}]}]"
            })
    void theSchemaAcceptsWhatTheReaderReads(String text) {
        assertThat(TierFile.parse(text).tiers()).hasSize(1);
        assertThat(errors(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "units: [a]",
                "tiers: []",
                "tiers: [free]",
                "tiers: [{nam: x}]",
                "tiers: [{name: [x]}]",
                "tiers: [{name: ' '}]",
                "tiers: [{name: 5}]",
                "tiers: [{name: x, message: 5}]",
                "tiers: [{name: x, tables: [{name: tb}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: []}]}]",
                "tiers: [{name: x, tables: [{name: tb, shadow: 'true', rows: [{unlimited: [a]}]}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: [{each: a, limit: 1 call per minute}]}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: [{each: [a]}]}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: [{each: [a], named: g, limit: 1 call per minute}]}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: [{together: [a], limit: 1 call per minute}]}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: [{others: together, limit: 1 call per minute}]}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: [{others: all, limit: 1 call per minute}]}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: [{unlimited: [a], limit: 1 call per minute}]}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: [{all: some, limit: 1 call per minute}]}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: [{all: each, named: g, limit: 1 call per minute}]}]}]",
                "tiers: [{name: x, tables: [{name: tb, rows: [{each: [a], limits: [1 call per minute]}]}]}]",
                "tiers: [{name: x, other-endpoints: allowed}]",
                "tiers: [{name: x, rows: []}]",
                "tiers: [{name: x, rows: [{each: [a]}]}]",
                "tiers: [{name: x, rows: [{each: [a], limits: []}]}]",
                "tiers: [{name: x, rows: [{each: [a], limit: 1 call per minute, limits: [1 call per day]}]}]",
                "tiers: [{name: x, rows: [{each: [a], named: g, limit: 1 call per minute}]}]",
                "tiers: [{name: x, rows: [{others: together, limit: 1 call per minute}]}]",
                "tiers: [{name: x, rows: [{unlimited: [a], limits: [1 call per minute]}]}]",
                "tiers: [{name: x, rows: [{each: ['*'], limit: 1 call per minute}]}]",
                "tiers: [{name: x, rows: [{together: [a*b*], named: g, limit: 1 call per minute}]}]",
                "endpoints: [a*]\ntiers: [{name: x, rows: [{each: [a*], limit: 1 call per minute}]}]"
            })
    void whatTheSchemaRefusesTheReaderRefuses(String text) {
        assertThat(errors(text)).isNotEmpty();
        assertThat(TierFileErrorsTest.errorsOf(text)).isNotEmpty();
    }

    private static List<com.networknt.schema.Error> errors(String yaml) {
        return SCHEMA.validate(yaml, InputFormat.YAML);
    }

    private static Schema schema() {
        try (InputStream in = requireNonNull(TierFile.class.getResourceAsStream("tiers.schema.json"))) {
            return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(new String(in.readAllBytes(), StandardCharsets.UTF_8), InputFormat.JSON);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
