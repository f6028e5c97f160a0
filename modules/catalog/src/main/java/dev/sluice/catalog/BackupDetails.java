package dev.sluice.catalog;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The facts about a backup that came from SQL Server and from the backup's stream. Facts that are not known are null
/// or empty.
///
/// @param statement         the T-SQL statement that Sluice sent
/// @param databaseEncrypted whether the database was encrypted (TDE)
/// @param taker             the server that took the backup
/// @param baseline          the server's facts about the database before the backup
/// @param streams           what each stripe's stream says of itself, in the order of the stripes
/// @param stream            the stream's facts about the backup set
/// @param files             the database's files
/// @param history           msdb's facts about the backup set; null until they were read
/// @param others            facts that this version has no member for, kept for the programs that wrote them: maps,
///                          lists, texts, numbers and truth values below `inspected` and `msdb`
public record BackupDetails(
        @Nullable String statement,
        @Nullable Boolean databaseEncrypted,
        @Nullable ServerIdentity taker,
        @Nullable Baseline baseline,
        List<StreamSummary> streams,
        SetFacts stream,
        List<DatabaseFile> files,
        @Nullable SetFacts history,
        Map<String, Object> others) {

    /// No facts.
    public static final BackupDetails NONE =
            new BackupDetails(null, null, null, null, List.of(), SetFacts.NONE, List.of(), null, Map.of());

    public BackupDetails {
        streams = List.copyOf(streams);
        files = List.copyOf(files);
        // In the order in which they were read: a document that is written again says the same.
        others = Collections.unmodifiableMap(new LinkedHashMap<>(others));
    }

    /// Before the first byte: what Sluice asks for, and what the server says.
    public static BackupDetails before(
            String statement, boolean databaseEncrypted, ServerIdentity taker, Baseline baseline) {
        return new BackupDetails(
                statement, databaseEncrypted, taker, baseline, List.of(), SetFacts.NONE, List.of(), null, Map.of());
    }

    /// The same facts, with those of the streams.
    public BackupDetails withStreams(List<StreamSummary> streams, SetFacts stream, List<DatabaseFile> files) {
        return new BackupDetails(
                statement, databaseEncrypted, taker, baseline, streams, stream, files, history, others);
    }

    /// The same facts, with msdb's.
    public BackupDetails withHistory(@Nullable SetFacts history) {
        return new BackupDetails(
                statement, databaseEncrypted, taker, baseline, streams, stream, files, history, others);
    }
}
