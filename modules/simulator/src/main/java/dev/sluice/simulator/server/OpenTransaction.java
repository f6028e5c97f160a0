package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseException;
import dev.sluice.simulator.database.LogRecord;
import dev.sluice.simulator.database.MarkRecord;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a session's transaction has changed: in each database a transaction of its own, that ends with it.
///
/// Of a marked one, every log that it has changed gets the mark, and msdb a row for each; a mark without
/// changes is none, as the documentation of BEGIN TRANSACTION says.
///
/// **Threading:** the session's thread.
final class OpenTransaction {

    private final Instance instance;
    private final LogRecord.@Nullable Mark mark;
    private final Map<Database, Long> numbers = new LinkedHashMap<>();
    private AgentJobs.@Nullable Saved jobsBefore;

    OpenTransaction(Instance instance, LogRecord.@Nullable Mark mark) {
        this.instance = instance;
        this.mark = mark;
    }

    /// The transaction's number in this database, where it begins if it has not yet.
    long in(Database database) {
        return numbers.computeIfAbsent(database, one -> one.begin(instance.now()));
    }

    /// Jobs are about to change: a rollback brings back what they were. Changes of other sessions in between
    /// go with it; a real server would have let those wait.
    void changesJobs() {
        if (jobsBefore == null) {
            jobsBefore = instance.objects().jobs().saved();
        }
    }

    void commit(String user) {
        jobsBefore = null;
        try {
            numbers.forEach((database, number) -> commit(database, number, user));
        } finally {
            rollBack(); // what a full log has kept from being committed
        }
    }

    private void commit(Database database, long number, String user) {
        if (!database.isActive(number)) {
            return; // the server was restarted, or the database replaced
        }
        try {
            if (mark == null) {
                database.commit(number, instance.now());
                return;
            }
            long record = database.commit(number, mark, instance.now());
            instance.history()
                    .add(new MarkRecord(
                            database.name(), mark.name(), mark.description(), user, record, instance.now()));
        } catch (DatabaseException e) {
            database.rollBack(number, instance.now());
            throw LogErrors.of(e, database);
        }
    }

    void rollBack() {
        numbers.forEach((database, number) -> {
            if (database.isActive(number)) {
                database.rollBack(number, instance.now());
            }
        });
        numbers.clear();
        AgentJobs.Saved before = jobsBefore;
        if (before != null) {
            jobsBefore = null;
            instance.objects().jobs().back(before);
        }
        instance.save();
    }
}
