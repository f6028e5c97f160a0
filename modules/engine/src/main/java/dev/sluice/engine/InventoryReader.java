package dev.sluice.engine;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.plan.ServerTime;
import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.CatalogException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// Reads all documents of a database, and what msdb knows beyond them.
final class InventoryReader {

    private static final int DOCUMENTS_AT_ONCE = 16;

    private final Environment env;
    private final String database;
    private final @Nullable ZoneId zone;
    private final Queue<String> refused = new ConcurrentLinkedQueue<>();

    InventoryReader(Environment env, String database, @Nullable ZoneId zone) {
        this.env = env;
        this.database = database;
        this.zone = zone;
    }

    Inventory read() {
        List<BackupDocument> documents = documents();
        ServerTime time = time(documents);
        List<Backup> backups = new ArrayList<>();
        List<BackupDocument> unreadable = new ArrayList<>();
        Set<UUID> known = new HashSet<>();
        for (BackupDocument document : documents) {
            BackupFacts.of(document)
                    .ifPresentOrElse(
                            backup -> {
                                known.add(backup.set());
                                backups.add(backup);
                            },
                            () -> unreadable.add(document));
        }
        List<String> notes = new ArrayList<>();
        try (SqlSession session = env.server().connect()) {
            for (Map<String, Object> row : BackupHistory.ofDatabase(session, database)) {
                BackupFacts.elsewhere(row, time)
                        .filter(backup -> known.add(backup.set()))
                        .ifPresent(backups::add);
            }
        } catch (SqlServerUnavailable e) {
            // Only what others have taken is not known then; it would explain gaps, and nothing else.
            notes.add("msdb could not be asked who else has taken backups: " + e.getMessage());
        }
        return new Inventory(backups, documents, unreadable, List.copyOf(refused), time, notes);
    }

    private List<BackupDocument> documents() {
        try {
            List<BackupDocument> documents = new ArrayList<>(env.catalog()
                    .list(database)
                    .flatMapSequential(key -> env.catalog().read(key, this::refuse), DOCUMENTS_AT_ONCE)
                    // The name of a directory is no proof: it is made of a piece of the name and a hash.
                    .filter(document -> document.database().equals(database))
                    .collectList()
                    .blockOptional()
                    .orElse(List.of()));
            Set<String> committed = new HashSet<>();
            documents.forEach(document -> committed.add(document.backupId()));
            env.catalog()
                    .pendings(this::refuse)
                    .filter(document -> document.database().equals(database))
                    .filter(document -> !document.stripes().isEmpty() && !committed.contains(document.backupId()))
                    .collectList()
                    .blockOptional()
                    .ifPresent(documents::addAll);
            return documents;
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }

    private void refuse(CatalogException e) {
        refused.add(String.valueOf(e.getMessage()));
    }

    private ServerTime time(List<BackupDocument> documents) {
        if (zone != null) {
            return ServerTime.stated(zone);
        }
        Map<Instant, ZoneOffset> observed = new HashMap<>();
        for (BackupDocument document : documents) {
            BackupFacts.offset(document).ifPresent(offset -> observed.put(document.startedAt(), offset));
        }
        if (observed.isEmpty()) {
            observed.put(Instant.EPOCH, ZoneOffset.UTC);
        }
        return ServerTime.observed(observed);
    }
}
