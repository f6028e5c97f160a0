package dev.sluice.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/// The schema as an editor uses it, by a validator that knows nothing of the records.
class JsonSchemaTest {

    private static final String RIGHT = """
            server: { url: "jdbc:sqlserver://localhost", user: sa, password: "${file:/run/secrets/sa}", identity: one }
            store: { bucket: backups, region: eu-central-1, endpoint: null, path-style: auto, sse: { kms: alias/sql }, tags: ["a=b"] }
            memory: { budget: 512MiB }
            upload: { part-size: auto, concurrency: auto, rate-limit: 200MiB/s }
            backup: { stripes: 2, compression: true }
            limits: { stall: 30m, log-percent: 90 }
            policies:
              - { databases: ["Sales*"], full: "0 1 * * SUN", keep: { full: 5, days: 35 } }
            notify:
              - { name: on-call, webhook: { url: "https://example.com/a", secret: a-long-enough-secret }, events: [failure] }
            """;

    private final Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(JsonMapper.shared().writeValueAsString(JsonSchema.document()), InputFormat.JSON);

    private List<?> errors(String yaml) {
        return schema.validate(yaml, InputFormat.YAML);
    }

    @Test
    void itIsASchemaItself() {
        Schema meta = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(com.networknt.schema.SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));

        assertThat(meta.validate(JsonMapper.shared().writeValueAsString(JsonSchema.document()), InputFormat.JSON))
                .isEmpty();
    }

    @Test
    void aRightConfigurationPasses() {
        assertThat(errors(RIGHT)).isEmpty();
    }

    @Test
    void whatTheProgramShowsPasses() {
        ConfigurationFile file = ConfigurationFile.parse(
                java.nio.file.Path.of("sluice.yaml"), RIGHT.replace("${file:/run/secrets/sa}", "hunter2"), _ -> null);

        assertThat(errors(file.toYaml())).isEmpty();
    }

    @Test
    void aReferenceMayStandForAnySingleValue() {
        assertThat(errors(RIGHT.replace("stripes: 2", "stripes: \"${STRIPES}\"").replace("512MiB", "\"${BUDGET}\"")))
                .isEmpty();
    }

    @Test
    void aSectionsWordPassesInItsPlace() {
        assertThat(errors(RIGHT.replace("{ kms: alias/sql }", "s3"))).isEmpty();
        assertThat(errors(RIGHT.replace("{ kms: alias/sql }", "\"${SSE}\""))).isEmpty();
    }

    /// Pairs of what is right and what is wrong instead.
    static List<String[]> wrong() {
        return List.of(
                new String[] {"bucket: backups", "buckt: backups"},
                new String[] {"bucket: backups,", ""},
                new String[] {"512MiB", "512"},
                new String[] {"512MiB", "512MB"},
                new String[] {"stripes: 2", "stripes: 65"},
                new String[] {"stripes: 2", "stripes: many"},
                new String[] {"{ kms: alias/sql }", "kms"},
                new String[] {"{ kms: alias/sql }", "{}"},
                new String[] {"[\"a=b\"]", "[a]"},
                new String[] {"200MiB/s", "200MiB"},
                new String[] {"compression: true", "compression: brotli"},
                new String[] {"stall: 30m", "stall: 30"},
                new String[] {"log-percent: 90", "log-percent: 101"},
                new String[] {"path-style: auto", "path-style: perhaps"},
                new String[] {"jdbc:sqlserver", "jdbc:postgresql"},
                new String[] {"[\"Sales*\"]", "Sales*"},
                new String[] {"0 1 * * SUN", "weekly"},
                new String[] {"identity: one", "identity: a/b"},
                new String[] {"full: 5", "full: 0"},
                new String[] {"events: [failure]", "events: [failed]"},
                new String[] {"name: on-call, ", ""},
                new String[] {"notify:\n", "notified:\n"});
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void whatTheParserRefusesAnEditorMarks(String right, String wrong) {
        assertThat(RIGHT).contains(right);

        assertThat(errors(RIGHT.replace(right, wrong))).isNotEmpty();
    }
}
