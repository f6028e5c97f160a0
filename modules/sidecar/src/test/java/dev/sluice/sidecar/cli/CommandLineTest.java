package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.server.FaultSwitch;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// What wrong usage gets: exit code 2, one clear story, nothing started.
class CommandLineTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        Shutdown shutdown = new Shutdown();
        CommandLine line = Sluice.commandLine(shutdown);
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        int code = line.execute(arguments);
        shutdown.closeAll();
        return code;
    }

    @Test
    void anUnknownOptionIsNamed() {
        assertThat(run("demo", "--strips", "2")).isEqualTo(2);
        assertThat(err.toString())
                .contains("--strips")
                .contains("sluice demo --help")
                .contains("did you mean --stripes?");
    }

    @Test
    void nothingToDoIsAMisuse() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("sluice COMMAND");
    }

    @Test
    void helpShowsWhatTheOptionOfTheCommandShows() {
        assertThat(run("backup", "--help")).isZero();
        String shown = out.toString();
        out.getBuffer().setLength(0);

        assertThat(run("help", "backup")).isZero();
        assertThat(out.toString()).isEqualTo(shown).contains("Usage: sluice backup");
        assertThat(run("help", "catalog", "rebuild")).isZero();
        assertThat(out.toString()).contains("Usage: sluice catalog rebuild");
        assertThat(run("help")).isZero();
        assertThat(out.toString()).contains("Usage: sluice [-hV] COMMAND");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void helpForACommandThatDoesNotExistIsAMisuse() {
        assertThat(run("help", "bakcup")).isEqualTo(2);
        assertThat(err.toString()).contains("sluice has no command bakcup").contains("Did you mean backup?");
        assertThat(run("help", "catalog", "elsewhere")).isEqualTo(2);
        assertThat(err.toString()).contains("sluice catalog has no command elsewhere");
    }

    @Test
    void anotherCommandIsSuggestedOnlyIfItIsNear() {
        assertThat(run("bakcup")).isEqualTo(2);
        assertThat(err.toString()).contains("did you mean backup?");
        err.getBuffer().setLength(0);

        CommandLine installed = Sluice.commandLine(new Shutdown());
        installed.getCommandSpec().removeSubcommand("simulate");
        installed.setErr(new PrintWriter(err, true));
        assertThat(installed.execute("simulate", "--port", "1433")).isEqualTo(2);
        assertThat(err.toString()).contains("simulate").doesNotContain("did you mean");
    }

    @Test
    void moreThan64StripesAreRefused() {
        assertThat(run("demo", "--stripes", "65")).isEqualTo(2);
        assertThat(err.toString()).contains("1 to 64").contains("65");
    }

    @Test
    void unconfirmedBackupsAreRemovedByTheirIdsOfOneDatabaseAndByNothingElse() {
        assertThat(run("prune", "--unconfirmed", "01M8A1X50F1T7S0DMN2KDX8K7G")).isEqualTo(2);
        assertThat(err.toString()).contains("sluice prune DB --unconfirmed ID");
        assertThat(run("prune", "Sales", "--unconfirmed", "01M8A1X50F1T7S0DMN2KDX8K7G", "--keep-days", "3"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("removes what it names, and nothing else");
    }

    @Test
    void noStripesAreRefused() {
        assertThat(run("demo", "--stripes", "0")).isEqualTo(2);
    }

    @Test
    void aSizeOf0IsRefused() {
        assertThat(run("demo", "--size", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("--size must be more than 0");
    }

    @Test
    void aSizeThatIsNoneIsRefusedWithAnExample() {
        assertThat(run("demo", "--size", "lots")).isEqualTo(2);
        assertThat(err.toString()).contains("'lots'").contains("2GiB");
    }

    @Test
    void aMissingInputIsNamed(@TempDir Path directory) {
        Path missing = directory.resolve("missing.bak");

        assertThat(run("demo", "--input", missing.toString())).isEqualTo(2);
        assertThat(err.toString()).contains(missing.toString()).contains("no such file");
    }

    @Test
    void anEmptyInputIsNamed(@TempDir Path directory) throws Exception {
        Path empty = Files.createFile(directory.resolve("empty.bak"));

        assertThat(run("demo", "--input", empty.toString())).isEqualTo(2);
        assertThat(err.toString()).contains(empty.toString()).contains("empty");
    }

    @Test
    void moreInputsThanStripesAreRefused(@TempDir Path directory) throws Exception {
        Path one = Files.writeString(directory.resolve("1.bak"), "x");
        Path two = Files.writeString(directory.resolve("2.bak"), "x");

        assertThat(run("demo", "--stripes", "1", "--input", one.toString(), "--input", two.toString()))
                .isEqualTo(2);
        assertThat(err.toString()).contains("2 inputs").contains("1 stripes");
    }

    @Test
    void withoutAConfigurationNobodyWorksOnAToyByAccident() {
        assertThat(run("backup", "Sales")).isEqualTo(2);
        assertThat(err.toString()).contains("sluice.yaml").contains("--embedded");
    }

    @Test
    void withJsonAFailureIsOneDocument() {
        assertThat(run("demo", "--json", "--stripes", "65")).isEqualTo(2);
        assertThat(out.toString())
                .contains("\"error\"")
                .contains("\"id\" : \"usage\"")
                .contains("\"hint\"");
    }

    @Test
    void helpIsNoFailure() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("demo").contains("backup").contains("restore");
    }

    @Test
    void theSimulatorRefusesWhatItCannotBe() {
        assertThat(run("simulate", "--port", "70000")).isEqualTo(2);
        assertThat(run("simulate", "--database", "Sales")).isEqualTo(2);
        assertThat(run("simulate", "--database", "Sales=lots")).isEqualTo(2);
        assertThat(run("simulate", "--database", "Sales=1MiB", "--database", "Sales=2MiB"))
                .isEqualTo(2);
        assertThat(run("simulate", "--encryption", "some")).isEqualTo(2);
        assertThat(run("simulate", "--zone", "Middle/Earth")).isEqualTo(2);
        assertThat(run("simulate", "--msdb", "gone")).isEqualTo(2);
        assertThat(run("simulate", "--release", "2000")).isEqualTo(2);
        assertThat(run("simulate", "--edition", "free")).isEqualTo(2);
        assertThat(run("simulate", "--collation", "Klingon_CI_AS")).isEqualTo(2);
        assertThat(run("simulate", "--language", "Klingon")).isEqualTo(2);
        assertThat(run("simulate", "--fault", "explode")).isEqualTo(2);
        assertThat(run("simulate", "--fault", "stall")).isEqualTo(2);
        assertThat(run("simulate", "--fault", "tail/stall=1")).isEqualTo(2);
        assertThat(run("simulate", "--vdi-dir", "/dev/shm/" + "x".repeat(100))).isEqualTo(2);
        assertThat(err.toString())
                .contains("0 to 65535")
                .contains("Sales=64MiB")
                .contains("not-supported")
                .contains("Middle/Earth")
                .contains("purged")
                .contains("sql-2025")
                .contains("express")
                .contains("'explode'")
                .contains("stall=BYTES")
                .contains("tail/stall")
                .contains("45 bytes")
                .doesNotContain("defect");
    }

    @Test
    void theSimulatorsHelpNamesEveryFault() {
        assertThat(run("simulate", "--help")).isZero();
        for (FaultSwitch fault : FaultSwitch.values()) {
            assertThat(out.toString()).contains(fault.text());
        }
    }

    @Test
    void optionsThatDoNotGoTogetherAreRefusedBeforeAnythingStarts() {
        assertThat(run("backup", "Sales", "--no-truncate")).isEqualTo(2);
        assertThat(err.toString()).contains("--type tail --no-truncate");
        assertThat(run("backup", "Sales", "--type", "diff", "--copy-only")).isEqualTo(2);
        assertThat(run("backup", "Sales", "--compression", "--no-compression")).isEqualTo(2);
        assertThat(run("backup", "Sales", "--compression=lzma")).isEqualTo(2);
        assertThat(err.toString()).contains("xpress, zstd or none");
        assertThat(run("backup", "Sales", "--encrypt", "AES_256")).isEqualTo(2);
        assertThat(err.toString()).contains("AES_256:MyCertificate");
        assertThat(run("backup", "Sales", "--stall-limit", "5")).isEqualTo(2);
        assertThat(run("backup", "Sales", "--encrypt", "AES_256:Mine", "--no-encrypt"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--encrypt and --no-encrypt exclude each other");
    }

    @Test
    void aTransferSizeThatSqlServerWouldRefuseIsRefused() {
        assertThat(run("backup", "Sales", "--embedded", "--max-transfer-size", "100KiB"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("64 KiB");
    }

    /// The file has no mistake, and somebody should look all the same.
    @Test
    void whatIsAllowedAndNotSecureIsToldWithItsRemedy(@TempDir Path directory) throws Exception {
        String text = """
                server: { url: "jdbc:sqlserver://%s", user: sa, password: hunter2, identity: one }
                store: { bucket: backups, endpoint: "http://%s:9000" }
                """;
        Path remote = Files.writeString(directory.resolve("remote.yaml"), text.formatted("db;encrypt=false", "minio"));
        Path local = Files.writeString(directory.resolve("local.yaml"), text.formatted("localhost", "localhost"));

        assertThat(run("config", "check", "--config", remote.toString())).isEqualTo(3);
        assertThat(out.toString())
                .containsSubsequence(
                        "no mistakes", "warn: transport-bucket: ", "-> Use https://", "warn: transport-server: ");
        out.getBuffer().setLength(0);
        assertThat(run("config", "check", "--json", "--config", remote.toString()))
                .isEqualTo(3);
        assertThat(out.toString()).contains("\"transport-server\"", "\"valid\" : true");
        out.getBuffer().setLength(0);
        assertThat(run("config", "check", "--config", local.toString())).isZero();
        assertThat(out.toString().lines()).hasSize(1);
    }

    @Test
    void aPolicyThatTellsOnlyAHeartbeatIsToldWithItsRemedy(@TempDir Path directory) throws Exception {
        String text = """
                server: { url: "jdbc:sqlserver://localhost", user: sa, password: hunter2, identity: one }
                store: { bucket: backups, endpoint: "http://localhost:9000" }
                notify:
                  - { name: beat, heartbeat: { url: "https://beats.example/1" } }
                  - { name: on-call, command: { program: /bin/true } }
                policies:
                  - { databases: [Sales], full: "0 1 * * *", notify: %s }
                  - { databases: ["*"], full: "0 1 * * *" }
                """;
        Path deaf = Files.writeString(directory.resolve("deaf.yaml"), text.formatted("[beat]"));
        Path heard = Files.writeString(directory.resolve("heard.yaml"), text.formatted("[beat, on-call]"));

        assertThat(run("config", "check", "--config", deaf.toString())).isEqualTo(3);
        assertThat(out.toString())
                .containsSubsequence(
                        "no mistakes", "warn: notify-policy: policies[0].notify: beat: ", "-> Name a receiver with");
        out.getBuffer().setLength(0);
        assertThat(run("config", "check", "--json", "--config", deaf.toString()))
                .isEqualTo(3);
        assertThat(out.toString()).contains("\"notify-policy\"", "\"valid\" : true");
        out.getBuffer().setLength(0);
        assertThat(run("config", "check", "--config", heard.toString())).isZero();
        assertThat(out.toString().lines()).hasSize(1);
    }
}
