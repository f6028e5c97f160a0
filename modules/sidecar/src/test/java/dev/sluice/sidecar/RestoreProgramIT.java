package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Point-in-time restore as people run it: programs, a configuration, a server process, a bucket.
@Timeout(600)
class RestoreProgramIT {

    private static final String PASSWORD = "Another!1";

    @TempDir
    Path directory;

    private Site site;

    @BeforeEach
    void start() throws Exception {
        site = Site.start(directory, PASSWORD, "Sales=4MiB", "--collation", "Turkish_CS_AS", "--language", "German");
        site.configure("""
                server: { url: "%s", user: sa, password: "%s", identity: one }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                """.formatted(site.jdbcUrl(), PASSWORD, site.s3.endpoint()));
    }

    @AfterEach
    void stop() throws Exception {
        if (site != null) {
            site.close();
        }
    }

    private Site.Ended run(String... arguments) throws Exception {
        return site.run(arguments);
    }

    private Site.Ended done(String... arguments) throws Exception {
        return site.done(arguments);
    }

    private void work(int seed) throws Exception {
        site.sql("EXEC sluice_workload @database = N'Sales', @transactions = 5, @seed = " + seed);
    }

    /// The instant behind everything that has happened, with some air on both sides: the server's clock is this
    /// machine's.
    private static Instant instant() {
        Instant now = Instant.now();
        Instant then = now.plusMillis(300).truncatedTo(ChronoUnit.MILLIS);
        await().pollInterval(Duration.ofMillis(50)).until(() -> Instant.now().isAfter(then.plusMillis(300)));
        return then;
    }

    @Test
    void whatIsConfiguredToBeEncryptedIsTheTailTooAndComesBackWhereTheCertificateIs() throws Exception {
        site.sql(
                "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Secret!1'; CREATE CERTIFICATE Backups WITH SUBJECT = 's'");
        Files.writeString(
                directory.resolve("sluice.yaml"),
                "backup: { encryption: { certificate: Backups } }\n",
                StandardOpenOption.APPEND);
        site.done("backup", "Sales", "--type", "full");
        work(1);
        site.done("backup", "Sales", "--type", "log");

        // Nobody but SQL Server can read the list of files in it.
        JsonNode plan =
                done("restore", "Sales", "--as", "Copy", "--plan", "--json").json();
        Site.Ended script = done("restore", "Sales", "--as", "Copy", "--script", "--files", "/mnt/backups");
        site.done("restore", "Sales", "--as", "Copy", "--move", "Sales_log=/d/c.ldf");

        done("restore", "Sales", "--replace", "--tail");
        JsonNode tail = done("list", "Sales", "--json").json().at("/backups/2");
        JsonNode shown =
                done("show", tail.get("id").asString(), "--json").json().get("document");

        assertThat(shown.at("/statement").asString())
                .contains("NORECOVERY", "ENCRYPTION", "SERVER CERTIFICATE = [Backups]");
        assertThat(plan.at("/plan/moves/Sales").asString()).contains("Copy_Sales");
        assertThat(script.out()).contains("MOVE N'Sales' TO N'");
        site.sql("EXEC sluice_compare N'Sales', N'Copy'");

        site.sql("DROP CERTIFICATE Backups");
        Site.Ended refused = site.run("restore", "Sales", "--as", "Other");
        assertThat(refused.code()).isNotZero();
        assertThat(refused.err()).contains("certificate");
    }

    @Test
    void aDatabaseComesBackAsItWasAtAnInstantAndThePlanIsShownFirst() throws Exception {
        done("backup", "Sales", "--type", "full");
        work(1);
        done("backup", "Sales", "--type", "diff");
        work(2);
        done("backup", "Sales", "--type", "log");
        work(3);
        // What it is at the instant is kept beside, to compare with.
        done("backup", "Sales", "--type", "log");
        Instant then = instant();
        done("restore", "Sales", "--as", "Then");
        work(4);
        done("backup", "Sales", "--type", "log");

        JsonNode plan = done("restore", "Sales", "--to", then.toString(), "--as", "Copy", "--plan", "--json")
                .json();
        JsonNode restored = done("restore", "Sales", "--to", then.toString(), "--as", "Copy", "--json")
                .json();
        Site.Ended listed = done("list", "Sales", "--json");

        assertThat(plan.at("/plan/steps").size()).isEqualTo(5);
        assertThat(plan.at("/plan/steps/0/statement").asString()).isEqualTo("RESTORE DATABASE");
        assertThat(plan.at("/plan/steps/4/stop").asString()).startsWith("STOPAT ");
        assertThat(restored.get("state").asString()).isEqualTo("ONLINE");
        site.sql("EXEC sluice_compare N'Then', N'Copy'");
        assertThat(listed.json().get("backups").size()).isEqualTo(5);
        assertThat(listed.json().get("windows").size()).isEqualTo(1);
        assertThat(listed.json().get("findings").size()).isZero();
    }

    @Test
    void aDatabaseComesBackToAMarkAndIsOpenedAsItIsTold() throws Exception {
        done("backup", "Sales", "--type", "full");
        work(1);
        site.sql("BEGIN TRAN Release WITH MARK N'm'; EXEC sluice_workload @database = N'Sales', @transactions = 2,"
                + " @seed = 2; COMMIT TRAN Release");
        done("backup", "Sales", "--type", "log");
        done("restore", "Sales", "--as", "Then");
        work(3);
        done("backup", "Sales", "--type", "log");

        Site.Ended restored = done(
                "restore", "Sales", "--as", "Copy", "--stop-at-mark", "Release", "--restricted-user", "--keep-cdc");
        Site.Ended script = done("restore", "Sales", "--as", "Other", "--enable-broker", "--script", "--files", "/mnt");
        Site.Ended two = run("restore", "Sales", "--to", "end", "--stop-before-mark", "Release");
        Site.Ended after = run("restore", "Sales", "--mark-after", "2026-03-01T10:42:00Z");
        Site.Ended closed = run("restore", "Sales", "--as", "C", "--norecovery", "--keep-replication");
        Site.Ended brokers = run("restore", "Sales", "--new-broker", "--enable-broker");
        Site.Ended broker = run("restore", "Sales", "--as", "C", "--stop-at-mark", "Release", "--new-broker", "--json");

        site.sql("EXEC sluice_compare N'Then', N'Copy'");
        assertThat(restored.out()).contains("STOPATMARK 'Release'").contains("RECOVERY, RESTRICTED_USER, KEEP_CDC");
        assertThat(script.out()).contains("RESTORE DATABASE [Other] WITH RECOVERY, ENABLE_BROKER;");
        assertThat(two.code()).isEqualTo(2);
        assertThat(two.err()).contains("not both --to and --stop-before-mark");
        assertThat(after.err()).contains("no mark is named");
        assertThat(closed.code()).isEqualTo(2);
        assertThat(closed.err()).contains("KEEP_REPLICATION is for a database that the restore opens");
        assertThat(brokers.err()).contains("not both --enable-broker and --new-broker");
        assertThat(broker.code()).isEqualTo(2);
        assertThat(broker.json().at("/error/hint").asString()).contains("ALTER DATABASE [C] SET NEW_BROKER");
    }

    @Test
    void aPlanShowsAllThatItNeedsAndEndsWith1WhenSomethingIsNotThere() throws Exception {
        done("backup", "Sales", "--type", "full");

        Site.Ended open = done("restore", "Sales", "--as", "Copy", "--plan", "--json");
        Site.Ended there = run("restore", "Sales", "--plan", "--json");
        Site.Ended text = run("restore", "Sales", "--plan", "--move", "Sales=C:\\x.mdf");
        Site.Ended master = run("restore", "Sales", "--as", "master", "--replace", "--tail", "--json");
        Site.Ended defaults =
                done("restore", "Sales", "--replace", "--discard-tail", "--default-paths", "--plan", "--json");

        assertThat(open.json().at("/plan/preconditions").findValuesAsString("state"))
                .hasSize(14)
                .containsOnly("met");
        assertThat(open.json().at("/plan/files").size()).isEqualTo(2);
        assertThat(there.code()).isEqualTo(1);
        assertThat(there.json().at("/error/id").asString()).isEqualTo("database-exists");
        assertThat(there.json().at("/plan/steps").size()).as("beside the error").isPositive();
        assertThat(there.json().at("/plan/files/0/was").asString()).isNotEmpty();
        assertThat(there.json().at("/plan/preconditions/0/state").asString()).isEqualTo("unmet");
        assertThat(there.json().at("/plan/preconditions/0/remedy").asString()).contains("--replace");
        assertThat(text.code()).isEqualTo(1);
        assertThat(text.out())
                .contains("file Sales goes to C:\\x.mdf, and was at ")
                .containsPattern("unmet +target-database")
                .containsPattern("unmet +destinations")
                .containsPattern("met +objects-readable");
        assertThat(text.err()).contains("database-exists", "also in the way, destinations:");
        assertThat(master.json().at("/error/id").asString()).isEqualTo("master-by-hand");
        assertThat(master.json().at("/error/hint").asString()).doesNotContain("--tail");
        assertThat(defaults.json().at("/plan/moves/Sales").asString()).contains("Sales_Sales");

        run("backup", "master", "--type", "full");
        assertThat(run("restore", "master", "--replace", "--json")
                        .json()
                        .at("/error/id")
                        .asString())
                .isEqualTo("master-by-hand");
        assertThat(done("restore", "master", "--replace", "--script", "--files", "/mnt")
                        .out())
                .as("what the refusal names")
                .contains("RESTORE DATABASE [master] FROM DISK");

        Site.Ended doctor = run("doctor", "--restore", "Sales", "--json");
        Site.Ended nothing = run("doctor", "--restore", "Nothing", "--json");

        assertThat(doctor.json().get("findings").findValuesAsString("id"))
                .contains("restore-objects-readable", "restore-destinations", "restore-tde-certificate");
        assertThat(nothing.json().get("findings").findValuesAsString("id")).contains("restore-plan");
    }

    @Test
    void logsOfACopyAreToldToRestOnAnotherDatabaseAndThoseOfARenamedOneAreNot() throws Exception {
        String full = done("backup", "Sales", "--json").json().get("backupId").asString();
        done("restore", "Sales", "--as", "Copy");
        work(1);
        site.sql("EXEC sluice_workload @database = N'Copy', @transactions = 5, @seed = 2");

        Site.Ended log = run("backup", "Copy", "--type", "log", "--json");
        done("restore", "Copy", "--as", "Copy2");
        site.sql("ALTER DATABASE Sales MODIFY NAME = Umsatz");
        done("backup", "Umsatz", "--type", "log");
        Site.Ended restored = done("restore", "Umsatz", "--as", "Umsatz2");

        assertThat(log.code()).as("done, and something needs attention").isEqualTo(3);
        assertThat(log.json().at("/chain/0/kind").asString()).isEqualToIgnoringCase("no_full");
        assertThat(log.json().at("/chain/0/what").asString()).contains(full);
        assertThat(restored.err()).contains("kept under the name Sales");
        site.sql("EXEC sluice_compare N'Copy', N'Copy2'");
        site.sql("EXEC sluice_compare N'Umsatz', N'Umsatz2'");
    }

    @Test
    void overAnExistingDatabaseItsTailIsSavedOrNothingHappens() throws Exception {
        done("backup", "Sales", "--type", "full");
        work(1);

        Site.Ended refused = run("restore", "Sales", "--replace", "--json");
        Site.Ended restored = done("restore", "Sales", "--replace", "--tail", "--json");

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.json().at("/error/id").asString()).isEqualTo("tail-would-be-lost");
        assertThat(restored.json().get("backups").asInt()).isEqualTo(2);
        assertThat(restored.json().get("state").asString()).isEqualTo("ONLINE");
        assertThat(restored.err()).contains("take a differential or full backup of Sales now");
        assertThat(run("backup", "Sales", "--type", "full", "--copy-only").err())
                .contains("was restored since its last full backup")
                .contains("until a differential or full backup");
    }

    @Test
    void anInstantThatOnlyTheTailHoldsIsReachedThroughIt() throws Exception {
        done("backup", "Sales", "--type", "full");
        work(1);
        done("backup", "Sales", "--type", "log");
        done("restore", "Sales", "--as", "Then");
        String then = instant().toString();
        work(2);
        String future = Instant.now().plus(1, ChronoUnit.HOURS).toString();

        Site.Ended never = run("restore", "Sales", "--to", future, "--replace", "--tail", "--json");
        Site.Ended plan = run("restore", "Sales", "--to", then, "--replace", "--tail", "--plan");
        Site.Ended restored = done("restore", "Sales", "--to", then, "--replace", "--tail", "--json");

        assertThat(never.json().at("/error/id").asString())
                .as("and its tail was not taken: the plan below is for a database that is open")
                .isEqualTo("unreachable");
        assertThat(plan.code()).isEqualTo(3);
        assertThat(plan.err() + plan.out()).contains("the tail of the log, saved first, brings it");
        assertThat(restored.json().get("backups").asInt()).isEqualTo(3);
        assertThat(restored.json().get("state").asString()).isEqualTo("ONLINE");
        site.sql("EXEC sluice_compare N'Then', N'Sales'");
    }

    @Test
    void aGapIsToldWithExitCode3AndAnInstantBehindItIsOutOfReach() throws Exception {
        done("backup", "Sales", "--type", "full");
        work(1);
        String lost = done("backup", "Sales", "--type", "log", "--json")
                .json()
                .get("backupId")
                .asString();
        work(2);
        Instant then = instant();
        work(3);
        run("backup", "Sales", "--type", "log");
        try (var files = Files.walk(directory.resolve("s3/backups"))) {
            for (Path file : files.filter(each -> each.toString().contains(lost))
                    .filter(Files::isRegularFile)
                    .toList()) {
                Files.delete(file);
            }
        }

        Site.Ended listed = run("list", "Sales", "--json");
        Site.Ended restored = run("restore", "Sales", "--to", then.toString(), "--as", "Copy", "--json");

        assertThat(listed.code()).isEqualTo(3);
        assertThat(listed.json().at("/findings/0/kind").asString()).isEqualTo("gap");
        assertThat(restored.code()).isEqualTo(1);
        assertThat(restored.json().at("/error/id").asString()).isEqualTo("unreachable");
        assertThat(restored.json().at("/error/what").asString()).contains("Sluice took it as " + lost);
    }

    /// As after a downgrade, or a hand that slipped.
    @Test
    void anEntryThatCannotBeReadIsNamedAndHidesNoOther() throws Exception {
        String old = done("backup", "Sales", "--type", "full", "--json")
                .json()
                .get("backupId")
                .asString();
        done("backup", "Sales", "--type", "full");
        try (var files = Files.walk(directory.resolve("s3/backups"))) {
            Path entry = files.filter(each -> each.toString().contains("catalog"))
                    .filter(each -> each.getFileName().toString().endsWith(old + ".json"))
                    .findFirst()
                    .orElseThrow();
            Files.writeString(entry, Files.readString(entry).substring(0, 100));
        }

        Site.Ended listed = run("list", "--json");
        Site.Ended planned = run("restore", "Sales", "--as", "Copy", "--plan");
        Site.Ended shown = run("show", old, "--json");
        Site.Ended pruned = run("prune", "Sales", "--keep-full", "1", "--json");

        assertThat(listed.code()).as(listed.err()).isEqualTo(3);
        assertThat(listed.json().get("backups").size()).isEqualTo(1);
        assertThat(listed.json().at("/findings/0/kind").asString()).isEqualTo("unreadable");
        assertThat(listed.json().at("/findings/0/text").asString()).contains(old);
        assertThat(planned.code()).as(planned.err()).isEqualTo(3);
        assertThat(planned.out()).contains("Plan for Copy: 1 backup,");
        assertThat(planned.err()).contains(old);
        assertThat(shown.json().at("/error/id").asString()).isEqualTo("catalog-unreadable");
        assertThat(pruned.code()).isEqualTo(1);
        assertThat(pruned.json().at("/error/id").asString()).isEqualTo("catalog-unreadable");

        run("restore", "Sales", "--as", "Archive");
        String first = run("backup", "Archive", "--type", "full", "--json")
                .json()
                .get("backupId")
                .asString();
        run("backup", "Archive", "--type", "full");
        Site.Ended both = run("prune", "--keep-full", "1", "--json");

        assertThat(both.code()).isEqualTo(1);
        assertThat(both.json().at("/skipped/Sales").asString()).contains("catalog-unreadable", old);
        assertThat(both.json().at("/databases/0/removed").asInt())
                .as("of Archive, whatever becomes of the other")
                .isEqualTo(1);
        assertThat(both.out()).contains(first);
    }

    @Test
    void aBackupWithACorruptBlockIsGoneRoundWhenSomebodySaysSo() throws Exception {
        done("backup", "Sales", "--type", "full");
        work(1);
        done("backup", "Sales", "--type", "log");
        String broken = done("backup", "Sales", "--type", "full", "--json")
                .json()
                .get("backupId")
                .asString();
        work(2);
        done("backup", "Sales", "--type", "log");
        try (var files = Files.walk(directory.resolve("s3/backups"))) {
            Path stripe = files.filter(each -> each.endsWith(broken + "/stripe-001.bak"))
                    .findFirst()
                    .orElseThrow();
            byte[] bytes = Files.readAllBytes(stripe);
            bytes[bytes.length / 2] ^= 1;
            Files.write(stripe, bytes);
        }

        Site.Ended failed = run("restore", "Sales", "--as", "Copy", "--json");
        Site.Ended unknown = run("restore", "Sales", "--as", "Other", "--without", "01NOSUCHBACKUP", "--json");
        JsonNode restored = done("restore", "Sales", "--as", "Other", "--without", broken, "--json")
                .json();

        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.json().at("/error/id").asString()).isEqualTo("corrupt-object");
        assertThat(failed.json().at("/error/hint").asString()).contains("--without " + broken);
        assertThat(unknown.code()).isEqualTo(1);
        assertThat(unknown.json().at("/error/id").asString()).isEqualTo("no-such-backup");
        assertThat(restored.get("backups").asInt()).isEqualTo(3);
        assertThat(restored.get("state").asString()).isEqualTo("ONLINE");
        site.sql("EXEC sluice_compare N'Sales', N'Other'");
    }

    @Test
    void anUnconfirmedBackupStaysUntilAPersonNamesIt() throws Exception {
        done("backup", "Sales", "--type", "full");
        site.sql("EXEC sluice_msdb 'off'");
        site.sql("EXEC sluice_fault 'lose-connection'");
        Site.Ended lost = run("backup", "Sales", "--type", "diff", "--json");
        site.sql("EXEC sluice_msdb 'normal'");
        JsonNode finding = run("recover", "--json").json().at("/findings/0");
        String id = finding.get("backupId").asString();

        assertThat(lost.json().at("/error/id").asString()).isEqualTo("unconfirmed");
        assertThat(finding.get("decision").asString()).isEqualTo("UNCONFIRMED");
        assertThat(done("prune", "Sales", "--keep-full", "1", "--json")
                        .json()
                        .at("/databases/0/removed")
                        .asInt())
                .isZero();
        assertThat(run("prune", "Sales", "--unconfirmed", id.substring(0, 10)).code())
                .as("not its whole id")
                .isEqualTo(1);
        assertThat(done("prune", "Sales", "--unconfirmed", id, "--json")
                        .json()
                        .at("/databases/0/removed")
                        .asInt())
                .isEqualTo(1);
        assertThat(done("recover", "--json").json().get("findings").isEmpty()).isTrue();
        assertThat(done("list", "Sales", "--json").json().get("backups").size()).isEqualTo(1);
    }

    @Test
    void theScriptIsPrintedAndNothingIsDone() throws Exception {
        done("backup", "Sales", "--type", "full", "--stripes", "2");
        work(1);
        done("backup", "Sales", "--type", "log");

        Site.Ended script = done("restore", "Sales", "--as", "Copy", "--script", "--files", "/mnt/backups");
        Site.Ended nonsense = run("restore", "Sales", "--to", "yesterday");

        assertThat(script.out())
                .contains("RESTORE DATABASE [Copy] FROM DISK = N'/mnt/backups/")
                .contains("RESTORE LOG [Copy]")
                .contains("RESTORE DATABASE [Copy] WITH RECOVERY;");
        assertThat(nonsense.code()).isEqualTo(2);
        assertThat(nonsense.err()).contains("yesterday");
    }
}
