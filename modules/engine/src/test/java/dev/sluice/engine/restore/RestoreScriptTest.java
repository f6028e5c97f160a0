package dev.sluice.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDetails;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestorePlan.Stop;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.mtf.Lsn;
import dev.sluice.simulator.tsql.Parser;
import dev.sluice.simulator.tsql.Statement;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The T-SQL for the day on which there is no Sluice.
class RestoreScriptTest {

    private static final String ODD = "it's [odd] ; DROP DATABASE x --";

    private static BackupDocument document(String id, BackupType type, int stripes, int segments) {
        List<BackupDocument.Stripe> all = IntStream.rangeClosed(1, stripes)
                .mapToObj(stripe -> new BackupDocument.Stripe(
                        stripe,
                        IntStream.rangeClosed(1, segments)
                                .mapToObj(segment -> new BackupDocument.Segment(
                                        "srv/data/odd/%s/stripe-00%d.bak".formatted(id, stripe),
                                        1,
                                        "00000000",
                                        "e",
                                        List.of(),
                                        new BackupDocument.Blocks(1, List.of("00000000"))))
                                .toList()))
                .toList();
        return new BackupDocument(
                BackupDocument.SCHEMA_VERSION,
                id,
                "test",
                "srv",
                ODD,
                type,
                false,
                "set",
                Instant.parse("2026-03-01T10:00:00Z"),
                Instant.parse("2026-03-01T10:01:00Z"),
                new BackupDocument.Verdict(BackupDocument.Outcome.GOOD, "3014"),
                new BackupDocument.Options(1 << 20, 0, 8, false, true),
                BigInteger.ONE,
                BigInteger.TWO,
                all,
                BackupDetails.NONE.withHistory(SetFacts.of(Map.of("has_backup_checksums", true))));
    }

    private static RestoreRequest request(Stop stop, int segments) {
        Recovery none = new Recovery.NoRecovery();
        return new RestoreRequest(
                List.of(
                        new RestoreStep.Read(
                                document("01ARZ3NDEKTSV4RRFFQ69G5FAV", BackupType.FULL, 2, segments), stop, none),
                        new RestoreStep.Read(document("01ARZ3NDEKTSV4RRFFQ69G5FAW", BackupType.LOG, 1, 1), stop, none),
                        new RestoreStep.Open(new Recovery.Standby("/undo"))),
                List.of(
                        new RestoreStep.Read(document("01ARZ3NDEKTSV4RRFFQ69G5FAX", BackupType.LOG, 1, 1), stop, none),
                        new RestoreStep.Open(new Recovery.Recover())),
                ODD,
                Map.of(),
                Existing.REPLACE);
    }

    /// @param byBackup id of the backup that brings the file, to logical name, to path
    private static Placement moving(Map<String, Map<String, String>> byBackup) {
        return new Placement(List.of(), byBackup);
    }

    private static List<Statement.Restore> parsed(String script) {
        return Parser.parse(script).stream().map(Statement.Restore.class::cast).toList();
    }

    @Test
    void isTSqlThatNamesThePlainFilesAsFetchLeavesThem() {
        String script = RestoreScript.of(
                request(new Stop.At(LocalDateTime.parse("2026-03-01T10:42:00.997")), 1),
                moving(Map.of(
                        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                        Map.of("da'ta", "/new/da'ta.mdf"),
                        "01ARZ3NDEKTSV4RRFFQ69G5FAW",
                        Map.of("added", "/new/added.ndf"),
                        "01ARZ3NDEKTSV4RRFFQ69G5FAX",
                        Map.of("late", "/new/late.ndf"))),
                new RestoreScript.Source.Disk("D:\\back'ups"));

        List<Statement.Restore> statements = parsed(script);

        assertThat(statements)
                .extracting(Statement.Restore::kind)
                .containsExactly(
                        Statement.Restore.Kind.DATABASE, Statement.Restore.Kind.LOG, Statement.Restore.Kind.DATABASE);
        assertThat(script)
                .contains(
                        "DISK = N'D:\\back''ups\\01ARZ3NDEKTSV4RRFFQ69G5FAV-stripe-001.bak', DISK = N'D:\\back''ups\\")
                .contains("STOPAT = N'2026-03-01T10:42:00.997'")
                .contains("MOVE N'da''ta' TO N'/new/da''ta.mdf'")
                .contains("MOVE N'late' TO N'/new/late.ndf'")
                .contains("RESTORE DATABASE [it's [odd]] ; DROP DATABASE x --] WITH STANDBY = N'/undo';");
        assertThat(statements)
                .extracting(statement -> statement.options().moves().size())
                .containsExactly(1, 1, 0);
        assertThat(script.substring(script.indexOf("RESTORE LOG"))).contains("MOVE N'added' TO N'/new/added.ndf'");
        assertThat(script.substring(script.indexOf("-- Only if the database is still RESTORING:")))
                .contains("-- RESTORE LOG")
                .endsWith("\n-- RESTORE DATABASE [it's [odd]] ; DROP DATABASE x --] WITH RECOVERY;\n");
        assertThat(statements.getFirst().devices()).hasSize(2);
        assertThat(statements.getFirst().options().has("REPLACE")).isTrue();
        assertThat(statements.get(1).options().has("REPLACE")).isFalse();
        assertThat(statements)
                .filteredOn(statement -> !statement.devices().isEmpty())
                .allSatisfy(statement -> {
                    assertThat(statement.options().has("STOPAT")).isTrue();
                    assertThat(statement.options().has("NORECOVERY")).isTrue();
                    assertThat(statement.options().has("CHECKSUM")).isTrue();
                });
    }

    @Test
    void namesTheObjectsWhereTheyAre() {
        String script = RestoreScript.of(
                request(new Stop.BeforeLsn(new Lsn(39, 488, 71)), 1),
                moving(Map.of()),
                new RestoreScript.Source.Url("s3://minio:9000/backups/prod"));

        assertThat(parsed(script)).hasSize(3);
        assertThat(script)
                .contains(
                        "URL = N's3://minio:9000/backups/prod/srv/data/odd/01ARZ3NDEKTSV4RRFFQ69G5FAV/stripe-001.bak'")
                .contains("STOPBEFOREMARK = N'lsn:39000000048800071'");
    }

    /// Clients read lines and variables wherever they stand: in a literal, an identifier, or a comment.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "x\nGO\nDROP DATABASE y\nGO\n",
                "x\r:!!id",
                "x\u0085GO",
                "x\u2028GO",
                "x\u001b[2J",
                "x\u0000",
                "x\u202ey",
                "$(PATH)",
                "x$(x"
            })
    void nothingIsPrintedThatAClientWouldTakeForItsOwn(String name) {
        RestoreRequest plain = request(new Stop.Nowhere(), 1);
        RestoreRequest named = new RestoreRequest(plain.steps(), plain.spare(), name, plain.moves(), plain.existing());
        String full = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        String late = "01ARZ3NDEKTSV4RRFFQ69G5FAX";
        RestoreScript.Source disk = new RestoreScript.Source.Disk("/b");

        refused(() -> RestoreScript.of(named, moving(Map.of()), disk), name);
        refused(() -> RestoreScript.of(plain, moving(Map.of(full, Map.of(name, "/x"))), disk), name);
        refused(() -> RestoreScript.of(plain, moving(Map.of(full, Map.of("x", name))), disk), name);
        refused(() -> RestoreScript.of(plain, moving(Map.of(late, Map.of(name, "/x"))), disk), name);
        refused(() -> RestoreScript.of(plain, moving(Map.of()), new RestoreScript.Source.Disk(name)), name);
        refused(() -> RestoreScript.of(plain, moving(Map.of()), new RestoreScript.Source.Url("s3://" + name)), name);
    }

    private static void refused(ThrowingCallable script, String name) {
        assertThatThrownBy(script).isInstanceOfSatisfying(OperationFailed.class, failure -> {
            assertThat(failure.id()).hasToString("script-unsafe");
            assertThat(failure.what()).contains(name.contains("$(") ? "'$('" : "control character U+");
        });
    }

    @Test
    void aStripeInSeveralObjectsCannotBeReadByUrl() {
        assertThatThrownBy(() -> RestoreScript.of(
                        request(new Stop.Nowhere(), 2), moving(Map.of()), new RestoreScript.Source.Url("s3://x/y")))
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.id()).hasToString("in-segments"));
    }
}
