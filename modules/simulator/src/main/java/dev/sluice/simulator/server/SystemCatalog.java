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

    SystemCatalog(Session session, Instance instance) {
        this.session = session;
        this.server = new ServerViews(session, instance);
        this.databases = new DatabaseViews(instance);
        this.history = new HistoryViews(instance);
    }

    @Override
    public @Nullable Relation table(List<String> name) {
        String table = name.getLast().toLowerCase(Locale.ROOT);
        String schema = name.size() < 2 ? "dbo" : name.get(name.size() - 2).toLowerCase(Locale.ROOT);
        String database = name.size() < 3 ? session.database() : name.get(name.size() - 3);
        if (schema.equals("sys")) {
            Relation found = server.table(table);
            return found != null ? found : databases.table(table, databaseOrNull(database));
        }
        boolean inMsdb = database.equalsIgnoreCase("msdb") && (schema.equals("dbo") || schema.isEmpty());
        return inMsdb ? history.table(table) : null;
    }

    private @Nullable Database databaseOrNull(String name) {
        return databases.find(name);
    }

    @Override
    public @Nullable Relation function(List<String> name, List<@Nullable Object> arguments) {
        boolean sys = name.size() > 1 && name.get(name.size() - 2).equalsIgnoreCase("sys");
        if (!sys) {
            return null;
        }
        String function = name.getLast().toLowerCase(Locale.ROOT);
        Relation found = server.function(function, arguments);
        return found != null ? found : databases.function(function, arguments);
    }
}
