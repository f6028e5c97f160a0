package dev.sluice.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.sidecar.schedule.Cron;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationFileTest {

    private static final String LEAST = """
            server: { url: "jdbc:sqlserver://localhost", user: sa, password: "hunter2$hunter2", identity: one }
            store: { bucket: backups, endpoint: "http://127.0.0.1:9000" }
            """;

    private final Map<String, String> environment = new HashMap<>();

    @TempDir
    Path directory;

    private ConfigurationFile parse(String yaml) {
        return ConfigurationFile.parse(Path.of("sluice.yaml"), yaml, environment::get);
    }

    @Test
    void everythingElseHasADefault() {
        Configuration configuration = parse(LEAST).configuration();

        assertThat(configuration.vdi())
                .isEqualTo(new Configuration.Vdi(Configuration.Provider.AUTO, null, null, new Size(1 << 20), 4));
        assertThat(configuration.store().region()).isNull();
        assertThat(configuration.store().pathStyle()).isNull();
        assertThat(configuration.store().profile()).isEqualTo(StoreSection.Profile.AWS);
        assertThat(configuration.memory().budget().bytes()).isEqualTo(512L << 20);
        assertThat(configuration.upload().concurrency()).isNull();
        assertThat(configuration.backup())
                .isEqualTo(new BackupSection(
                        1, BackupSection.Compression.NONE, true, false, null, BackupSection.BrokenChain.REPORT));
        assertThat(configuration.store().sse()).isNull();
        assertThat(configuration.store().tags()).isEmpty();
        assertThat(configuration.upload()).isEqualTo(new UploadSection(null, null, null));
        assertThat(configuration.limits()).isEqualTo(new Configuration.Limits(Duration.ofMinutes(30), 90));
        assertThat(configuration.schedule().jitter()).isEqualTo(Duration.ZERO);
        assertThat(configuration.schedule().timeZone().getId()).isEqualTo("UTC");
        assertThat(configuration.schedule().running()).isEqualTo(2);
        assertThat(configuration.policies()).isEmpty();
        assertThat(configuration.http().listen()).isEqualTo(new ListenAddress("127.0.0.1", 8340));
        assertThat(configuration.http().token()).isNull();
        assertThat(configuration.log().format()).isEqualTo(Configuration.LogFormat.TEXT);
        assertThat(configuration.log().level()).isNull();
    }

    @Test
    void everyKeyCanBeSaid() {
        Configuration configuration = parse("""
                        server:
                          url: "jdbc:sqlserver://db.example.org:1444;encrypt=strict;trustStorePassword={a;b}"
                          user: sluice
                          password: 12345678
                          identity: ag-1
                        vdi: { provider: linux, library: /vdi/libsqlvdi.so, max-transfer-size: 4MiB, buffers-per-stripe: 8 }
                        store:
                          bucket: backups
                          prefix: prod/eu/
                          region: eu-central-1
                          endpoint: https://s3.example.org:9443
                          path-style: false
                          profile: ceph
                          credentials: { access-key-id: AKIA, secret-access-key: s3cr3t, session-token: t0k3n }
                          ca: /etc/sluice/ca.pem
                          proxy: { url: "http://proxy.example.org:3128", user: p, password: pr0xy }
                          sse: { kms: alias/sql }
                          storage-class: STANDARD_IA
                          tags: ["team=dba", "note=a=b", "empty="]
                          object-lock: { mode: governance, days: 35 }
                        memory: { budget: 1 GiB }
                        upload: { concurrency: 16, part-size: 64MiB, rate-limit: 200MiB/s }
                        backup:
                          stripes: 4
                          compression: zstd
                          checksum: false
                          verify-in-flight: true
                          encryption: { algorithm: aes-128, certificate: Backups }
                          on-broken-chain: differential
                        limits: { stall: 2h, log-percent: 80 }
                        schedule: { time-zone: Europe/Berlin, jitter: 1m30s, running: 3 }
                        policies:
                          - databases: ["*", "!tempdb"]
                            full: "0 1 * * SUN"
                            log: "*/5 * * * *"
                            time-zone: America/New_York
                            verify: { after-backup: false, schedule: "0 5 * * *", every: 14d, types: [full] }
                            keep: { days: 35 }
                        http: { listen: "[::1]:0", token: t0k3n }
                        log: { format: json, level: debug }
                        """).configuration();

        assertThat(configuration.server().password().reveal()).isEqualTo("12345678");
        assertThat(configuration.store().endpoint()).isEqualTo(URI.create("https://s3.example.org:9443"));
        assertThat(configuration.store().pathStyle()).isFalse();
        assertThat(configuration.memory().budget().bytes()).isEqualTo(1L << 30);
        assertThat(configuration.store().sse()).isEqualTo(new StoreSection.Sse("alias/sql"));
        assertThat(configuration.store().tags())
                .containsExactly(
                        new ObjectTag("team", "dba"), new ObjectTag("note", "a=b"), new ObjectTag("empty", ""));
        assertThat(configuration.store().objectLock())
                .isEqualTo(new StoreSection.ObjectLock(StoreSection.LockMode.GOVERNANCE, 35));
        assertThat(configuration.upload()).isEqualTo(new UploadSection(16, new Size(64 << 20), new Rate(200 << 20)));
        assertThat(configuration.backup())
                .isEqualTo(new BackupSection(
                        4,
                        BackupSection.Compression.ZSTD,
                        false,
                        true,
                        new BackupSection.Encryption("Backups", BackupSection.Algorithm.AES_128),
                        BackupSection.BrokenChain.DIFFERENTIAL));
        assertThat(configuration.limits()).isEqualTo(new Configuration.Limits(Duration.ofHours(2), 80));
        assertThat(configuration.schedule().jitter()).isEqualTo(Duration.ofSeconds(90));
        assertThat(configuration.policies()).hasSize(1);
        assertThat(configuration.policies().getFirst().verify())
                .isEqualTo(new VerifySection(
                        false, Cron.parse("0 5 * * *"), Duration.ofDays(14), List.of(HookSection.Type.FULL)));
        assertThat(configuration.policies().getFirst().keep()).isEqualTo(new Configuration.Keep(null, 35));
        assertThat(configuration.http().listen().loopback()).isTrue();
    }

    @Test
    void theWordThatStandsForASectionIsReadAndShown() {
        ConfigurationFile file = parse(LEAST.replace("bucket: backups", "bucket: backups, sse: s3"));

        assertThat(file.configuration().store().sse()).isEqualTo(new StoreSection.Sse(null));
        assertThat(file.effective().get("store").toString()).contains("sse=s3");
    }

    @Test
    void compressionIsAWordOrWhetherAtAll() {
        for (String[] pair : new String[][] {
            {"true", "XPRESS"}, {"false", "NONE"}, {"none", "NONE"}, {"xpress", "XPRESS"}, {"zstd", "ZSTD"}
        }) {
            assertThat(parse(LEAST + "backup: { compression: %s }%n".formatted(pair[0]))
                            .configuration()
                            .backup()
                            .compression())
                    .isEqualTo(BackupSection.Compression.valueOf(pair[1]));
        }
    }

    @Test
    void aByteOrderMarkIsNoPartOfASecret() throws Exception {
        Path secret = Files.writeString(directory.resolve("sa"), "\uFEFFhunter2\r\n");

        assertThat(parse(LEAST.replace("hunter2$hunter2", "${file:%s}".formatted(secret)))
                        .configuration()
                        .server()
                        .password()
                        .reveal())
                .isEqualTo("hunter2");
    }

    @Test
    void aSecretInUtf16IsRefusedWithWhatHelps() throws Exception {
        Path secret = Files.write(directory.resolve("sa"), "\uFEFFhunter2\r\n".getBytes(StandardCharsets.UTF_16LE));

        assertThatThrownBy(() -> parse(LEAST.replace("hunter2$hunter2", "${file:%s}".formatted(secret))))
                .hasMessageContaining("is not UTF-8")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void anEndpointMayHaveAPathThatIsNotTheBuckets() throws Exception {
        assertThat(parse(LEAST.replace("http://127.0.0.1:9000", "https://a.supabase.example/storage/v1/s3"))
                        .configuration()
                        .store()
                        .endpoint())
                .hasPath("/storage/v1/s3");
        assertThatThrownBy(() -> parse(
                        LEAST.replace("http://127.0.0.1:9000", "https://s3.example.org/x\", path-style: \"false")))
                .hasMessageContaining("path-style");
    }

    @Test
    void referencesAreReplacedAfterParsingSoThatTheyCannotChangeTheStructure() throws Exception {
        Path secret = Files.writeString(directory.resolve("sa"), "a: b\n\"}, {]\n");
        environment.put("BUCKET", "from-environment");

        Configuration configuration = parse(LEAST.replace("hunter2$hunter2", "${file:%s}".formatted(secret))
                        .replace("backups", "\"${BUCKET}\"")
                        .replace("identity: one", "identity: \"${NAME:-otherwise}\""))
                .configuration();

        assertThat(configuration.server().password().reveal()).isEqualTo("a: b\n\"}, {]");
        assertThat(configuration.store().bucket()).isEqualTo("from-environment");
        assertThat(configuration.server().identity()).isEqualTo("otherwise");
    }

    @Test
    void aCredentialIsWhereSystemdSaysThatItIs() throws Exception {
        Path credentials = Files.createDirectories(directory.resolve("credentials"));
        Files.writeString(credentials.resolve("sql-password"), "hunter7\n");
        Files.writeString(credentials.resolve("absent"), "\n");
        environment.put("CREDENTIALS_DIRECTORY", credentials.toString());

        ConfigurationFile file = parse(LEAST.replace("hunter2$hunter2", "${credential:sql-password}"));

        assertThat(file.configuration().server().password().reveal()).isEqualTo("hunter7");
        assertThat(file.toYaml() + file).doesNotContain("hunter7");
        // The unit gives those that are not there as a line end.
        assertThatThrownBy(() -> parse(LEAST.replace("hunter2$hunter2", "${credential:absent}")))
                .hasMessageContaining("the credential absent is empty; put it into /etc/sluice/credentials/absent");
        assertThatThrownBy(() -> parse(LEAST.replace("hunter2$hunter2", "${credential:../sql-password}")))
                .hasMessageContaining("'../sql-password' is no name of a credential");
    }

    @Test
    void aCredentialOfACommandByHandIsInItsFile() {
        assertThatThrownBy(() -> parse(LEAST.replace("hunter2$hunter2", "${credential:a-name-of-this-test}")))
                .hasMessageContaining("/etc/sluice/credentials/a-name-of-this-test");
    }

    @Test
    void aDollarIsADollar() {
        assertThat(parse(LEAST).configuration().server().password().reveal()).isEqualTo("hunter2$hunter2");
        assertThat(parse(LEAST.replace("hunter2$hunter2", "a$${b}$"))
                        .configuration()
                        .server()
                        .password()
                        .reveal())
                .isEqualTo("a${b}$");
    }

    @Test
    void secretsAreShownNowhere() throws Exception {
        Path secret = Files.writeString(directory.resolve("s3"), "hunter3");
        ConfigurationFile file = parse(LEAST.replace("localhost", "localhost;trustStorePassword=hunter4;encrypt=strict")
                        .replace("backups", "\"${file:%s}\"".formatted(secret))
                + "http: { token: hunter5 }\n");
        ConfigurationFile proxied = parse(LEAST.replace(
                "bucket: backups",
                "bucket: backups, proxy: { url: \"http://proxy:3128\", user: me, password: hunter6 }"));

        String everything = file.toYaml()
                + file.effective()
                + file.configuration()
                + file
                + file.configuration().server();

        assertThat(file.toYaml())
                .doesNotContain("hunter")
                .contains("password: \"***\"", "encrypt=strict", "bucket: \"***\"");
        assertThat(everything.replace("bucket=hunter3", "")).doesNotContain("hunter");
        assertThat(proxied.toYaml() + proxied.effective() + proxied.configuration())
                .doesNotContain("hunter6")
                .contains("http://proxy:3128");
        assertThat(proxied.secrets()).contains("hunter6");
        assertThat(file.secrets()).contains("hunter2$hunter2", "hunter4", "hunter5");
    }

    @Test
    void whatIsShownCanBeReadAgain() {
        ConfigurationFile file = parse(LEAST.replace("bucket: backups", "bucket: backups, sse: s3, tags: [\"a=b\"]")
                + "upload: { rate-limit: 2MiB/s, part-size: 5MiB }\n"
                + "backup: { compression: true, encryption: { certificate: C } }\n"
                + "policies: [{ databases: [\"*\", \"!a b\"], full: \"0 1 * * *\", keep: { full: 2 } }]\n");

        ConfigurationFile again = parse(file.toYaml().replace("***", "hunter2$hunter2"));

        assertThat(again.configuration()).isEqualTo(file.configuration());
        assertThat(again.toYaml()).isEqualTo(file.toYaml());
    }

    @Test
    void theEnvironmentNamesTheFileBeforeTheUsualPlacesDo() throws Exception {
        Files.writeString(directory.resolve("sluice.yaml"), LEAST);

        assertThat(ConfigurationFile.find(Path.of("named.yaml"), environment::get, directory))
                .contains(Path.of("named.yaml"));
        assertThat(ConfigurationFile.find(null, environment::get, directory)).contains(Path.of("sluice.yaml"));

        environment.put("SLUICE_CONFIG", "/from/environment.yaml");
        assertThat(ConfigurationFile.find(null, environment::get, directory))
                .contains(Path.of("/from/environment.yaml"));
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        Path missing = directory.resolve("missing.yaml");

        assertThatThrownBy(() -> ConfigurationFile.read(missing, environment::get))
                .isInstanceOf(Misconfigured.class)
                .hasMessage("%s: there is no such file; name another with --config FILE".formatted(missing));
    }

    @Test
    void aFileInAnotherEncodingIsRefused() throws Exception {
        Path latin = Files.write(directory.resolve("latin.yaml"), new byte[] {'#', (byte) 0xe4, '\n'});

        assertThatThrownBy(() -> ConfigurationFile.read(latin, environment::get))
                .hasMessageContaining("UTF-8");
    }

    private Misconfigured refused(String yaml) {
        return catchThrowableOfType(Misconfigured.class, () -> parse(yaml));
    }

    /// What never ends, what nobody writes to, and what is too much: each is refused, and none is waited for.
    @Test
    @Timeout(20)
    void valuesComeFromRegularFilesOfSomeSize() throws Exception {
        Path pipe = pipe();
        Path large = Files.writeString(directory.resolve("large"), "x".repeat((64 << 10) + 1));
        Path linked = Files.createSymbolicLink(
                directory.resolve("linked"), Files.writeString(directory.resolve("sa"), "from a file\n"));

        Map<Path, String> refusals = Map.of(
                Path.of("/dev/zero"),
                "is no regular file, which is no value",
                pipe,
                "is no regular file, which is no value",
                directory,
                "is no regular file, which is no value",
                large,
                "is larger than 64 KiB, which is no value");

        refusals.forEach((file, why) -> assertThat(
                        refused(LEAST.replace("hunter2$hunter2", "${file:%s}".formatted(file))))
                .as(file.toString())
                .hasMessageContaining("server.password: %s %s".formatted(file, why)));
        assertThat(parse(LEAST.replace("hunter2$hunter2", "${file:%s}".formatted(linked)))
                        .configuration()
                        .server()
                        .password()
                        .reveal())
                .isEqualTo("from a file");
    }

    @Test
    @Timeout(20)
    void theFileItselfIsARegularFileOfSomeSize() throws Exception {
        Path large = Files.writeString(directory.resolve("large.yaml"), "#".repeat((1 << 20) + 1));

        for (Path file : List.of(Path.of("/dev/zero"), pipe(), directory)) {
            assertThatThrownBy(() -> ConfigurationFile.read(file, environment::get))
                    .isInstanceOf(Misconfigured.class)
                    .hasMessageContaining("is no regular file");
        }
        assertThatThrownBy(() -> ConfigurationFile.read(large, environment::get))
                .isInstanceOf(Misconfigured.class)
                .hasMessageContaining("is larger than 1024 KiB");
    }

    private Path pipe() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        return pipe;
    }

    @Test
    void sectionsWithinSectionsHaveAnEnd() {
        assertThat(refused("[".repeat(20_000)))
                .hasMessage(
                        "sluice.yaml:1:51: has more than 50 sections or lists within each other; `sluice config schema`"
                                + " describes what belongs there");
        assertThat(refused("a: ".repeat(2) + "{a: ".repeat(20_000))).isNotNull();
        assertThat(refused("- ".repeat(20_000) + "a")).hasMessageContaining("within each other");
    }

    @Test
    void whiteSpaceIsNoSecret() throws Exception {
        Path blank = Files.writeString(directory.resolve("blank"), " \t \n");

        assertThat(refused(LEAST.replace("hunter2$hunter2", "${file:%s}".formatted(blank))))
                .hasMessageContaining("server.password: the value that the reference stands for is no secret");
        assertThat(refused(LEAST + "http: { token: \"   \" }\n"))
                .hasMessageContaining("http.token: the value is no secret");
    }

    @Test
    void aTokenThatOthersCanTryIsHardToGuess() {
        String everywhere = "http: { listen: \"0.0.0.0:8340\", token: \"%s\" }\n";

        for (String token : List.of("x", "fifteen-letters", "0000000000000000000000", "abcdabcdabcdabcdabcd")) {
            assertThat(refused(LEAST + everywhere.formatted(token)))
                    .as(token)
                    .hasMessageContaining("http.token: can be guessed by those who reach 0.0.0.0:8340")
                    .hasMessageNotContaining(token.length() > 1 ? token : "'x'");
        }
        assertThat(parse(LEAST + everywhere.formatted("0123456789abcdef")).configuration())
                .isNotNull();
        assertThat(parse(LEAST + "http: { listen: \"127.0.0.1:8340\", token: x }\n")
                        .configuration())
                .as("only this machine can try")
                .isNotNull();
    }

    @Test
    void whatIsShownStaysOneLineAValue() {
        ConfigurationFile file = parse(LEAST.replace("user: sa", "user: \"s\\ea\\n\""));

        assertThat(file.configuration().server().user()).isEqualTo("s\u001ba\n");
        assertThat(file.toYaml()).contains("user: \"s\\u001ba\\u000a\"");
        assertThat(parse(file.toYaml()).configuration().server().user()).isEqualTo("s\u001ba\n");
    }

    @Test
    void secretsOfReceiversAreKnownAndMasked() {
        ConfigurationFile file = ConfigurationFile.parse(Path.of("sluice.yaml"), """
                server: { url: "jdbc:sqlserver://localhost", user: sluice, password: hunter2hunter2, identity: one }
                store: { bucket: backups, region: eu-central-1 }
                notify:
                  - { name: a, webhook: { url: "https://example.com/hidden-one", secret: hidden-two-of-the-webhook } }
                  - { name: b, heartbeat: { url: "https://example.com/hidden-three" } }
                """, _ -> null);

        assertThat(file.secrets())
                .contains("https://example.com/hidden-one", "hidden-two-of-the-webhook")
                .contains("https://example.com/hidden-three");
        assertThat(file.toYaml() + file + file.configuration()).doesNotContain("hidden");
        assertThat(file.configuration().receivers().getFirst().events())
                .as("a full log is told to those alone that name it")
                .containsExactly(
                        NotifySection.Event.FAILURE, NotifySection.Event.RESOLVED, NotifySection.Event.CHAIN_BROKEN);
    }

    /// As `config show` prints it.
    @Test
    void receiversWithDefaultsCanBeReadAgain() throws Exception {
        ConfigurationFile file = ConfigurationFile.parse(Path.of("sluice.yaml"), """
                server: { url: "jdbc:sqlserver://localhost", user: sluice, password: hunter2hunter2, identity: one }
                store: { bucket: backups, region: eu-central-1 }
                policies: [{ databases: ["*"], full: "0 1 * * SUN", notify: [c, b] }, { databases: ["*"], full: "0 1 * * SUN", notify: [b, d] }]
                notify:
                  - { name: a, webhook: { url: "https://example.com/one", secret: a-long-enough-secret } }
                  - { name: b, heartbeat: { url: "https://example.com/three" } }
                  - { name: c, email: { server: "SMTP://mail.example.com", from: a@example.com, to: [b@example.com] } }
                  - { name: d, webhook: { url: "https://example.com/two", format: google-chat }, types: [drill] }
                """, _ -> null);

        String shown = file.toYaml();
        // Secrets are masked, and no URL looks so.
        ConfigurationFile again = ConfigurationFile.parse(
                Path.of("sluice.yaml"),
                shown.replaceAll("(?m)(url:) [\"']?\\*\\*\\*[\"']?$", "$1 https://example.com/x")
                        .replaceAll("(?m)(secret:) [\"']?\\*\\*\\*[\"']?$", "$1 a-long-enough-secret"),
                _ -> null);

        assertThat(again.toYaml()).isEqualTo(shown);
        assertThat(again.configuration().receivers().get(2).email().port()).isEqualTo(587);
        assertThat(again.configuration().receivers().get(3).types()).containsExactly(NotifySection.Type.DRILL);
        assertThat(again.configuration().receivers().get(3).events())
                .as("a chain is told of after backups alone")
                .containsExactly(NotifySection.Event.FAILURE, NotifySection.Event.RESOLVED);
        assertThat(NotifySection.deaf(again.configuration()))
                .as("a heartbeat and a receiver of drills hear of no failed backup")
                .containsExactly("policies[1].notify: b, d");
    }
}
