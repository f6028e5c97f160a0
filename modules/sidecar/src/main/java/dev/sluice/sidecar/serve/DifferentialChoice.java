package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.sql.DataChanges;
import dev.sluice.engine.sql.ServerDatabases;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.sidecar.schedule.BackupJob;
import dev.sluice.sidecar.schedule.BackupSchedule;
import dev.sluice.sidecar.schedule.DifferentialRule;
import dev.sluice.sidecar.schedule.StartDecision;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What becomes of a differential that could be taken, where its policy has a rule about it.
///
/// The rule is for what a table names. A differential that a person asks for, and one that heals a broken chain, is
/// taken whatever has changed.
final class DifferentialChoice {

    private static final Logger log = LoggerFactory.getLogger(DifferentialChoice.class);
    private static final StartDecision AS_SCHEDULED = new StartDecision.Take(BackupType.DIFFERENTIAL, "");

    private final ServerDatabases databases;
    private final Supplier<ServiceSettings> settings;
    private final BackupSchedule schedule;
    private final ServicePauses pauses;
    private final Predicate<String> unbroken;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    /// @param unbroken compares the chain of a database with the server's now, and is false also where that fails
    DifferentialChoice(
            ServerDatabases databases,
            Supplier<ServiceSettings> settings,
            BackupSchedule schedule,
            ServicePauses pauses,
            Predicate<String> unbroken) {
        this.databases = databases;
        this.settings = settings;
        this.schedule = schedule;
        this.pauses = pauses;
        this.unbroken = unbroken;
    }

    /// **Errors:** [dev.sluice.engine.sql.SqlServerUnavailable] when SQL Server is gone.
    ///
    /// @param view what the bucket has of the database
    StartDecision of(BackupJob job, ServerDatabases.Facts facts, InventoryCache.View view) {
        String database = job.database();
        Optional<DifferentialRule> rule = settings.get().policies().differentials(database);
        if (rule.isEmpty() || job.asked() || !job.reason().isEmpty()) {
            return AS_SCHEDULED;
        }
        Optional<DataChanges> changes = changes(database);
        if (changes.isEmpty()) {
            return AS_SCHEDULED;
        }
        boolean logsRun = schedule.failures(database, BackupType.LOG) == 0 && !pauses.pause(database, BackupType.LOG);
        return rule.get()
                .of(
                        changes.get(),
                        () -> logsRun && logsReachNow(facts, view) && unbroken.test(database),
                        full(database));
    }

    private DifferentialRule.FullBackup full(String database) {
        if (pauses.pause(database, BackupType.FULL)) {
            return DifferentialRule.FullBackup.PAUSED;
        }
        return schedule.failures(database, BackupType.DIFFERENTIAL) > 0
                ? DifferentialRule.FullBackup.FAILED
                : DifferentialRule.FullBackup.POSSIBLE;
    }

    private Optional<DataChanges> changes(String database) {
        try {
            Optional<DataChanges> changes = databases.changes(database);
            if (changes.isEmpty() && told.add(database)) {
                log.atInfo()
                        .addKeyValue("database", database)
                        .log("SQL Server does not say how much has changed (it does from 2016 SP2 on), so differentials"
                                + " are taken as scheduled, whatever diff-when says");
            }
            return changes;
        } catch (SqlServerUnavailable e) {
            if (e.isUnreachable()) {
                throw e;
            }
            log.atWarn()
                    .addKeyValue("database", database)
                    .addKeyValue("cause", e.getMessage())
                    .log("SQL Server refuses to say how much has changed, so the differential is taken, whatever"
                            + " diff-when says");
            return Optional.empty();
        }
    }

    /// Whether log backups in the bucket lead from the last data backup on, as far as the bucket tells. That SQL
    /// Server has a log chain does not say where its log is.
    static boolean logsReachNow(ServerDatabases.Facts facts, InventoryCache.View view) {
        Instant log = view.began().get(BackupType.LOG);
        return facts.logChain()
                && !facts.recoveryModel().equals("SIMPLE")
                && view.intact()
                && log != null
                && Stream.of(BackupType.FULL, BackupType.DIFFERENTIAL)
                        .map(view.began()::get)
                        .allMatch(data -> data == null || log.isAfter(data));
    }
}
