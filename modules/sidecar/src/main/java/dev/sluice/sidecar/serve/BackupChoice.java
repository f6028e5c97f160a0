package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.Engine;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.ServerDatabases;
import dev.sluice.sidecar.schedule.BackupJob;
import dev.sluice.sidecar.schedule.BackupSchedule;
import dev.sluice.sidecar.schedule.StartDecision;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// What a job that begins takes, if anything, by what SQL Server, the bucket and pauses say at that moment.
///
/// **Threading:** the job's thread, which waits for SQL Server and the bucket.
final class BackupChoice {

    private static final Logger log = LoggerFactory.getLogger(BackupChoice.class);

    private final BackupSchedule schedule;
    private final InventoryCache inventory;
    private final ServerDatabases databases;
    private final ChainComparison comparison;
    private final ServicePauses pauses;
    private final Supplier<ServiceSettings> settings;
    private final DifferentialChoice differentials;

    BackupChoice(
            Engine engine,
            BackupSchedule schedule,
            InventoryCache inventory,
            ServerDatabases databases,
            ChainRepairs chains,
            ServicePauses pauses,
            Supplier<ServiceSettings> settings) {
        this.schedule = schedule;
        this.inventory = inventory;
        this.databases = databases;
        this.comparison = new ChainComparison(engine, chains);
        this.pauses = pauses;
        this.settings = settings;
        this.differentials = new DifferentialChoice(databases, settings, schedule, pauses, comparison::isUnbroken);
    }

    /// Empty when the job is left out; its note says why.
    ///
    /// **Errors:** [OperationFailed] `no-such-database`; what SQL Server and the bucket answer.
    Optional<StartDecision.Take> of(TrackedBackup work) {
        BackupJob job = work.job();
        ServerDatabases.Facts facts = databases
                .facts(job.database())
                .orElseThrow(() -> new OperationFailed(
                        FailureId.NO_SUCH_DATABASE,
                        "There is no database " + job.database() + " any more",
                        "SQL Server",
                        "It is left alone from the next look at the databases on.",
                        null));
        boolean replicated = facts.replica() != null;
        // Other replicas write to the same directory.
        InventoryCache.View view = replicated
                ? inventory.refresh(job.database())
                : inventory.view(job.database()).orElseGet(() -> inventory.refresh(job.database()));
        if (replicated) {
            schedule.heard(job.database(), view.began());
        }
        Optional<StartDecision.LeaveOut> elsewhere =
                job.asked() ? Optional.empty() : StartDecision.elsewhere(job.type(), job.copyOnly(), facts);
        if (elsewhere.isPresent()) {
            work.note(elsewhere.get().why());
            return Optional.empty();
        }
        // What a policy takes copy-only is left out while it is impossible, also when a client asks for it; what the
        // client says is to be copy-only is tried, and SQL Server says why not.
        boolean saidByClient = job.asked()
                && job.copyOnly()
                && !settings.get().policies().copyOnly(job.database()).contains(job.type());
        StartDecision possible = StartDecision.of(
                job.type(),
                saidByClient,
                facts,
                // A person may have taken the base a moment ago.
                set -> view.fulls().contains(set)
                        || inventory.refresh(job.database()).fulls().contains(set));
        boolean differential = possible instanceof StartDecision.Take take && take.type() == BackupType.DIFFERENTIAL;
        return switch (differential ? differentials.of(job, facts, view) : possible) {
            case StartDecision.LeaveOut(String why) -> {
                work.note(why);
                if (differential) {
                    work.leaveOutAsUnneeded();
                }
                if (job.type() == BackupType.LOG
                        && !job.copyOnly()
                        && view.began().containsKey(BackupType.LOG)) {
                    // There were log backups before: a person has switched the recovery model.
                    comparison.tell(work);
                }
                // Log backups are left out every few minutes, for one reason that holds for days.
                log.atLevel(job.type() == BackupType.LOG ? Level.DEBUG : Level.INFO)
                        .addKeyValue("database", job.database())
                        .addKeyValue("type", job.type())
                        .addKeyValue("why", why)
                        .log("backup left out");
                yield Optional.empty();
            }
            case StartDecision.Take(BackupType type, String why)
            when !job.asked() && type != job.type() && pauses.pause(job.database(), type) -> {
                work.note("%s, and full backups are %s".formatted(why, pauses.text(job.database(), type)));
                yield Optional.empty();
            }
            case StartDecision.Take taken -> Optional.of(taken);
        };
    }
}
