package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.sql.DataChanges;
import dev.sluice.engine.sql.ServerDatabases;
import dev.sluice.sidecar.schedule.BackupJob;
import dev.sluice.sidecar.schedule.DifferentialRule;
import dev.sluice.sidecar.schedule.StartDecision;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
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
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    DifferentialChoice(ServerDatabases databases, Supplier<ServiceSettings> settings) {
        this.databases = databases;
        this.settings = settings;
    }

    /// **Errors:** [dev.sluice.engine.sql.SqlServerUnavailable] when SQL Server is gone.
    StartDecision of(BackupJob job, ServerDatabases.Facts facts) {
        Optional<DifferentialRule> rule = settings.get().policies().differentials(job.database());
        if (rule.isEmpty() || job.asked() || !job.reason().isEmpty()) {
            return AS_SCHEDULED;
        }
        Optional<DataChanges> changes = databases.changes(job.database());
        if (changes.isEmpty()) {
            if (told.add(job.database())) {
                log.atInfo()
                        .addKeyValue("database", job.database())
                        .log("SQL Server does not say how much has changed (it does from 2016 SP2 on), so differentials"
                                + " are taken as scheduled, whatever diff-when says");
            }
            return AS_SCHEDULED;
        }
        boolean logs = facts.logChain() && !facts.recoveryModel().equals("SIMPLE");
        return rule.get().of(changes.get(), logs);
    }
}
