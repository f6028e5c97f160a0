package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseException;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.SplittableRandom;

/// `EXEC sluice_workload`: changes pages of a database through logged transactions, the same ones for the same
/// seed.
///
/// Arguments: `@database` (the session's by default), `@transactions` (10), `@changes` of each (5), `@seed` (1),
/// `@rollback_every` (0: none; n: each n-th transaction is rolled back), `@leave_open` (1: the last one is not
/// ended). In a session that is in a transaction all changes belong to that one, and the last two arguments do not
/// count.
final class Workload {

    private Workload() {}

    /// @return 0
    static int run(Session session, Instance instance, Procedures.Arguments arguments) {
        Database database = instance.database(arguments.text("@database", 0, session.database()));
        if (!(database.content() instanceof Content.Synthetic synthetic)
                || database.state() != Database.State.ONLINE
                || database.isStandby()) {
            throw SqlFailure.error(50_000, "Database '%s' cannot be changed.".formatted(database.name()));
        }
        long transactions = arguments.number("@transactions", 1, 10);
        long changes = arguments.number("@changes", 2, 5);
        SplittableRandom random = new SplittableRandom(arguments.number("@seed", 3, 1));
        long rollbackEvery = arguments.number("@rollback_every", 4, 0);
        boolean leavesOpen = arguments.number("@leave_open", 5, 0) != 0;
        long pages = synthetic.extents() * 8;
        OpenTransaction around = session.transaction();
        try {
            if (around != null) {
                change(instance, database, around.in(database), transactions * changes, random, pages);
                return 0;
            }
            for (long i = 1; i <= transactions; i++) {
                boolean takesBack = rollbackEvery > 0 && i % rollbackEvery == 0;
                boolean open = leavesOpen && i == transactions;
                transaction(instance, database, changes, random, pages, takesBack, open);
            }
        } finally {
            instance.save();
        }
        return 0;
    }

    /// In the session's own transaction, whose end decides about them.
    private static void change(
            Instance instance, Database database, long transaction, long changes, SplittableRandom random, long pages) {
        try {
            for (long i = 0; i < changes; i++) {
                database.change(transaction, random.nextLong(pages), instance.now());
            }
        } catch (DatabaseException e) {
            throw LogErrors.of(e, database);
        }
    }

    private static void transaction(
            Instance instance,
            Database database,
            long changes,
            SplittableRandom random,
            long pages,
            boolean takesBack,
            boolean leavesOpen) {
        try {
            long transaction = database.begin(instance.now());
            try {
                for (long i = 0; i < changes; i++) {
                    database.change(transaction, random.nextLong(pages), instance.now());
                }
                if (leavesOpen) {
                    return;
                }
                if (!takesBack) {
                    database.commit(transaction, instance.now());
                    return;
                }
            } catch (DatabaseException e) {
                database.rollBack(transaction, instance.now());
                throw e;
            }
            database.rollBack(transaction, instance.now());
        } catch (DatabaseException e) {
            throw LogErrors.of(e, database);
        }
    }
}
