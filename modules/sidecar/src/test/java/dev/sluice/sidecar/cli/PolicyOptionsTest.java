package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.Compression;
import dev.sluice.engine.backup.StripeRule;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.run.Storage;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ConfigurationFile;
import dev.sluice.sidecar.install.BackupDefaults;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The command line wins over the policy of the database, and that over `backup` and `store`.
class PolicyOptionsTest {

    private static final Configuration CONFIGURATION =
            ConfigurationFile.parse(Path.of("sluice.yaml"), """
                    server: { url: "jdbc:sqlserver://localhost", user: sa, password: hunter2, identity: one }
                    store:
                      bucket: backups
                      region: eu-central-1
                      object-lock: { mode: governance, days: 7 }
                    backup: { stripes: 8, compression: xpress, on-broken-chain: differential }
                    policies:
                      - databases: [Trial]
                        full: "0 1 * * *"
                        log: "*/5 * * * *"
                        backup: { copy-only: true }
                      - databases: ["Sales*"]
                        full: "0 1 * * SUN"
                        log: "*/5 * * * *"
                        on-broken-chain: full
                        backup:
                          stripes: 4
                          compression: zstd
                          log: { stripes: 2 }
                          full: { storage-class: STANDARD_IA, object-lock: { mode: compliance, days: 35 } }
                    """, _ -> null).configuration();
    private static final BackupDefaults DEFAULTS = BackupDefaults.of(CONFIGURATION);

    private static BackupRequest scheduled(String database, BackupType type) {
        return ServeCommand.settings(CONFIGURATION).requests().of(database, type, false);
    }

    private static BackupRequest command(String... arguments) {
        List<String> line = new ArrayList<>(List.of("backup"));
        line.addAll(List.of(arguments));
        BackupCommand command = (BackupCommand) Sluice.commandLine(new Shutdown())
                .parseArgs(line.toArray(String[]::new))
                .subcommand()
                .commandSpec()
                .userObject();
        return command.request(DEFAULTS);
    }

    @Test
    void aScheduleAndACommandResolveTheSameOptions() {
        for (String database : List.of("Sales", "SALES2", "Trial", "Other")) {
            assertThat(command(database)).isEqualTo(scheduled(database, BackupType.FULL));
            assertThat(command(database, "--type=log")).isEqualTo(scheduled(database, BackupType.LOG));
            assertThat(command(database, "--type=diff")).isEqualTo(scheduled(database, BackupType.DIFFERENTIAL));
        }
    }

    @Test
    void thePolicyWinsOverWhatHoldsForAllAndATypeOverThePolicy() {
        BackupRequest full = scheduled("Sales", BackupType.FULL);

        assertThat(full.stripes()).isEqualTo(4);
        assertThat(full.options().compression()).isEqualTo(Compression.ZSTD);
        assertThat(full.options().chain()).isEqualTo(ChainPolicy.FULL);
        assertThat(full.options().storage())
                .isEqualTo(new Storage.Choice(
                        "STANDARD_IA", new Storage.Lock(ObjectOptions.LockMode.COMPLIANCE, Duration.ofDays(35))));
        assertThat(scheduled("Sales", BackupType.DIFFERENTIAL).options().storage())
                .isEqualTo(Storage.Choice.NONE);
        assertThat(scheduled("Sales", BackupType.LOG).stripes()).isEqualTo(2);
        BackupRequest other = scheduled("Other", BackupType.FULL);
        assertThat(other.stripes()).isEqualTo(8);
        assertThat(other.options().compression()).isEqualTo(Compression.XPRESS);
        assertThat(other.options().chain()).isEqualTo(ChainPolicy.DIFFERENTIAL);
    }

    @Test
    void theNumberOfALogsStripesIsTheMostUnlessItIsSaidOfLogsOrOnTheCommandLine() {
        assertThat(scheduled("Other", BackupType.LOG).options().stripeRule()).isEqualTo(StripeRule.BY_LOG_SIZE);
        assertThat(scheduled("Other", BackupType.FULL).options().stripeRule()).isEqualTo(StripeRule.EXACT);
        assertThat(scheduled("Sales", BackupType.LOG).options().stripeRule()).isEqualTo(StripeRule.EXACT);
        BackupRequest said = command("Other", "--type=log", "--stripes=3");
        assertThat(said.stripes()).isEqualTo(3);
        assertThat(said.options().stripeRule()).isEqualTo(StripeRule.EXACT);
    }

    @Test
    void copyOnlyBackupsOfAPolicyLookAtNoChainAndTheCommandLineCanSayOtherwise() {
        BackupRequest log = scheduled("Trial", BackupType.LOG);
        assertThat(log.copyOnly()).isTrue();
        assertThat(log.options().chain()).isEqualTo(ChainPolicy.IGNORE);
        assertThat(scheduled("Trial", BackupType.DIFFERENTIAL).copyOnly()).isFalse();

        BackupRequest inside = command("Trial", "--no-copy-only");
        assertThat(inside.copyOnly()).isFalse();
        assertThat(inside.options().chain())
                .as("no answer moves the other program's differential base")
                .isEqualTo(ChainPolicy.COPY_ONLY_FULL);
        assertThat(command("Trial", "--type=log", "--no-copy-only", "--on-broken-chain=report")
                        .options()
                        .chain())
                .isEqualTo(ChainPolicy.REPORT_LOG);
        assertThat(command("Sales", "--copy-only").options().chain())
                .as("a person's own, whose chain is Sluice's")
                .isEqualTo(ChainPolicy.FULL);
        assertThat(command("Trial", "--type=tail").copyOnly()).isFalse();
        assertThat(DEFAULTS.tail("Trial").copyOnly()).isFalse();
    }
}
