package dev.sluice.deployment;

import static dev.sluice.deployment.Checkout.at;
import static dev.sluice.deployment.Checkout.list;
import static dev.sluice.deployment.Checkout.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.InstallCommand;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ConfigurationFile;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The chart in three real settings: Helm renders it, Kubernetes' own model takes every object of it, and the program
/// takes its configuration.
class HelmChartTest {

    /// The objects of the Prometheus operator, which Kubernetes' model does not have.
    private static final Set<String> OPERATOR = Set.of("ServiceMonitor", "PrometheusRule");

    private static final String KERBEROS = """
            config:
              server:
                kerberos:
                  principal: sluice@EXAMPLE.COM
                  keytab: /run/secrets/sluice/sluice.keytab
                  spn: MSSQLSvc/sql1.example.com:1433
            secrets: { existing: sql, further: [sluice.keytab] }
            """;

    @TempDir
    Path directory;

    private interface Strict {
        void look(JsonElement json) throws IOException;
    }

    private static final Map<String, Strict> KINDS = Map.of(
            "ConfigMap", V1ConfigMap::validateJsonElement,
            "Secret", V1Secret::validateJsonElement,
            "Service", V1Service::validateJsonElement,
            "ServiceAccount", V1ServiceAccount::validateJsonElement,
            "StatefulSet", V1StatefulSet::validateJsonElement);

    @ParameterizedTest
    @EnumSource
    void itRendersAndEveryObjectIsOneOfKubernetes(Settings settings) throws IOException {
        new JSON(); // sets up the model's own parser, which the checks use

        Rendered rendered = settings.render(directory);

        assertThat(rendered.all("StatefulSet")).hasSize(1);
        for (Map<String, Object> object : rendered.objects()) {
            String kind = (String) object.get("kind");
            if (!OPERATOR.contains(kind)) {
                assertThat(KINDS).as("a check of %s", kind).containsKey(kind);
                KINDS.get(kind).look(new Gson().toJsonTree(object));
            }
        }
    }

    /// The check above can fail.
    @Test
    void aFieldThatKubernetesDoesNotHaveIsRefused() throws IOException {
        new JSON();
        Rendered rendered = Settings.EKS.render(directory);
        rendered.container("sluice").put("restartPolice", "Always");

        assertThatThrownBy(() -> V1StatefulSet.validateJsonElement(new Gson().toJsonTree(rendered.one("StatefulSet"))))
                .hasMessageContaining("restartPolice");
    }

    @ParameterizedTest
    @EnumSource(
            value = Settings.class,
            names = {"EKS", "ON_PREM"})
    void helmLintsItStrictly(Settings settings) throws IOException {
        // Its linter takes no values files: the chart with other defaults is a chart, too.
        Path chart = Settings.copy(Checkout.CHART, directory.resolve("sluice"));
        Files.writeString(
                chart.resolve("values.yaml"),
                new Gson()
                        .toJson(merged(
                                Checkout.yaml(chart.resolve("values.yaml")), Checkout.yaml(settings.files()[0]))));

        var result = new Helm(chart).lint().strict().call();

        assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
    }

    private static Object merged(Object below, Object above) {
        if (!(below instanceof Map) || !(above instanceof Map)) {
            return above;
        }
        Map<String, Object> all = map(below);
        map(above).forEach((key, value) -> all.put(key, all.containsKey(key) ? merged(all.get(key), value) : value));
        return all;
    }

    @ParameterizedTest
    @EnumSource
    void theProgramTakesItsConfiguration(Settings settings) throws IOException {
        Rendered rendered = settings.render(directory);

        Configuration configuration = read(rendered).configuration();

        // Where the kubelet reaches it, so with a token.
        assertThat(configuration.http().listen().toString()).isEqualTo("0.0.0.0:8340");
        assertThat(configuration.http().token()).isNotNull();
    }

    /// As the container would, with its mounts moved into a directory of the test's.
    private ConfigurationFile read(Rendered rendered) throws IOException {
        String text = rendered.file("sluice.yaml");
        Set<String> mounted = mounted(rendered);
        Path secrets = Files.createDirectories(directory.resolve("secrets"));
        Matcher references =
                Pattern.compile("\\$\\{file:/run/secrets/sluice/([^}]+)}").matcher(text);
        Set<String> named =
                references.results().map(each -> each.group(1)).collect(Collectors.toCollection(TreeSet::new));
        assertThat(named)
                .as("every secret of sluice.yaml is mounted, and no other")
                .isEqualTo(mounted);
        for (String name : named) {
            Files.writeString(
                    secrets.resolve(name),
                    name.endsWith("url") ? "https://example.org/hook" : "a-secret-of-enough-letters");
        }
        Path file = Files.writeString(
                directory.resolve("sluice.yaml"), text.replace("/run/secrets/sluice/", secrets + "/"));
        return ConfigurationFile.read(file, _ -> null);
    }

    private static Set<String> mounted(Rendered rendered) {
        return list(at(volume(rendered, "sluice-secrets"), "secret.items")).stream()
                .map(item -> (String) map(item).get("path"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Map<String, Object> volume(Rendered rendered, String name) {
        return list(at(rendered.pod(), "volumes")).stream()
                .map(Checkout::map)
                .filter(volume -> volume.get("name").equals(name))
                .findFirst()
                .orElseThrow();
    }

    // ---- what must hold of the pod ----

    @ParameterizedTest
    @EnumSource
    void sluiceIsANativeSidecarAfterTheLibraryIsThere(Settings settings) throws IOException {
        Rendered rendered = settings.render(directory);

        assertThat(list(at(rendered.pod(), "initContainers")).stream()
                        .map(each -> map(each).get("name")))
                .containsExactly("vdi-library", "sluice");
        assertThat(rendered.container("sluice")).containsEntry("restartPolicy", "Always");
        assertThat(rendered.container("vdi-library")).doesNotContainKey("restartPolicy");
        // The library of the very SQL Server that runs.
        assertThat(rendered.container("vdi-library").get("image"))
                .isEqualTo(rendered.container("mssql").get("image"));
    }

    @ParameterizedTest
    @EnumSource
    void bothShareMemoryAsOneUser(Settings settings) throws IOException {
        Rendered rendered = settings.render(directory);

        assertThat(map(at(volume(rendered, "sluice-shm"), "emptyDir")))
                .containsEntry("medium", "Memory")
                .containsKey("sizeLimit");
        for (String name : List.of("sluice", "mssql")) {
            assertThat(mounts(rendered, name)).as(name).containsEntry("/dev/shm", "sluice-shm");
            Object own = rendered.container(name).get("securityContext");
            if (own != null) {
                assertThat(map(own)).as(name).doesNotContainKeys("runAsUser", "runAsGroup");
            }
        }
        assertThat(map(at(rendered.pod(), "securityContext")))
                .containsEntry("runAsUser", 10001)
                .containsEntry("runAsGroup", 10001)
                .containsEntry("fsGroup", 10001)
                .containsEntry("runAsNonRoot", true);
        assertThat(rendered.file("mssql.conf")).contains("[memory]\nenablecontainersharedmemory = true\n");
        assertThat(mounts(rendered, "mssql")).containsEntry("/var/opt/mssql/mssql.conf", "sluice-mssql-conf");
    }

    private static Map<String, Object> mounts(Rendered rendered, String container) {
        return list(rendered.container(container).get("volumeMounts")).stream()
                .map(Checkout::map)
                .collect(Collectors.toMap(mount -> (String) mount.get("mountPath"), mount -> mount.get("name")));
    }

    @ParameterizedTest
    @EnumSource
    void sluiceIsConfinedAndWritesNowhereButToSharedMemory(Settings settings) throws IOException {
        Rendered rendered = settings.render(directory);

        for (String name : List.of("sluice", "vdi-library")) {
            assertThat(map(rendered.container(name).get("securityContext")))
                    .as(name)
                    .containsEntry("readOnlyRootFilesystem", true)
                    .containsEntry("allowPrivilegeEscalation", false)
                    .containsEntry("capabilities", Map.of("drop", List.of("ALL")));
        }
        for (Object each : list(rendered.container("sluice").get("volumeMounts"))) {
            Map<String, Object> mount = map(each);
            assertThat(mount.getOrDefault("readOnly", false))
                    .as("%s", mount)
                    .isEqualTo(!mount.get("mountPath").equals("/dev/shm"));
            // A single file would keep its first content when the ConfigMap or the Secret changes.
            assertThat(mount).doesNotContainKey("subPath");
        }
    }

    /// A startup that waited for SQL Server would never end, for SQL Server starts after it. A readiness would take SQL
    /// Server out of its Service when the bucket is away.
    @ParameterizedTest
    @EnumSource
    void probesAskNeitherForTheServerNorForTheBucket(Settings settings) throws IOException {
        Map<String, Object> sluice = settings.render(directory).container("sluice");

        assertThat(at(sluice, "startupProbe.httpGet.path")).isEqualTo("/health/started");
        assertThat(at(sluice, "livenessProbe.httpGet.path")).isEqualTo("/health/live");
        assertThat(sluice).doesNotContainKey("readinessProbe");
    }

    /// A pod whose annotations change is made anew, and SQL Server with it.
    @Test
    void aChangeOfTheConfigurationLeavesThePodAlone() throws IOException {
        Path other = Files.writeString(directory.resolve("other.yaml"), "config: { backup: { stripes: 2 } }");

        Rendered before = Rendered.of(Checkout.CHART, Settings.EKS.files());
        Rendered after = Rendered.of(Checkout.CHART, Settings.EKS.files()[0], other);

        assertThat(after.file("sluice.yaml")).isNotEqualTo(before.file("sluice.yaml"));
        assertThat(after.one("StatefulSet")).isEqualTo(before.one("StatefulSet"));
    }

    @ParameterizedTest
    @EnumSource
    void theMemoryLimitHasRoomForTheBudgetAndForSharedMemory(Settings settings) throws IOException {
        Rendered rendered = settings.render(directory);

        long budget = read(rendered).configuration().memory().budget().bytes();
        long limit = bytes(at(rendered.container("sluice"), "resources.limits.memory"));
        long shared = bytes(at(volume(rendered, "sluice-shm"), "emptyDir.sizeLimit"));

        assertThat(limit).isGreaterThanOrEqualTo(budget + (450L << 20) + shared);
    }

    private static long bytes(Object quantity) {
        Matcher parts = Pattern.compile("(\\d+)(Mi|Gi)").matcher(quantity.toString());
        assertThat(parts.matches()).as("%s", quantity).isTrue();
        return Long.parseLong(parts.group(1)) << (parts.group(2).equals("Mi") ? 20 : 30);
    }

    @Test
    void noSecretIsInTheReleaseWhereOneIsNamed() throws IOException {
        Rendered rendered = Settings.ON_PREM.render(directory);

        assertThat(rendered.all("Secret")).isEmpty();
        assertThat(at(volume(rendered, "sluice-secrets"), "secret.secretName")).isEqualTo("finance-1-sluice");
        assertThat(list(at(volume(rendered, "sluice-secrets"), "secret.items")))
                .anyMatch(Map.of("key", "AWS_SECRET_ACCESS_KEY", "path", "s3-secret-access-key")::equals);
    }

    @Test
    void aSecretIsMadeOfValues() throws IOException {
        Path values = Files.writeString(directory.resolve("secrets.yaml"), """
                secrets:
                  existing: ""
                  further: [webhook-secret]
                  create: { sqlPassword: one, saPassword: two, httpToken: a-token-of-enough-letters, further: { webhook-secret: three } }
                """);

        Rendered rendered = Rendered.of(Checkout.CHART, Settings.EKS.files()[0], values);

        assertThat(at(rendered.one("Secret"), "stringData"))
                .isEqualTo(Map.of(
                        "sql-password", "one",
                        "sa-password", "two",
                        "http-token", "a-token-of-enough-letters",
                        "webhook-secret", "three"));
        assertThat(at(volume(rendered, "sluice-secrets"), "secret.secretName")).isEqualTo("test-sluice");
    }

    @Test
    void anAccountOfADomainHasAKeytabAndNoPassword() throws IOException {
        Path values = Files.writeString(directory.resolve("kerberos.yaml"), KERBEROS);

        Rendered rendered = Rendered.of(Checkout.CHART, Settings.EKS.files()[0], values);

        Configuration.Server server = ConfigurationFile.parse(
                        Path.of("sluice.yaml"),
                        rendered.file("sluice.yaml").replaceAll("\\$\\{file:[^}]*}", "a-secret-of-enough-letters"),
                        _ -> null)
                .configuration()
                .server();
        assertThat(server.user()).isNull();
        assertThat(server.password()).isNull();
        assertThat(server.kerberos()).isNotNull();
        assertThat(mounted(rendered)).contains("sluice.keytab").doesNotContain("sql-password");
    }

    @Test
    void irsaIsAnAnnotationOfTheServiceAccount() throws IOException {
        Rendered rendered = Settings.EKS.render(directory);

        assertThat(map(at(rendered.one("ServiceAccount"), "metadata.annotations")))
                .containsEntry("eks.amazonaws.com/role-arn", "arn:aws:iam::111122223333:role/sluice-sql-prod-1");
        assertThat(at(rendered.pod(), "serviceAccountName")).isEqualTo("test-sluice");
        // The SDK's chain is asked, and finds what EKS puts into the environment.
        assertThat(read(rendered).configuration().store().credentials()).isNull();
    }

    @Test
    void anAuthorityOfOnesOwnIsMounted() throws IOException {
        Rendered rendered = Settings.ON_PREM.render(directory);

        assertThat(mounts(rendered, "sluice")).containsEntry("/etc/sluice-ca", "sluice-ca");
        assertThat(at(volume(rendered, "sluice-ca"), "configMap.items"))
                .isEqualTo(List.of(Map.of("key", "ca-bundle.crt", "path", "ca.pem")));
        assertThat(rendered.file("sluice.yaml")).contains("ca: /etc/sluice-ca/ca.pem");
    }

    @Test
    void anotherChartsPodGetsNoSecondStatefulSet() throws IOException {
        Rendered rendered = Settings.EXISTING.render(directory);

        assertThat(at(rendered.one("StatefulSet"), "metadata.name")).isEqualTo("sql");
        assertThat(at(rendered.one("Service"), "spec.selector")).isEqualTo(Map.of("app", "sql"));
    }

    @Test
    void theNotesSayHowToReloadAndWhoNamesTheSecret() {
        String notes = notes(Settings.EKS.files()[0]);

        assertThat(notes)
                .contains("backs sql-prod-1 up into example-sql-backups")
                .contains("exec statefulset/test-sluice --container sluice -- sh -c 'kill -HUP 1'")
                .contains("sql-prod-1, key sql-password")
                .contains("service/test-sluice-http 8340:8340");
    }

    private static String notes(Path... values) {
        InstallCommand install = new Helm(Checkout.CHART)
                .install()
                .withName("test")
                .withNamespace("sql")
                .withKubeVersion("1.29.0")
                .dryRun()
                .clientOnly();
        for (Path file : values) {
            install.withValuesFile(file);
        }
        return install.call().getOutput();
    }

    @Test
    void theNotesNameTheKeytabsAccountInsteadOfAPassword() throws IOException {
        Path values = Files.writeString(directory.resolve("kerberos.yaml"), KERBEROS);

        assertThat(notes(Settings.EKS.files()[0], values))
                .contains("Make the login of sluice@EXAMPLE.COM", "sluice init --principal")
                .doesNotContain("sql-password");
    }

    @Test
    void aKeytabOfEitherServerNeedsASecretThatIsThere() throws IOException {
        Path values = Files.writeString(directory.resolve("prove.yaml"), """
                config:
                  prove:
                    server:
                      url: "jdbc:sqlserver://drill.example.com"
                      kerberos: { principal: sluice@EXAMPLE.COM, keytab: /run/secrets/sluice/sluice.keytab }
                secrets:
                  existing: ""
                  create: { sqlPassword: one, saPassword: two, httpToken: a-token-of-enough-letters }
                """);

        assertThatThrownBy(() -> Rendered.of(Checkout.CHART, Settings.EKS.files()[0], values))
                .hasMessageContaining("config.prove.server.kerberos needs secrets.existing");
    }

    // ---- monitoring ----

    @Test
    void theAlertsAndTheDashboardAreTheOnesOfInfraMonitoring() throws IOException {
        Rendered rendered = Settings.EKS.render(directory);
        Path monitoring = Checkout.ROOT.resolve("infra/monitoring");

        assertThat(at(rendered.one("PrometheusRule"), "spec"))
                .isEqualTo(Checkout.yaml(monitoring.resolve("alerts.yaml")));
        assertThat(Checkout.yaml(rendered.file("sluice.json")))
                .isEqualTo(Checkout.yaml(monitoring.resolve("dashboard.json")));
    }

    @Test
    void prometheusFindsTheServiceAndHasTheToken() throws IOException {
        Rendered rendered = Settings.EKS.render(directory);
        Map<String, Object> service = rendered.all("Service").stream()
                .filter(each -> map(at(each, "metadata.labels")).containsKey("app.kubernetes.io/component"))
                .findFirst()
                .orElseThrow();
        Object monitor = rendered.one("ServiceMonitor");

        assertThat(map(at(service, "metadata.labels")))
                .containsAllEntriesOf(map(at(monitor, "spec.selector.matchLabels")));
        assertThat(list(at(monitor, "spec.endpoints"))).singleElement().satisfies(endpoint -> {
            assertThat(at(endpoint, "port")).isEqualTo("http");
            assertThat(at(endpoint, "authorization.credentials"))
                    .isEqualTo(Map.of("name", "sql-prod-1", "key", "http-token"));
        });
        assertThat(map(at(service, "spec"))).containsEntry("publishNotReadyAddresses", true);
        assertThat(map(at(monitor, "metadata.labels"))).containsEntry("release", "kube-prometheus-stack");
    }

    /// What is released renders as the directory does; a package has no links.
    @Test
    void thePackageRendersTheSameAndHasEqualBytesEachTime() throws Exception {
        byte[] first = packed("first");
        byte[] second = packed("second");
        Path archive = Files.write(directory.resolve("sluice.tgz"), first);

        assertThat(second).isEqualTo(first);
        assertThat(Rendered.of(archive, Settings.EKS.files())).isEqualTo(Settings.EKS.render(directory));
    }

    private byte[] packed(String name) throws Exception {
        Path out = Files.createDirectories(directory.resolve(name));
        Path said = directory.resolve(name + ".log");
        ProcessBuilder builder = new ProcessBuilder(
                        Checkout.ROOT.resolve("infra/release/chart").toString(), out.toString())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile());
        builder.environment().put("SOURCE_DATE_EPOCH", "1700000000");
        Process process = builder.start();
        try {
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(said)).isZero();
        try (Stream<Path> files = Files.list(out)) {
            return Files.readAllBytes(files.findFirst().orElseThrow());
        }
    }
}
