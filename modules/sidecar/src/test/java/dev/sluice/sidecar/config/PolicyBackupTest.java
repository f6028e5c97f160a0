package dev.sluice.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.catalog.BackupType;
import dev.sluice.sidecar.schedule.DifferentialRule;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// A policy's own options of backups, and what cannot stand side by side.
class PolicyBackupTest {

    private static final String BEFORE = """
            server: { url: "jdbc:sqlserver://localhost", user: sa, password: hunter2, identity: one }
            store: { bucket: backups, region: eu-central-1 }
            memory: { budget: 64MiB }
            policies:
              - databases: ["*"]
                full: "0 1 * * SUN"
            """;
    private static final String DIFF = "diff: \"0 1 * * MON-SAT\"\n";
    private static final String LOG = "log: \"*/5 * * * *\"\n";

    /// @param more of the policy
    private static Configuration read(String more) {
        return ConfigurationFile.parse(Path.of("sluice.yaml"), BEFORE + more.indent(4), _ -> null)
                .configuration();
    }

    private static DynamicTest wrong(String name, String more, String error) {
        return DynamicTest.dynamicTest(name, () -> {
            Misconfigured mistakes = catchThrowableOfType(Misconfigured.class, () -> read(more));

            assertThat(mistakes).as("nothing was found wrong").isNotNull();
            assertThat(mistakes.getMessage()).isEqualTo(error);
        });
    }

    @TestFactory
    Stream<DynamicTest> mistakes() {
        return Stream.of(
                wrong(
                        "a storage class that must be thawed",
                        "backup: { full: { storage-class: GLACIER } }",
                        "sluice.yaml:7:23: policies[0].backup.full.storage-class: objects in GLACIER cannot be read before a person thaws them, so no restore could begin; try GLACIER_IR"),
                wrong(
                        "a lock without one on the store",
                        "backup: { object-lock: { mode: governance, days: 7 } }",
                        "sluice.yaml:7:15: policies[0].backup.object-lock: has no store.object-lock beside it, which says that the bucket was made for Object Lock and locks the documents of all other backups; set store.object-lock, or leave this out"),
                wrong(
                        "a copy-only differential",
                        DIFF + "backup: { diff: { copy-only: true } }",
                        "sluice.yaml:8:23: policies[0].backup.diff.copy-only: there are no copy-only differentials: SQL Server ignores COPY_ONLY beside DIFFERENTIAL; leave it out"),
                wrong(
                        "differentials beside copy-only full backups",
                        DIFF + "backup: { copy-only: true }",
                        "sluice.yaml:7:5: policies[0].diff: has nothing to rest on: the policy's full backups are copy-only, and differentials would rest on another program's; leave diff out, or copy-only of `backup`"),
                wrong(
                        "copy-only logs beside other full backups",
                        LOG + "backup: { log: { copy-only: true } }",
                        "sluice.yaml:8:22: policies[0].backup.log.copy-only: log backups are copy-only and full backups are not: those would become the base of another program's differentials; write copy-only: true beside them, for both"),
                wrong(
                        "a count of full backups that none counts for",
                        "backup: { copy-only: true }\nkeep: { full: 3 }",
                        "sluice.yaml:8:13: policies[0].keep.full: counts full backups that are not copy-only, and this policy takes none, so nothing would ever go; say days, weeks, months or years"),
                wrong(
                        "an answer to a chain that is not watched",
                        "on-broken-chain: full\nbackup: { copy-only: true }",
                        "sluice.yaml:7:5: policies[0].on-broken-chain: is about a chain that the policy's copy-only backups do not touch, and that is not watched; leave it out"),
                wrong(
                        "an answer that rests on another program's full backup",
                        "on-broken-chain: differential\nbackup: { full: { copy-only: true } }",
                        "sluice.yaml:7:5: policies[0].on-broken-chain: says differential, which has nothing to rest on: the policy's full backups are copy-only; say full, which is copy-only then, or report"),
                wrong(
                        "more stripes than memory for them",
                        "backup: { stripes: 4, full: { stripes: 16 } }",
                        "sluice.yaml:7:35: policies[0].backup.full.stripes: 16 do not fit into memory.budget = 64MiB: each needs a part of 5MiB and a transfer of 1MiB; take fewer, or give memory.budget at least 96MiB"),
                wrong(
                        "a rule without differentials",
                        "diff-when: { full-above: 60% }",
                        "sluice.yaml:7:5: policies[0].diff-when: has no differential to decide about; add diff, or leave it out"),
                wrong(
                        "differentials that are left out without logs",
                        DIFF + "diff-when: { at-least: 16MiB }",
                        "sluice.yaml:8:18: policies[0].diff-when.at-least: would leave changes without any copy: the policy takes no log backups, which have them otherwise; add log, or leave it out"),
                wrong(
                        "a rule that says nothing",
                        DIFF + "diff-when: {}",
                        "sluice.yaml:8:5: policies[0].diff-when: decides nothing; say at-least or full-above"),
                wrong(
                        "a share without its unit",
                        DIFF + "diff-when: { full-above: 60 }",
                        "sluice.yaml:8:30: policies[0].diff-when.full-above: '60' is no percentage: write it like 60%"),
                wrong(
                        "more than everything",
                        DIFF + "diff-when: { full-above: 120% }",
                        "sluice.yaml:8:30: policies[0].diff-when.full-above: 120% is more than 99%"));
    }

    @Test
    void whatIsSaidOfATypeCountsForItAndOtherwiseWhatIsSaidOfAll() {
        Policies policies = Policies.of(read(DIFF + LOG + """
                backup: { stripes: 4, checksum: false, log: { stripes: 1, compression: zstd } }
                diff-when: { at-least: 16MiB, full-above: 60% }
                """));

        assertThat(policies.backup("Sales", BackupType.LOG))
                .isEqualTo(new PolicyBackup.OfType(1, BackupSection.Compression.ZSTD, false, false, null, null));
        assertThat(policies.backup("Sales", BackupType.FULL))
                .isEqualTo(new PolicyBackup.OfType(4, null, false, false, null, null));
        assertThat(policies.backupOfItsOwn("Sales", BackupType.FULL).stripes()).isNull();
        assertThat(policies.differentials("Sales")).contains(new DifferentialRule(16 << 20, 60));
    }

    @Test
    void aPolicyOfFullBackupsBesideAnotherProgramMayTakeTheLogsThemselves() {
        Policies policies = Policies.of(read(LOG + "backup: { full: { copy-only: true } }\nkeep: { days: 7 }"));

        assertThat(policies.copyOnly("Sales")).containsExactly(BackupType.FULL);
        assertThat(policies.timetable("Sales").orElseThrow().copyOnly()).containsExactly(BackupType.FULL);
        assertThat(Policies.of(read(LOG + "backup: { copy-only: true }")).copyOnly("Sales"))
                .containsExactlyInAnyOrder(BackupType.FULL, BackupType.LOG);
    }
}
