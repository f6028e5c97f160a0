package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The system's databases are as on a server that was just installed.
@Timeout(60)
class SystemDatabasesTest {

    private Bench bench;

    @BeforeEach
    void start() throws Exception {
        bench = Bench.withSales();
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    @Test
    void areInSimpleRecoveryButModel() throws Exception {
        List<List<Object>> rows = bench.ok("SELECT name, recovery_model_desc FROM sys.databases ORDER BY database_id")
                .statements()
                .getFirst()
                .rows();

        assertThat(rows)
                .containsExactly(
                        List.of("master", "SIMPLE"),
                        List.of("tempdb", "SIMPLE"),
                        List.of("model", "FULL"),
                        List.of("msdb", "SIMPLE"),
                        List.of("Sales", "FULL"));
    }

    @Test
    void haveTheBackupsThatTheirRecoveryModelAllows() throws Exception {
        Map<String, List<Integer>> refused = Map.of(
                "LOG [master] TO %s", List.of(3024, 3013),
                "DATABASE [master] TO %s WITH DIFFERENTIAL", List.of(3024, 3013),
                "LOG [msdb] TO %s", List.of(4208, 3013),
                "LOG [tempdb] TO %s", List.of(3147, 3013),
                "DATABASE [tempdb] TO %s", List.of(3147, 3013),
                "LOG [model] TO %s", List.of(4214, 3013));
        for (Map.Entry<String, List<Integer>> each : refused.entrySet()) {
            assertThat(bench.errors("BACKUP " + each.getKey().formatted("VIRTUAL_DEVICE = N'none'")))
                    .as(each.getKey())
                    .isEqualTo(each.getValue());
        }

        for (String database : List.of("master", "model", "msdb")) {
            assertThat(bench.backUp("DATABASE [%s]".formatted(database), 1, "")).isNotEmpty();
        }
        assertThat(bench.backUp("DATABASE [msdb]", 1, "DIFFERENTIAL")).isNotEmpty();
        assertThat(bench.backUp("LOG [model]", 1, "")).isNotEmpty();
    }
}
