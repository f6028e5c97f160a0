package dev.sluice.engine.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.sql.JobFacts;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Scripts of jobs that a server refuses in part.
@Timeout(60)
class JobStatementsTest {

    private static JobFacts.Job job(String name, List<JobFacts.Step> steps, String description) {
        return new JobFacts.Job(name, true, description, 1, null, "01", "sa", 0, 0, true, steps, List.of());
    }

    private static JobFacts.Step step(int id, String subsystem) {
        return new JobFacts.Step(id, "step " + id, subsystem, "x", Map.of(), null, null, null, null);
    }

    /// As a client that goes on behind an error.
    private static void run(Connection connection, List<String> batches) {
        for (String batch : batches) {
            try (Statement statement = connection.createStatement()) {
                boolean more = statement.execute(batch);
                while (more || statement.getUpdateCount() >= 0) {
                    more = statement.getMoreResults();
                }
            } catch (SQLException _) {
                // what is refused shows in the tables
            }
        }
    }

    private static List<String> values(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        }
    }

    @Test
    void halfAJobIsNone() throws Exception {
        JobFacts facts = new JobFacts(List.of(
                job("half", List.of(step(1, "TSQL"), step(2, "Unheard")), "h"),
                job("whole", List.of(step(1, "TSQL")), "w".repeat(512))));
        JobStatements jobs = new JobStatements(facts, "01KB0000000000000000000000", _ -> {});
        ServerOptions options = ServerOptions.of(new InProcessVdi());
        try (SimulatedServer server = SimulatedServer.start(options);
                Connection connection = DriverManager.getConnection(server.jdbcUrl(), "sa", options.password())) {

            run(connection, jobs.jobs());

            assertThat(values(connection, "SELECT name FROM msdb.dbo.sysjobs")).containsExactly("whole");
            assertThat(values(connection, "SELECT @@TRANCOUNT")).containsExactly("0");

            run(connection, jobs.jobs());
            run(connection, jobs.enabling());

            assertThat(values(connection, "SELECT name FROM msdb.dbo.sysjobs WHERE enabled = 1"))
                    .containsExactly("whole");
            assertThat(values(connection, "SELECT description FROM msdb.dbo.sysjobs"))
                    .containsExactly("w".repeat(512));
        }
    }
}
