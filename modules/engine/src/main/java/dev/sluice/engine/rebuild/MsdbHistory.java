package dev.sluice.engine.rebuild;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What the server's msdb says about backups, if there is a server: entries can be made without one.
///
/// **Ownership:** owns its connection; the caller closes it.
///
/// **Threading:** one thread at a time.
final class MsdbHistory implements AutoCloseable {

    private @Nullable SqlSession session;
    private @Nullable String silence;

    /// By database and then by set, for sets that went elsewhere than to Sluice's devices.
    private final Map<String, Map<UUID, SetFacts>> rows = new HashMap<>();

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

    /// The row of a backup that Sluice has taken; [SetFacts#NONE] when there is none, or no server.
    SetFacts ofBackup(String backupId) {
        SqlSession open = session;
        if (open == null) {
            return SetFacts.NONE;
        }
        try {
            return BackupHistory.find(open, BackupDocument.deviceSet(backupId)).orElse(SetFacts.NONE);
        } catch (SqlServerUnavailable e) {
            return silenced(e);
        }
    }

    /// The row of the set with this GUID; [SetFacts#NONE] when there is none, or no server.
    SetFacts ofSet(String database, UUID set) {
        SqlSession open = session;
        if (open == null) {
            return SetFacts.NONE;
        }
        try {
            return rows.computeIfAbsent(database, name -> bySet(BackupHistory.ofDatabase(open, name)))
                    .getOrDefault(set, SetFacts.NONE);
        } catch (SqlServerUnavailable e) {
            return silenced(e);
        }
    }

    private static Map<UUID, SetFacts> bySet(List<SetFacts> all) {
        Map<UUID, SetFacts> bySet = new HashMap<>();
        for (SetFacts row : all) {
            row.set().ifPresent(set -> bySet.put(set, row));
        }
        return bySet;
    }

    private SetFacts silenced(SqlServerUnavailable e) {
        silence = String.valueOf(e.getMessage());
        close();
        session = null;
        return SetFacts.NONE;
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
