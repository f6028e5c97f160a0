package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.query.Catalog;
import dev.sluice.simulator.query.Relation;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Which views there are, and where: `sys` in every database, the history in `msdb`.
final class SystemCatalog implements Catalog {

    private final Session session;
    private final ServerViews server;
    private final DatabaseViews databases;
    private final HistoryViews history;
    private final AgentJobs jobs;

    SystemCatalog(Session session, Instance instance) {
        this.session = session;
        this.server = new ServerViews(session, instance);
        this.databases = new DatabaseViews(instance);
        this.history = new HistoryViews(instance);
        this.jobs = instance.objects().jobs();
    }

    @Override
    public @Nullable Relation table(List<String> name) {
        String table = known(name.getLast());
        String schema = name.size() < 2 ? "dbo" : known(name.get(name.size() - 2));
        String database = name.size() < 3 ? session.database() : name.get(name.size() - 3);
        Database context = databaseOrNull(database);
        if (schema.equals("sys")) {
            Relation found =
                    server.table(table, context != null && context.name().equals("master"));
            return found != null ? found : databases.table(table, context);
        }
        boolean inMsdb = context != null && context.name().equals("msdb") && (schema.equals("dbo") || schema.isEmpty());
        if (!inMsdb) {
            boolean workload = (schema.equals("dbo") || schema.isEmpty()) && table.equals(WorkloadTable.NAME);
            return workload && context != null ? WorkloadTable.relation(context) : null;
        }
        Relation job = jobs.table(table);
        if (job != null) {
            return job;
        }
        session.awaitHistory();
        return history.table(table);
    }

    /// All names of the system's are in lower case. In another case they are the same where the collation says
    /// so, and otherwise names of nothing.
    private String known(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return session.identifiers().equal(name, lower) ? lower : name;
    }

    private @Nullable Database databaseOrNull(String name) {
        return databases.find(name);
    }

    @Override
    public @Nullable Relation function(List<String> name, List<@Nullable Object> arguments) {
        boolean sys = name.size() > 1 && known(name.get(name.size() - 2)).equals("sys");
        if (!sys) {
            return null;
        }
        String function = known(name.getLast());
        Relation found = server.function(function, arguments);
        return found != null ? found : databases.function(function, arguments);
    }
}
