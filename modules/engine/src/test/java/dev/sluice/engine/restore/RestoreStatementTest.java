package dev.sluice.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.plan.Opening;
import dev.sluice.engine.plan.Opening.Broker;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The text of statements that open a database.
class RestoreStatementTest {

    @Test
    void aDatabaseIsOpenedWithWhatSqlServerIsToldOfIt() {
        assertThat(RestoreStatement.open("a]b", new Recovery.Recover()))
                .isEqualTo("RESTORE DATABASE [a]]b] WITH RECOVERY");
        assertThat(RestoreStatement.open(
                        "db", new Recovery.Recover(new Opening(true, true, true, Broker.ERROR_BROKER_CONVERSATIONS))))
                .isEqualTo("RESTORE DATABASE [db] WITH RECOVERY, RESTRICTED_USER, KEEP_REPLICATION, KEEP_CDC,"
                        + " ERROR_BROKER_CONVERSATIONS");
    }

    @Test
    void onlyServiceBrokerIsForDatabasesAlone() {
        assertThat(new Opening(true, true, true, null).ofDatabasesOnly()).isEmpty();
        assertThat(new Opening(false, false, false, Broker.NEW_BROKER).ofDatabasesOnly())
                .contains(Broker.NEW_BROKER);
        assertThat(Opening.PLAIN.options()).isEqualTo(List.of());
    }
}
