package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.regional.Collation;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Names and texts on servers of other countries.
@Timeout(60)
class CollationTest {

    private static Bench bench(Collation collation) throws Exception {
        return new Bench(options -> options.withCollation(collation).withDatabase("Mixi", 1 << 20));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                // condition | SQL_Latin1_General_CP1_CI_AS | Latin1_General_CS_AS | Turkish_CI_AS |
                // Latin1_General_BIN2
                "'abc' = 'ABC' | yes | no | yes | no",
                "'fileid' = 'FILEID' | yes | no | no | no",
                "N'fileid' = N'F\u0130LE\u0130D' | no | no | yes | no",
                "'a' = 'a  ' | yes | yes | yes | yes",
                "'backup' LIKE 'BACK%' | yes | no | yes | no",
                "'fileid' LIKE '%ID' | yes | no | no | no",
                "'x' IN ('X', 'y') | yes | no | yes | no",
                "'i' IN ('I', 'y') | yes | no | no | no",
                "'B' < 'a' | no | no | no | yes",
                "'a' < 'A' | no | yes | no | no",
                "UPPER('i') = 'I' | yes | yes | no | yes",
                "NULLIF('i', 'I') IS NULL | yes | no | no | no"
            })
    void decidesWhatIsEqual(String condition, String latin, String caseSensitive, String turkish, String binary)
            throws Exception {
        List<Collation> collations = List.of(
                Collation.DEFAULT, Collation.LATIN1_GENERAL_CS, Collation.TURKISH_CI, Collation.LATIN1_GENERAL_BIN2);
        List<String> expected = List.of(latin, caseSensitive, turkish, binary);
        for (int i = 0; i < collations.size(); i++) {
            try (Bench bench = bench(collations.get(i))) {
                assertThat(bench.value("SELECT CASE WHEN %s THEN 'yes' ELSE 'no' END".formatted(condition)))
                        .as("%s on %s", condition, collations.get(i))
                        .isEqualTo(expected.get(i));
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                // statement | error under CS | error under Turkish
                "SELECT name FROM sys.databases | 0 | 0",
                "SELECT NAME FROM sys.databases | 207 | 0",
                "SELECT name FROM SYS.DATABASES | 208 | 0",
                "SELECT database_id FROM sys.databases | 0 | 0",
                "SELECT DATABASE_ID FROM sys.databases | 207 | 207",
                "SELECT name FROM sys.master_files WHERE FILE_ID = 1 | 207 | 207",
                "SELECT session_id FROM sys.DM_EXEC_SESSIONS | 208 | 208",
                "SELECT d.name FROM sys.databases D | 4104 | 0",
                "SELECT i.name FROM sys.databases I | 4104 | 4104",
                "SELECT name AS Id FROM sys.databases ORDER BY id | 207 | 207",
                "DECLARE @Id int; SELECT @id | 137 | 137",
                "DECLARE @Name SYSNAME | 243 | 0",
                "SELECT @@spid | 137 | 137",
                "SELECT @@SPID | 0 | 0",
                "SELECT GETDATE(), getdate(), GetUtcDate() | 0 | 0",
                "SELECT sys.FN_HADR_BACKUP_IS_PREFERRED_REPLICA('Mixi') | 4121 | 4121",
                "USE mixi | 911 | 0",
                "USE MIXI | 911 | 911",
                "USE [Mixi] | 0 | 0",
                "EXEC SP_RELEASEAPPLOCK @Resource = 'r' | 2812 | 1223",
                "EXEC sp_getapplock @resource = 'r', @LockMode = 'Shared', @LockOwner = 'Session' | 8145 | 0",
                "EXEC sp_getapplock @Resource = 'r', @LOCKTIMEOUT = 0 | 8145 | 8145",
                "BACKUP DATABASE MIXI TO VIRTUAL_DEVICE = N'x' | 911 | 911",
                "backup database [Mixi] to virtual_device = N'x' with differential | 3035 | 3035"
            })
    void decidesWhatAnIdentifierNames(String statement, int caseSensitive, int turkish) throws Exception {
        try (Bench cs = bench(Collation.LATIN1_GENERAL_CS);
                Bench tr = bench(Collation.TURKISH_CI);
                Bench latin = bench(Collation.DEFAULT)) {
            assertThat(first(cs.errors(statement))).as("CS").isEqualTo(caseSensitive);
            assertThat(first(tr.errors(statement))).as("Turkish").isEqualTo(turkish);
            assertThat(first(latin.errors(statement))).as("Latin").isIn(0, 1223, 3035, 3201, 3918);
        }
    }

    private static int first(List<Integer> numbers) {
        return numbers.isEmpty() ? 0 : numbers.getFirst();
    }

    @Test
    void foldsWhatIsGroupedAndWhatIsDistinct() throws Exception {
        String rows = " FROM (SELECT CASE WHEN database_id = 1 THEN 'i' ELSE 'I' END AS x FROM sys.databases"
                + " WHERE database_id < 3) t";
        try (Bench latin = bench(Collation.DEFAULT);
                Bench turkish = bench(Collation.TURKISH_CI)) {
            for (String sql : List.of("SELECT DISTINCT x" + rows, "SELECT x" + rows + " GROUP BY x")) {
                assertThat(latin.ok(sql).statements().getFirst().rows()).hasSize(1);
                assertThat(turkish.ok(sql).statements().getFirst().rows()).hasSize(2);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void isToldByTheServerItsDatabasesItsBackupsAndToTheDriver(Collation collation) throws Exception {
        try (Bench bench = bench(collation)) {
            assertThat(bench.value("SELECT SERVERPROPERTY('Collation')")).isEqualTo(collation.text());
            assertThat(bench.value("SELECT DATABASEPROPERTYEX('Mixi', 'Collation')"))
                    .isEqualTo(collation.text());
            assertThat(bench.value("SELECT collation_name FROM sys.databases WHERE name = 'Mixi'"))
                    .isEqualTo(collation.text());
            List<byte[]> backup = bench.backUp("DATABASE [Mixi]", 1, "");
            assertThat(Bench.column(bench.restore("HEADERONLY", backup, ""), "Collation"))
                    .isEqualTo(collation.text());
            assertThat(bench.value("SELECT collation_name FROM msdb.dbo.backupset"))
                    .isEqualTo(collation.text());

            // The driver encodes varchar in the code page of the collation that it is told.
            String url = bench.server.jdbcUrl() + ";sendStringParametersAsUnicode=false";
            String text = collation.codePage() == 1254 ? "\u015fi\u015fe \u0130I" : "\u00fe\u00f0 iI";
            try (Connection connection = DriverManager.getConnection(url, "sa", "Sluice!2026");
                    PreparedStatement statement = connection.prepareStatement("SELECT CAST(? AS nvarchar(20))")) {
                statement.setString(1, text);
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    assertThat(row.getString(1)).isEqualTo(text);
                }
            }
        }
    }

    @Test
    void ofADatabaseIsItsOwnAndGoesWithItsBackups(@TempDir Path state) throws Exception {
        String ofCopy = "SELECT collation_name FROM sys.databases WHERE name = 'Copy'";
        try (Bench bench =
                new Bench(options -> options.withStateDirectory(state).withDatabase("Sales", 1 << 20))) {
            assertThat(bench.errors("ALTER DATABASE Sales COLLATE Klingon_CI_AS"))
                    .containsExactly(448);
            bench.ok("ALTER DATABASE Sales COLLATE Turkish_CI_AS");
            List<byte[]> backup = bench.backUp("DATABASE [Sales]", 1, "");

            bench.restored("DATABASE [Copy]", backup, Bench.moved("Copy", ""));

            assertThat(bench.value(ofCopy)).isEqualTo("Turkish_CI_AS");
            assertThat(Bench.column(bench.restore("HEADERONLY", backup, ""), "Collation"))
                    .isEqualTo("Turkish_CI_AS");
        }
        try (Bench again = new Bench(options -> options.withStateDirectory(state))) {
            assertThat(again.value(ofCopy)).isEqualTo("Turkish_CI_AS");
            assertThat(again.value("SELECT DATABASEPROPERTYEX('Copy', 'Collation')"))
                    .isEqualTo("Turkish_CI_AS");
            assertThat(again.value("SELECT SERVERPROPERTY('Collation')")).isEqualTo(Collation.DEFAULT.text());
            again.ok("SELECT DATABASE_ID FROM sys.databases");
            again.ok("USE Copy");
            assertThat(again.errors("SELECT DATABASE_ID FROM sys.databases")).containsExactly(207);
            again.ok("DECLARE @Id int; SELECT @id"); // variables are the server's
        }
    }

    @Test
    void tellsLoginsAndDatabasesApartByCase() throws Exception {
        try (Bench bench = new Bench(options -> options.withCollation(Collation.LATIN1_GENERAL_CS)
                .withLogin(new ServerOptions.Login("Agent", "Secret!1", true))
                .withDatabase("sales", 1 << 20)
                .withDatabase("Sales", 1 << 20))) {
            assertThat(bench.value("SELECT COUNT(*) FROM sys.databases WHERE name LIKE '_ales'"))
                    .isEqualTo(2);
            String url = bench.server.jdbcUrl();
            DriverManager.getConnection(url, "Agent", "Secret!1").close();
            assertThatThrownBy(() -> DriverManager.getConnection(url, "agent", "Secret!1"))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getErrorCode()).isEqualTo(18456));
        }
    }
}
