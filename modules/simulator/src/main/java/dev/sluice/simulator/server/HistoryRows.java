package dev.sluice.simulator.server;

import dev.sluice.simulator.database.BackupRecord;
import dev.sluice.simulator.query.Relation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The rows that msdb's tables have of each backup, made once: a record never changes, and clients ask for the
/// whole history with each backup.
///
/// **Threading:** any thread.
final class HistoryRows {

    private final Map<String, Map<BackupRecord, List<@Nullable Object[]>>> tables = new HashMap<>();

    /// @param backups all that there are
    /// @param view    the table as it would be of some backups alone
    synchronized Relation of(String table, List<BackupRecord> backups, Function<List<BackupRecord>, Relation> view) {
        Map<BackupRecord, List<@Nullable Object[]>> made = tables.computeIfAbsent(table, _ -> new IdentityHashMap<>());
        if (made.size() > backups.size()) {
            made.clear(); // after a purge
        }
        List<@Nullable Object[]> rows = new ArrayList<>(backups.size());
        for (BackupRecord backup : backups) {
            rows.addAll(
                    made.computeIfAbsent(backup, one -> view.apply(List.of(one)).rows()));
        }
        return new Relation(view.apply(List.of()).columns(), rows);
    }
}
