package dev.sluice.engine.chain;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.bucket.DatabaseDocuments;
import dev.sluice.engine.bucket.KnownChain;
import dev.sluice.engine.bucket.LogReach;
import dev.sluice.engine.bucket.LogReach.Stretch;
import dev.sluice.engine.bucket.ProcessState;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.sql.DatabaseFacts;
import dev.sluice.engine.sql.LastBackups;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.S3Failure;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Compares what the database says about its last backups with what is in the bucket.
///
/// The database itself is asked, not msdb, which may be purged: msdb only adds who it was. A backup that
/// another program takes between two of ours breaks restores without any error message until the day of the
/// restore; this says it the same day.
///
/// Never fails a backup: what cannot be compared is logged.
public final class ChainGuard {

    private static final Logger log = LoggerFactory.getLogger(ChainGuard.class);

    private final Environment env;
    private final Blocking blocking;
    private final SqlSession control;
    private final ProcessState processState;
    private final String database;
    private final ChainPolicy policy;

    /// @param policy what is compared; it is for the caller to answer
    public ChainGuard(
            Environment env,
            Blocking blocking,
            SqlSession control,
            ProcessState processState,
            String database,
            ChainPolicy policy) {
        this.env = env;
        this.blocking = blocking;
        this.control = control;
        this.processState = processState;
        this.database = database;
        this.policy = policy;
    }

    /// What is broken now, for a caller who takes no backup.
    ///
    /// **Errors:** [OperationFailed] when one of the two sides does not answer.
    public static List<ChainFinding> compare(
            Environment env, Blocking blocking, ProcessState processState, String database, ChainPolicy policy) {
        if (policy == ChainPolicy.IGNORE) {
            return List.of();
        }
        try (SqlSession session = env.server().connect()) {
            return new ChainGuard(env, blocking, session, processState, database, policy).compare();
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, database);
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            throw Failures.catalog(e, env);
        }
    }

    /// What is broken now. The bucket is asked only when this process does not know the chain, or SQL Server says
    /// something that contradicts what it knows.
    public List<ChainFinding> look() {
        try {
            return isKnownUnbroken() ? List.of() : compare();
        } catch (CancellationException e) {
            throw e;
        } catch (RuntimeException e) {
            // Of any kind: a comparison must not take the place of a backup that is in the catalog.
            log.atWarn()
                    .addKeyValue("database", database)
                    .addKeyValue("cause", e.toString())
                    .log("the chain of backups could not be compared with the server's");
            return List.of();
        }
    }

    /// What is broken after a backup, and what was broken before it. A cancel of the backup comes too late for it.
    ///
    /// @param taken the backup
    /// @param entry its key in the catalog
    public List<ChainFinding> after(List<ChainFinding> before, BackupDocument taken, CatalogKey entry) {
        List<ChainFinding> all = new ArrayList<>(before);
        Set<ChainFinding.Kind> known = EnumSet.noneOf(ChainFinding.Kind.class);
        before.forEach(finding -> known.add(finding.kind()));
        if (taken.copyOnly()) {
            processState.forgetChain(database);
        } else {
            processState.chainGrew(database, entry);
        }
        new ChainGuard(env, Blocking.untilTheEnd(), control, processState, database, policy)
                .look().stream()
                        .filter(finding -> !known.contains(finding.kind()))
                        .forEach(all::add);
        for (ChainFinding finding : all) {
            log.atWarn()
                    .addKeyValue("database", database)
                    .addKeyValue("what", finding.what())
                    .addKeyValue("consequence", finding.consequence())
                    .log("the chain of backups is broken");
        }
        return all;
    }

    private boolean isKnownUnbroken() {
        KnownChain chain = processState.chain(database).orElse(null);
        LastBackups now =
                chain == null ? null : LastBackups.read(control, database).orElse(null);
        return chain != null && now != null && chain.agreesWith(now, recoveryModel());
    }

    private String recoveryModel() {
        return DatabaseFacts.find(control, database)
                .map(DatabaseFacts::recoveryModel)
                .orElse("");
    }

    private List<ChainFinding> compare() {
        processState.forgetChain(database);
        List<CatalogKey> keys = blocking.readAll(env.catalog().list(database));
        LastBackups now = LastBackups.read(control, database).orElse(null);
        BackupDocument full = newestFull(keys).orElse(null);
        // A database that cannot be opened does not say which it is, and then there is nothing to compare.
        if (now == null || now.databaseGuid().isEmpty()) {
            return List.of();
        }
        if (full == null) {
            return new BaseSearch(env, blocking, database, now, family(), keys)
                    .find(set -> taker("s.backup_set_uuid = ?", set)).stream().toList();
        }
        String guid = full.stream().guid("database_guid").map(UUID::toString).orElse(now.databaseGuid());
        if (!guid.equals(now.databaseGuid())) {
            boolean same = full.stream()
                    .guid("family_guid")
                    .filter(family -> family.toString().equalsIgnoreCase(family()))
                    .isPresent();
            return List.of(
                    same
                            ? new ChainFinding(
                                    ChainFinding.Kind.OTHER_DATABASE,
                                    "%s was restored since its last full backup".formatted(database),
                                    "Log backups from now on may not continue those in the bucket, until a differential or"
                                            + " full backup.")
                            : new ChainFinding(
                                    ChainFinding.Kind.OTHER_DATABASE,
                                    "%s has another database_guid (%s) than when its last full backup was taken (%s)"
                                            .formatted(database, now.databaseGuid(), guid),
                                    "It was made anew, or another one was restored over it: backups from now on do not continue the ones in the bucket."));
        }
        List<ChainFinding> findings = new ArrayList<>();
        if (!policy.comparesLogAlone()) {
            base(now, full).ifPresent(findings::add);
        }
        Logs logs = logs(now, keys);
        logs.finding().ifPresent(findings::add);
        BigInteger covered = logs.covered();
        if (findings.isEmpty() && covered != null) {
            String set = policy.comparesLogAlone() ? null : setOf(full);
            processState.chain(database, new KnownChain(full.backupId(), set, guid, hadLogs(keys), covered));
        }
        return findings;
    }

    /// Which is the same after a restore.
    private String family() {
        return control
                .query(
                        "SELECT r.family_guid FROM sys.database_recovery_status r INNER JOIN sys.databases d"
                                + " ON d.database_id = r.database_id WHERE d.name = ?",
                        database)
                .stream()
                .flatMap(row -> row.optionalGuid("family_guid").map(UUID::toString).stream())
                .findFirst()
                .orElse("");
    }

    /// The newest full backup that counts: any where another program has the differential base, for the log goes on
    /// from a copy-only one as from others. Keys do not tell which one does, so documents are read, mostly one.
    private Optional<BackupDocument> newestFull(List<CatalogKey> keys) {
        for (CatalogKey key : keys.reversed()) {
            if (key.type() == BackupType.FULL) {
                Optional<BackupDocument> document = blocking.read(env.catalog().outline(key))
                        .filter(full -> policy.comparesLogAlone() || !full.copyOnly());
                if (document.isPresent()) {
                    return document;
                }
            }
        }
        return Optional.empty();
    }

    private Optional<ChainFinding> base(LastBackups now, BackupDocument full) {
        String set = setOf(full);
        String base = now.baseGuid();
        if (now.replicated() || set == null || base == null || set.equals(base)) {
            return Optional.empty();
        }
        return Optional.of(new ChainFinding(
                ChainFinding.Kind.FOREIGN_FULL,
                "Differentials of %s rest on backup set %s%s, not on %s of %s"
                        .formatted(
                                database,
                                base,
                                taker("s.backup_set_uuid = ?", base),
                                full.backupId(),
                                full.startedAt()),
                "Differential backups from now on cannot be restored from this bucket."));
    }

    private static @Nullable String setOf(BackupDocument document) {
        SetFacts history = document.history();
        return document.stream()
                .set()
                .or(() -> history == null ? Optional.empty() : history.set())
                .map(UUID::toString)
                .orElse(null);
    }

    /// @param covered how far the log is in the bucket; null when that may change without SQL Server's doing
    private record Logs(
            Optional<ChainFinding> finding, @Nullable BigInteger covered) {

        private static final Logs FINE = new Logs(Optional.empty(), BigInteger.ZERO);
    }

    private static boolean hadLogs(List<CatalogKey> keys) {
        return keys.stream().anyMatch(key -> key.type() == BackupType.LOG);
    }

    private Logs logs(LastBackups now, List<CatalogKey> keys) {
        if (recoveryModel().equals("SIMPLE")) {
            return hadLogs(keys)
                    ? broken(new ChainFinding(
                            ChainFinding.Kind.SIMPLE_RECOVERY,
                            "%s is in the SIMPLE recovery model now".formatted(database),
                            "There are no log backups any more: between two data backups nothing can be restored."))
                    : Logs.FINE;
        }
        BigInteger reached = now.lastLogBackup();
        if (reached == null) {
            return hadLogs(keys)
                    ? broken(new ChainFinding(
                            ChainFinding.Kind.LOG_CHAIN_ENDED,
                            "%s has no log chain: its recovery model was switched to SIMPLE and back"
                                    .formatted(database),
                            "There are no log backups until a full or differential backup starts a new chain."))
                    : Logs.FINE;
        }
        // Replicas share one log, and others of them may write to the same bucket a moment later.
        return now.replicated() ? Logs.FINE : gapIfKnown(reached, keys);
    }

    private static Logs broken(ChainFinding finding) {
        return new Logs(Optional.of(finding), null);
    }

    /// A pending document that cannot be read may have what seems to be missing. What else was found counts.
    private Logs gapIfKnown(BigInteger reached, List<CatalogKey> keys) {
        try {
            return gap(reached, keys);
        } catch (CatalogException e) {
            log.atWarn()
                    .addKeyValue("database", database)
                    .addKeyValue("cause", e.getMessage())
                    .log("whether the log has gaps cannot be told");
            return new Logs(Optional.empty(), null);
        }
    }

    /// Log that was backed up, and that neither the bucket nor a pending document has: behind everything we know,
    /// or between two of our log backups. The second is what is left to see of the first when a log backup was
    /// taken since; it stays until a data backup gets over it.
    private Logs gap(BigInteger reached, List<CatalogKey> keys) {
        List<BackupDocument> pendings = DatabaseDocuments.database(env, blocking, database, env.catalog()::pendings);
        BigInteger known = Stream.concat(
                        keys.stream().map(CatalogKey::lastLsn),
                        pendings.stream().map(BackupDocument::lastLsn))
                .reduce(BigInteger.ZERO, BigInteger::max);
        if (known.signum() == 0) {
            return new Logs(Optional.empty(), null);
        }
        LogReach reach = LogReach.of(keys, pendings);
        Stretch missing = reached.compareTo(known) > 0 ? new Stretch(known, reached) : reach.hole();
        if (missing == null) {
            // What a pending document has may be gone with its backup's verdict.
            return new Logs(Optional.empty(), pendings.isEmpty() ? reach.covered() : null);
        }
        return broken(finding(missing));
    }

    private ChainFinding finding(Stretch missing) {
        return new ChainFinding(
                ChainFinding.Kind.FOREIGN_LOG,
                "The log of %s from LSN %s to %s was backed up to somewhere else%s"
                        .formatted(
                                database,
                                missing.first(),
                                missing.last(),
                                taker("s.type = 'L' AND s.last_lsn = ?", new BigDecimal(missing.last()))),
                "Restores to a moment after LSN %s need that file, until a differential or full backup."
                        .formatted(missing.first()));
    }

    /// Who took a backup, as far as msdb knows.
    private String taker(String condition, Object value) {
        try {
            return control.query("""
                            SELECT s.user_name, s.backup_finish_date, f.physical_device_name
                            FROM msdb.dbo.backupset s
                            INNER JOIN msdb.dbo.backupmediafamily f ON f.media_set_id = s.media_set_id
                            WHERE f.family_sequence_number = 1 AND s.database_name = ? AND\s""" + condition, database, value).stream()
                    .map(row -> " (by %s, finished %s, to %s)"
                            .formatted(
                                    row.optionalText("user_name").orElse("unknown"),
                                    row.optionalText("backup_finish_date").orElse("unknown"),
                                    row.optionalText("physical_device_name").orElse("unknown")))
                    .collect(Collectors.joining());
        } catch (SqlServerUnavailable e) {
            return "";
        }
    }
}
