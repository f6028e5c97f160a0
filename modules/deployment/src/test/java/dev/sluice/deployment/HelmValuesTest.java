package dev.sluice.deployment;

import static dev.sluice.deployment.Checkout.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sidecar.config.JsonSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The values of the chart: each is described once, has a default, and a wrong one is refused in words that help.
///
/// `-Dsluice.docs.write=true` writes the schema's part that is the program's, and the table of the README.
class HelmValuesTest {

    private static final Path SCHEMA = Checkout.CHART.resolve("values.schema.json");
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /// What the chart itself puts into sluice.yaml.
    private static final Map<String, List<String>> OF_THE_CHART =
            Map.of("server", List.of("password"), "store", List.of("credentials", "ca"), "", List.of("http"));

    @TempDir
    Path directory;

    // ---- the schema ----

    @Test
    void theConfigurationsPartIsThePrograms() throws IOException {
        Map<String, Object> schema = map(Checkout.yaml(SCHEMA));
        Map<String, Object> wanted = configuration();

        if (Checkout.WRITE) {
            map(schema.get("properties")).put("config", wanted);
            Files.writeString(SCHEMA, JSON.writeValueAsString(schema) + "\n");
        }
        assertThat(JSON.writeValueAsString(Checkout.at(Checkout.yaml(SCHEMA), "properties.config")))
                .isEqualTo(JSON.writeValueAsString(wanted));
    }

    /// The program's schema without what the chart says itself. What is required is asked for by the templates, whose
    /// words are better than a validator's.
    private static Map<String, Object> configuration() {
        Map<String, Object> sections = new LinkedHashMap<>(properties(JsonSchema.document()));
        OF_THE_CHART.get("").forEach(sections::remove);
        sections.replaceAll((_, section) -> plain(section));
        for (String name : List.of("server", "store")) {
            Map<String, Object> section = map(sections.get(name));
            section.remove("required");
            OF_THE_CHART.get(name).forEach(map(section.get("properties"))::remove);
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put(
                "description",
                "sluice.yaml but for what the chart adds: `server.password`, `store.credentials`, `store.ca` and `http`. Every key: docs/configuration.md.");
        schema.put("type", "object");
        schema.put("additionalProperties", false);
        schema.put("properties", sections);
        return schema;
    }

    private static Map<String, Object> properties(Object schema) {
        return map(map(schema).get("properties"));
    }

    /// Without the alternative null, which Helm takes for "without the default", and so without alternatives where one
    /// is left: a validator's message about alternatives tells little.
    private static Object plain(Object node) {
        if (node instanceof List<?> elements) {
            return elements.stream().map(HelmValuesTest::plain).toList();
        }
        if (!(node instanceof Map)) {
            return node;
        }
        // Where the program's own order is none, the alphabet's.
        Map<String, Object> schema =
                new LinkedHashMap<>(node instanceof LinkedHashMap ? map(node) : new TreeMap<>(map(node)));
        if (schema.get("anyOf") instanceof List<?> forms) {
            List<?> left = forms.stream()
                    .filter(form -> !form.equals(Map.of("type", "null")))
                    .toList();
            schema.remove("anyOf");
            if (left.size() == 1) {
                map(plain(left.getFirst())).forEach(schema::putIfAbsent);
            } else {
                schema.put("anyOf", left);
            }
        }
        schema.replaceAll((_, value) -> plain(value));
        return schema;
    }

    @Test
    void everyObjectOfTheChartsOwnRefusesWhatItDoesNotKnow() throws IOException {
        List<String> open = new ArrayList<>();
        open(Checkout.yaml(SCHEMA), "", open);

        // As Kubernetes has them: its own API refuses what is wrong there.
        assertThat(open)
                .containsExactlyInAnyOrder(
                        "global",
                        "env[].valueFrom",
                        "pod.tolerations[]",
                        "pod.affinity",
                        "sqlServer.env[].valueFrom",
                        "sqlServer.securityContext");
    }

    private static void open(Object node, String path, List<String> open) {
        Map<String, Object> schema = map(node);
        if ("object".equals(schema.get("type")) && !schema.containsKey("additionalProperties")) {
            open.add(path);
        }
        if (schema.get("properties") instanceof Map) {
            properties(schema).forEach((name, value) -> open(value, path.isEmpty() ? name : path + "." + name, open));
        }
        if (schema.get("items") instanceof Map) {
            open(schema.get("items"), path + "[]", open);
        }
    }

    // ---- the table ----

    private record Value(String path, String defaultValue, String description) {}

    @Test
    void theReadmeHasEveryValue() throws IOException {
        List<Value> values = new ArrayList<>();
        collect(Checkout.yaml(SCHEMA), Checkout.yaml(Checkout.CHART.resolve("values.yaml")), "", values);
        StringBuilder table = new StringBuilder("\n| Value | Default | |\n|---|---|---|\n");
        values.forEach(value -> table.append("| `%s` | %s | %s |\n"
                .formatted(value.path, value.defaultValue, value.description.replace("|", "\\|"))));

        Checkout.hold(
                Checkout.CHART.resolve("README.md"),
                "<!-- from the schema: begin -->\n",
                "<!-- from the schema: end -->\n",
                table.append('\n').toString());
    }

    private static void collect(Object node, Object defaults, String path, List<Value> values) {
        properties(node).forEach((name, property) -> {
            String full = path.isEmpty() ? name : path + "." + name;
            Map<String, Object> schema = map(property);
            assertThat(schema).as(full).containsKey("description");
            Object value = defaults instanceof Map ? map(defaults).get(name) : null;
            boolean ours = !full.equals("config") && schema.get("properties") instanceof Map;
            if (ours && !full.equals("secrets.create") && !full.endsWith("resources")) {
                collect(schema, value, full, values);
            } else if (!full.equals("global")) {
                values.add(new Value(full, text(full, value), (String) schema.get("description")));
            }
        });
    }

    private static String text(String path, Object value) {
        if (path.equals("config")) {
            return "see values.yaml";
        }
        return value == null || value.equals("")
                ? ""
                : "`" + JsonMapper.shared().writeValueAsString(value) + "`";
    }

    @Test
    void everyDefaultIsDescribed() throws IOException {
        Set<String> unknown = new TreeSet<>();
        unknown(Checkout.yaml(Checkout.CHART.resolve("values.yaml")), Checkout.yaml(SCHEMA), "", unknown);

        assertThat(unknown).isEmpty();
    }

    private static void unknown(Object defaults, Object schema, String path, Set<String> unknown) {
        if (!(defaults instanceof Map) || !map(schema).containsKey("properties")) {
            return;
        }
        map(defaults).forEach((name, value) -> {
            Object property = properties(schema).get(name);
            if (property == null) {
                unknown.add(path + name);
            } else {
                unknown(value, property, path + name + ".", unknown);
            }
        });
    }

    // ---- what is refused ----

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    imag: { tag: a }                                      | imag
                    image: { repository: '' }                             | image.repository is missing: the image of Sluice
                    mode: both                                            | 'standalone', 'sidecar'
                    config: { policy: [] }                                | policy
                    config: { policies: [{ databases: [a], ful: '0 1 * * SUN' }] } | ful
                    config: { policies: [{ databases: [a], keep: { full: 0 } }] }  | minimum
                    config: { memory: { budget: 1GB } }                   | /config/memory/budget
                    config: { store: { credentials: { access-key-id: a, secret-access-key: b } } } | credentials
                    config: { server: { password: a } }                   | password
                    config: { http: { listen: '0.0.0.0:8340' } }          | http
                    secrets: { existing: '' }                             | secrets.create.sqlPassword is missing: or name a Secret with the key sql-password
                    { config: { server: { kerberos: { principal: a@B, keytab: /k } } }, secrets: { existing: '' } } | config.server.kerberos needs secrets.existing
                    secrets: { existing: '', further: [a], create: { sqlPassword: a, saPassword: a, httpToken: a-token-of-enough-letters } } | secrets.create.further.a is missing
                    secrets: { create: { sqlPassword: a } }               | secrets.existing and secrets.create exclude each other
                    secrets: { create: { httpToken: short } }             | /secrets/create/httpToken
                    sqlServer: { acceptEula: false }                      | sqlServer.acceptEula is false: SQL Server starts only if you accept its licence
                    sqlServer: { acceptEula: 'yes' }                      | /sqlServer/acceptEula
                    sqlServer: { image: '' }                              | sqlServer.image is missing: SQL Server's own image
                    http: { listen: '127.0.0.1:8340' }                    | http.listen is 127.0.0.1:8340: the kubelet's probes come to the pod's address
                    http: { listen: '8340' }                              | /http/listen
                    sharedMemory: { size: 1GiB }                          | /sharedMemory/size
                    pod: { user: 0 }                                      | /pod/user
                    image: { digest: 'md5:1' }                            | /image/digest
                    mode: sidecar                                         | sidecar.selector is missing: the labels of the pods
                    """)
    void aWrongValueIsRefusedByName(String values, String said) throws IOException {
        Path wrong = Files.writeString(directory.resolve("wrong.yaml"), values);

        assertThatThrownBy(() -> Rendered.of(Checkout.CHART, Settings.EKS.files()[0], wrong))
                .hasMessageContaining(said);
    }

    @ParameterizedTest
    @CsvSource({
        "config.server, identity, config.server.identity is missing: the server's name in the bucket",
        "config.store, bucket, config.store.bucket is missing: the bucket",
        "config.store, region, config.store.region is missing: the bucket's region",
        "image, repository, image.repository is missing: the image of Sluice",
        "sqlServer, image, sqlServer.image is missing: SQL Server's own image",
    })
    void whatIsMissingIsAskedForByName(String section, String key, String said) throws IOException {
        Object values = Checkout.yaml(Settings.EKS.files()[0]);
        assertThat(map(Checkout.at(values, section)).remove(key)).isNotNull();
        Path file = Files.writeString(
                directory.resolve("values.yaml"), JsonMapper.shared().writeValueAsString(values));

        assertThatThrownBy(() -> Rendered.of(Checkout.CHART, file)).hasMessageContaining(said);
    }

    @Test
    void theSettingsSayNothingThatIsADefaultAlready() throws IOException {
        Object defaults = Checkout.yaml(Checkout.CHART.resolve("values.yaml"));
        for (Settings settings : List.of(Settings.EKS, Settings.ON_PREM)) {
            assertThat(repeated(Checkout.yaml(settings.files()[0]), defaults, ""))
                    .as("%s", settings)
                    .isEmpty();
        }
    }

    private static List<String> repeated(Object values, Object defaults, String path) {
        List<String> repeated = new ArrayList<>();
        map(values).forEach((name, value) -> {
            Object other = map(defaults).get(name);
            if (value instanceof Map && other instanceof Map) {
                repeated.addAll(repeated(value, other, path + name + "."));
            } else if (value.equals(other)) {
                repeated.add(path + name);
            }
        });
        return repeated;
    }
}
