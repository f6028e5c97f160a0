package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupLimits;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.Compression;
import dev.sluice.engine.backup.Encryption;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Storage;
import dev.sluice.s3.Network;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.ProxyChoice;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ConfigurationFile;
import dev.sluice.sidecar.install.BackupDefaults;
import dev.sluice.sidecar.install.ConfiguredStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// What a configuration file says reaches those who act on it.
class ConfiguredBackupsTest {

    private static final String SERVER = """
            server: { url: "jdbc:sqlserver://localhost", user: sa, password: hunter2, identity: one }
            """;
    private static final String FULL = SERVER + """
            store:
              bucket: backups
              endpoint: https://s3.example.org
              ca: /etc/sluice/ca.pem
              proxy: { url: "http://proxy.example.org", user: me, password: "a:b@c/%41" }
              sse: { kms: alias/sql }
              storage-class: STANDARD_IA
              tags: ["team=dba"]
              object-lock: { mode: compliance, days: 35 }
            upload: { part-size: 64MiB, rate-limit: 200MiB/s }
            backup:
              stripes: 3
              compression: zstd
              encryption: { certificate: Backups }
              on-broken-chain: full
            limits: { stall: 2h, log-percent: 80 }
            """;

    @TempDir
    Path directory;

    private Configuration read(String yaml) throws Exception {
        Path file = Files.writeString(directory.resolve("sluice.yaml"), yaml);
        return ConfigurationFile.read(file, _ -> null).configuration();
    }

    @Test
    void theExampleOfTheDesignIsAccepted() throws Exception {
        Configuration configuration = read("""
                server:      { url: "jdbc:sqlserver://localhost:1433;trustServerCertificate=true", user: sa, password: "${file:%s}", identity: one }
                vdi:         { provider: auto }                      # auto | linux | windows | simulator
                store:       { bucket: backups, prefix: prod, region: eu-central-1, endpoint: null, sse: { kms: alias/sql } }
                memory:      { budget: 512MiB }
                upload:      { part-size: auto, concurrency: auto, rate-limit: 200MiB/s }
                policies:
                  - databases: ["Sales*", "!SalesStaging"]
                    full: "0 1 * * SUN"
                    diff: "0 1 * * MON-SAT"
                    log:  "*/5 * * * *"
                    keep: { full: 5, days: 35 }
                http:        { listen: "127.0.0.1:8340" }
                """.formatted(Files.writeString(directory.resolve("sa"), "hunter2")));

        assertThat(ConfiguredStore.of(configuration).network().bytesPerSecond()).isEqualTo(200L << 20);
        assertThat(ConfiguredStore.storage(configuration))
                .isEqualTo(new Storage(
                        0,
                        new ObjectOptions(null, new ObjectOptions.Encryption.Kms("alias/sql", false), Map.of(), null),
                        null));
    }

    @Test
    void theStoreGetsWhatIsConfigured() throws Exception {
        Configuration configuration = read(FULL);

        Network network = ConfiguredStore.of(configuration).network();

        assertThat(network.bytesPerSecond()).isEqualTo(200L << 20);
        assertThat(network.certificates()).isEqualTo(Path.of("/etc/sluice/ca.pem"));
        assertThat(network.proxy()).isInstanceOfSatisfying(ProxyChoice.Named.class, proxy -> {
            assertThat(proxy.url().getHost()).isEqualTo("proxy.example.org");
            assertThat(proxy.url().getUserInfo()).isEqualTo("me:a:b@c/%41");
        });
        assertThat(ConfiguredStore.storage(configuration))
                .isEqualTo(new Storage(
                        64 << 20,
                        new ObjectOptions(
                                "STANDARD_IA",
                                new ObjectOptions.Encryption.Kms("alias/sql", false),
                                Map.of("team", "dba"),
                                null),
                        new Storage.Lock(ObjectOptions.LockMode.COMPLIANCE, Duration.ofDays(35))));
    }

    @Test
    void thereCanBeNoProxyWhateverTheMachineSays() throws Exception {
        Configuration configuration = read(SERVER + "store: { bucket: backups, region: eu-central-1, proxy: none }\n");

        assertThat(ConfiguredStore.of(configuration).network().proxy()).isEqualTo(new ProxyChoice.None());
    }

    @Test
    void theProfileIsTheStoresOwn() throws Exception {
        for (String name : List.of("aws", "ceph", "minio", "r2", "generic")) {
            Configuration configuration =
                    read(SERVER + "store: { bucket: backups, region: eu-central-1, profile: %s }\n".formatted(name));

            assertThat(ConfiguredStore.of(configuration).profile()).isEqualTo(ProviderProfile.named(name));
            assertThat(ProviderProfile.named(name).name()).isEqualTo(name);
        }
    }

    @Test
    void whatIsNotConfiguredIsLeftToTheBucketAndTheMachine() throws Exception {
        Configuration configuration = read(SERVER + "store: { bucket: backups, region: eu-central-1 }\n");

        assertThat(ConfiguredStore.of(configuration).network()).isEqualTo(Network.DEFAULT);
        assertThat(ConfiguredStore.storage(configuration)).isEqualTo(Storage.DEFAULT);
        assertThat(BackupDefaults.of(configuration)).isEqualTo(BackupDefaults.PLAIN);
    }

    @Test
    void scheduledBackupsAreRequestedAsConfigured() throws Exception {
        BackupRequest request = ServeCommand.settings(read(FULL)).requests().of("Sales", BackupType.FULL, true);

        assertThat(request.copyOnly()).isTrue();
        assertThat(request.stripes()).isEqualTo(3);
        assertThat(request.options())
                .isEqualTo(BackupOptions.DEFAULT
                        .withCompression(Compression.ZSTD)
                        .withEncryption(new Encryption(Encryption.Algorithm.AES_256, "Backups"))
                        .withLimits(new BackupLimits(Duration.ofHours(2), 80))
                        .withChain(ChainPolicy.FULL));
    }

    @Test
    void theCommandLineWinsOverTheFileAndLeavesTheRestToIt() throws Exception {
        BackupDefaults configured = BackupDefaults.of(read(FULL));

        assertThat(command("Sales").request(configured).options()).isEqualTo(configured.options());
        assertThat(command("Sales", "--stall-limit", "5m", "--no-encrypt")
                        .request(configured)
                        .options())
                .isEqualTo(configured
                        .options()
                        .withEncryption(null)
                        .withLimits(new BackupLimits(Duration.ofMinutes(5), 80)));
        assertThat(command(
                                "Sales",
                                "--log-limit=70",
                                "--on-broken-chain=report",
                                "--no-compression",
                                "--encrypt=AES_128:Other")
                        .request(configured)
                        .options())
                .isEqualTo(BackupOptions.DEFAULT
                        .withEncryption(new Encryption(Encryption.Algorithm.AES_128, "Other"))
                        .withLimits(new BackupLimits(Duration.ofHours(2), 70)));
    }

    private static BackupCommand command(String... arguments) {
        List<String> line = new ArrayList<>(List.of("backup"));
        line.addAll(List.of(arguments));
        return (BackupCommand) Sluice.commandLine(new Shutdown())
                .parseArgs(line.toArray(String[]::new))
                .subcommand()
                .commandSpec()
                .userObject();
    }

    @Test
    void certificatesThatCannotBeReadAreToldByTheirKey() throws Exception {
        Configuration configuration = read(
                FULL.replace("/etc/sluice/ca.pem", directory.resolve("none.pem").toString()));

        assertThatThrownBy(() -> ConfiguredStore.open(ConfiguredStore.of(configuration)))
                .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                    assertThat(failure.id()).hasToString("store-certificates");
                    assertThat(failure.getMessage()).contains("none.pem").doesNotContain("a:b@c");
                });
    }

    @Test
    void aServiceSaysInOneLineWhatCanBeReadOnItsWay() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(ServeCommand.class);
        ListAppender<ILoggingEvent> logged = new ListAppender<>();
        logged.start();
        logger.addAppender(logged);
        try {
            ServeCommand.warnOfTransport(read(FULL));
            assertThat(logged.list).isEmpty();

            ServeCommand.warnOfTransport(read(SERVER.replace("localhost", "db;encrypt=false")
                    + "store: { bucket: backups, endpoint: \"http://minio:9000\" }\n"));

            assertThat(logged.list).singleElement().satisfies(event -> {
                assertThat(event.getLevel()).isEqualTo(Level.WARN);
                assertThat(event.getKeyValuePairs().getFirst().value.toString())
                        .contains("http://minio:9000", "encrypt=false");
            });
        } finally {
            logger.detachAppender(logged);
        }
    }
}
