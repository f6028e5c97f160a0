package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.tds.CollectedResponse;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The SELECT evaluator, over the views of an empty server.
class QueryTest {

    private static Bench bench;

    @BeforeAll
    static void start() throws Exception {
        bench = new Bench(options -> options);
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    private static List<List<Object>> rows(String sql) throws InterruptedException {
        CollectedResponse response = bench.ok(sql);
        return response.statements().getLast().rows();
    }

    @Test
    void joinsFiltersSortsAndCuts() throws Exception {
        assertThat(
                        rows(
                                "SELECT TOP (2) d.name, f.name AS [file] FROM sys.databases d INNER JOIN sys.master_files f"
                                        + " ON f.database_id = d.database_id AND f.type_desc = 'LOG' WHERE d.database_id > 1 ORDER BY d.name DESC"))
                .containsExactly(List.of("tempdb", "tempdb_log"), List.of("msdb", "msdb_log"));
        assertThat(rows("SELECT d.name, b.backup_set_id FROM sys.databases AS d LEFT JOIN msdb.dbo.backupset b ON"
                        + " b.database_name = d.name WHERE d.database_id = 1"))
                .containsExactly(Arrays.asList("master", null));
        assertThat(
                        rows(
                                "SELECT x.n FROM (SELECT database_id + 1 AS n FROM sys.databases) x WHERE x.n IN (2, 4) ORDER BY 1"))
                .containsExactly(List.of(2), List.of(4));
    }

    @Test
    void nullsJoinNothing() throws Exception {
        assertThat(rows("SELECT d.name, e.name FROM sys.databases d LEFT JOIN sys.databases e"
                        + " ON e.source_database_id = d.database_id WHERE d.database_id < 3 ORDER BY d.name"))
                .containsExactly(Arrays.asList("master", null), Arrays.asList("tempdb", null));
        assertThat(rows("SELECT d.name, e.name FROM sys.databases d INNER JOIN sys.databases e"
                        + " ON d.source_database_id = e.source_database_id"))
                .isEmpty();
        assertThat(rows("SELECT f.name FROM sys.master_files f INNER JOIN sys.databases d"
                        + " ON d.database_id = f.database_id AND d.name = 'model' ORDER BY f.name"))
                .containsExactly(List.of("model"), List.of("model_log"));
    }

    @Test
    void whatTheWhereClauseEqualsIsLookedForBeforeAJoin() throws Exception {
        assertThat(rows("SELECT d.name, f.name FROM sys.databases d LEFT JOIN sys.master_files f"
                        + " ON f.database_id = d.database_id WHERE f.name = 'MODEL_LOG ' AND d.name = N'model'"))
                .containsExactly(List.of("model", "model_log"));
        assertThat(rows("SELECT d.name FROM sys.databases d WHERE (d.name = 'model' OR d.name = 'msdb')"
                        + " AND NOT (d.database_id = 3)"))
                .containsExactly(List.of("msdb"));
        assertThat(rows("DECLARE @none sysname; SELECT name FROM sys.databases WHERE name = @none"))
                .isEmpty();
        assertThat(rows("SELECT d.name FROM sys.databases d WHERE d.database_id = 3 AND d.database_id ="
                        + " (SELECT MAX(f.database_id) FROM sys.master_files f WHERE f.database_id = d.database_id)"))
                .containsExactly(List.of("model"));
        assertThat(bench.errors("SELECT name FROM sys.databases WHERE database_id = 'x'"))
                .containsExactly(245);
    }

    @Test
    void groupsAndAggregates() throws Exception {
        assertThat(rows("SELECT type_desc, COUNT(*) AS n, MAX(database_id) FROM sys.master_files GROUP BY type_desc"
                        + " HAVING COUNT(*) > 1 ORDER BY type_desc"))
                .containsExactly(List.of("LOG", 4, 4), List.of("ROWS", 4, 4));
        assertThat(rows("SELECT COUNT(*), MAX(first_lsn) FROM msdb..backupset"))
                .containsExactly(Arrays.asList(0, null));
        assertThat(bench.errors("SELECT name, COUNT(*) FROM sys.databases")).containsExactly(8120);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "NULL = NULL | no",
                "NULL IS NULL | yes",
                "NOT (1 = NULL) | no",
                "1 IN (2, NULL) | no",
                "1 NOT IN (2, NULL) | no",
                "1 NOT IN (2, 3) | yes",
                "'Sales' LIKE 's[ae]l%' | yes",
                "'a_b' LIKE 'a!_b' ESCAPE '!' | yes",
                "'axb' LIKE 'a!_b' ESCAPE '!' | no",
                "'a' = 'A  ' | yes",
                "2 BETWEEN 1 AND 3 AND NOT 4 < 3 | yes",
                "(1 + 2) * 3 = 9 OR 1 = 0 | yes",
                "EXISTS (SELECT 1 FROM sys.databases WHERE name = 'msdb') | yes",
                "CAST('2026-01-02T03:04:05' AS datetime2) > '2026-01-02' | yes",
                "(SELECT COUNT(*) FROM sys.databases) = 4 | yes"
            })
    void knowsTrueFalseAndUnknown(String condition, String expected) throws Exception {
        assertThat(rows("SELECT CASE WHEN %s THEN 'yes' ELSE 'no' END".formatted(condition)))
                .containsExactly(List.of(expected));
    }

    @Test
    void computesWithTypes() throws Exception {
        assertThat(rows("SELECT 7 / 2, 7 % 2, -5 + 1, 7 / 2.0").getFirst().subList(0, 3))
                .containsExactly(3, 1, -4);
        assertThat((BigDecimal) rows("SELECT 7 / 2.0").getFirst().getFirst()).isEqualByComparingTo("3.5");
        assertThat(
                        rows(
                                "SELECT CONVERT(nvarchar(30), CAST('20260102' AS datetime), 126), ISNULL(NULL, 'x'), N'a' + 'b'"))
                .containsExactly(List.of("2026-01-02T00:00:00.000", "x", "ab"));
        assertThat(rows("SELECT CASE WHEN 1 = 1 THEN NULL ELSE 'x' END, COALESCE(NULL, 'y'), NULL"))
                .containsExactly(Arrays.asList(null, "y", null));
        assertThat(rows("SELECT TRY_CAST('x' AS int), DATEDIFF(second, '2026-01-01', '2026-01-01T00:01:00')"))
                .containsExactly(Arrays.asList(null, 60));
        assertThat(bench.errors("SELECT CAST('x' AS int)")).containsExactly(245);
        assertThat(bench.errors("SELECT 1 / 0")).containsExactly(8134);
    }

    @Test
    void keepsVariablesThroughTheBatch() throws Exception {
        assertThat(rows(
                        "DECLARE @n int = 2, @name sysname; SET @n = @n + 1; SELECT @name = name FROM sys.databases WHERE"
                                + " database_id = @n; IF @name IS NOT NULL BEGIN SELECT @n, @name END ELSE SELECT 0"))
                .containsExactly(List.of(3, "model"));
        assertThat(bench.errors("SELECT @nothing")).containsExactly(137);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "SELECT x.name FROM sys.databases d | 4104",
                "SELECT database_id FROM sys.databases a JOIN sys.master_files b ON a.database_id = b.database_id | 209",
                "SELECT name FROM sys.databases WHERE | 156",
                "SELECT FROM sys.databases | 156",
                "SELECT * | 263",
                "INSERT INTO x VALUES (1) | 102",
                "SELECT name FROM backupset | 208",
                "SELEC 1 | 2812",
                "EXEC | 156"
            })
    void refusesNonsense(String sql, int number) throws Exception {
        assertThat(bench.errors(sql)).first().isEqualTo(number);
    }

    @Test
    void tellsHowMuchRoomTheVolumesOfFilesHave() throws Exception {
        assertThat(rows("SELECT DISTINCT v.volume_mount_point, v.total_bytes FROM sys.master_files f"
                        + " CROSS APPLY sys.dm_os_volume_stats(f.database_id, f.file_id) v"))
                .containsExactly(List.of("/", 1L << 40));
        assertThat(rows("SELECT name FROM sys.certificates")).isEmpty();
    }
}
