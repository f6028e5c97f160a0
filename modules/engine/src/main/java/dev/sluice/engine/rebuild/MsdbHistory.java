package dev.sluice.engine.rebuild;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the server's msdb says about backups, if there is a server: entries can be made without one.
///
/// **Ownership:** owns its connection; the caller closes it.
///
/// **Threading:** one thread at a time.
final class MsdbHistory implements AutoCloseable {

    private static final String SET = "backup_set_uuid";

    private @Nullable SqlSession session;
    private @Nullable String silence;

    /// By database and then by set, for sets that went elsewhere than to Sluice's devices.
    private final Map<String, Map<String, Map<String, Object>>> rows = new HashMap<>();

    private MsdbHistory() {}

    static MsdbHistory open(Environment env) {
        MsdbHistory history = new MsdbHistory();
        try {
            history.session = env.server().connect();
        } catch (SqlServerUnavailable e) {
            history.silence = String.valueOf(e.getMessage());
        }
        return history;
    }

    /// The row of a backup that Sluice has taken; empty when there is none, or no server.
    Map<String, Object> ofBackup(String backupId) {
        SqlSession open = session;
        if (open == null) {
            return Map.of();
        }
        try {
            return BackupHistory.find(open, BackupDocument.deviceSet(backupId)).orElse(Map.of());
        } catch (SqlServerUnavailable e) {
            return silenced(e);
        }
    }

    /// The row of the set with this GUID; empty when there is none, or no server.
    Map<String, Object> ofSet(String database, String set) {
        SqlSession open = session;
        if (open == null) {
            return Map.of();
        }
        try {
            return rows.computeIfAbsent(database, name -> bySet(BackupHistory.ofDatabase(open, name)))
                    .getOrDefault(set.toLowerCase(Locale.ROOT), Map.of());
        } catch (SqlServerUnavailable e) {
            return silenced(e);
        }
    }

    private static Map<String, Map<String, Object>> bySet(List<Map<String, Object>> all) {
        Map<String, Map<String, Object>> bySet = new HashMap<>();
        for (Map<String, Object> row : all) {
            bySet.put(String.valueOf(row.get(SET)).toLowerCase(Locale.ROOT), row);
        }
        return bySet;
    }

    private Map<String, Object> silenced(SqlServerUnavailable e) {
        silence = String.valueOf(e.getMessage());
        close();
        session = null;
        return Map.of();
    }

    /// Why msdb could not be asked, or not to the end; null when it was.
    @Nullable
    String silence() {
        return silence;
    }

    @Override
    public void close() {
        if (session != null) {
            session.close();
        }
    }
}
