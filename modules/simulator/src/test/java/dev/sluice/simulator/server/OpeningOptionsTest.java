package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a RESTORE is told of the database that it opens.
@Timeout(60)
class OpeningOptionsTest {

    private Bench bench;
    private List<byte[]> full;

    @BeforeEach
    void start() throws Exception {
        bench = Bench.withSales();
        full = bench.backUp("DATABASE [Sales]", 1, "");
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    private Object of(String database, String column) throws InterruptedException {
        return bench.value("SELECT %s FROM sys.databases WHERE name = '%s'".formatted(column, database));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "KEEP_CDC",
                "KEEP_REPLICATION",
                "RESTRICTED_USER",
                "ENABLE_BROKER",
                "NEW_BROKER",
                "ERROR_BROKER_CONVERSATIONS"
            })
    void belongsToRecovery(String option) throws Exception {
        for (String state : List.of("NORECOVERY", "STANDBY = N'/undo'")) {
            assertThat(Bench.numbers(
                            bench.restore("DATABASE [Copy]", full, Bench.moved("Copy", option + ", " + state))))
                    .as(state)
                    .containsExactly(3031, 3013);
        }
        bench.restored("DATABASE [Copy]", full, Bench.moved("Copy", option));
        assertThat(of("Copy", "state_desc")).isEqualTo("ONLINE");
    }

    @Test
    void ofServiceBrokerIsOneAndForDatabasesOnly() throws Exception {
        assertThat(Bench.numbers(
                        bench.restore("DATABASE [Copy]", full, Bench.moved("Copy", "ENABLE_BROKER, NEW_BROKER"))))
                .containsExactly(3031, 3013);
        bench.work("Sales", 2, 1);
        List<byte[]> log = bench.backUp("LOG [Sales]", 1, "");
        bench.restored("DATABASE [Copy]", full, Bench.moved("Copy", "NORECOVERY"));
        assertThat(Bench.numbers(bench.restore("LOG [Copy]", log, "ENABLE_BROKER")))
                .containsExactly(3032, 3013);
        bench.restored("LOG [Copy]", log, "KEEP_CDC, KEEP_REPLICATION, RESTRICTED_USER");
        assertThat(of("Copy", "user_access_desc")).isEqualTo("RESTRICTED_USER");
        bench.ok("ALTER DATABASE [Copy] SET MULTI_USER");
        assertThat(of("Copy", "user_access_desc")).isEqualTo("MULTI_USER");
    }

    @Test
    void aNewBrokerHasAnotherIdentifier() throws Exception {
        bench.restored("DATABASE [Copy]", full, Bench.moved("Copy", "NORECOVERY"));
        Object before = of("Copy", "service_broker_guid");
        bench.ok("RESTORE DATABASE [Copy] WITH RECOVERY, NEW_BROKER");
        assertThat(of("Copy", "service_broker_guid")).isNotEqualTo(before);
        assertThat(of("Copy", "is_broker_enabled")).isEqualTo(true);
    }
}
