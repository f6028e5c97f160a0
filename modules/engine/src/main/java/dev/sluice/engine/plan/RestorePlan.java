package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import java.time.LocalDateTime;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What to do, in order. Data only: the restore adds device names, MOVE and REPLACE.
///
/// @param target   what was asked for
/// @param steps    each WITH NORECOVERY but the last
/// @param spare    what to go on with, one by one, as long as SQL Server leaves the database restoring: then
///                 the instant lies behind the records of that log, which no document tells. Log backups; and the
///                 opening of the database, where all records up to the instant are in it for certain
/// @param findings what should be known before it is executed
public record RestorePlan(RestoreTarget target, List<Step> steps, List<Step> spare, List<PlanFinding> findings)
        implements Planning {

    public RestorePlan {
        steps = List.copyOf(steps);
        spare = List.copyOf(spare);
        findings = List.copyOf(findings);
    }

    /// One statement.
    public sealed interface Step {

        /// RESTORE DATABASE or RESTORE LOG.
        ///
        /// @param stop where to stop; on every statement of a sequence that stops anywhere
        record Restore(Backup backup, Stop stop, Recovery recovery) implements Step {}

        /// RESTORE DATABASE without FROM: opens the database.
        record Recover(Recovery recovery) implements Step {}
    }

    /// STOPAT, STOPATMARK, STOPBEFOREMARK, or none of them.
    public sealed interface Stop {
        record Nowhere() implements Stop {}

        record At(LocalDateTime local) implements Stop {}

        /// STOPBEFOREMARK = `lsn:N`.
        record BeforeLsn(Lsn lsn) implements Stop {}

        /// STOPATMARK or STOPBEFOREMARK with a name, which RESTORE LOG alone takes.
        ///
        /// @param within whether the marked transaction is wanted: STOPATMARK
        /// @param after  AFTER, by SQL Server's clock; null for the first mark of the name
        record Mark(String name, boolean within, @Nullable LocalDateTime after) implements Stop {}

        /// Whether only SQL Server can tell that a log has the point.
        default boolean isMetByServer() {
            return this instanceof At || this instanceof Mark;
        }
    }

    /// The state in which a statement leaves the database.
    public sealed interface Recovery {
        /// Restoring; more can follow.
        record NoRecovery() implements Recovery {}

        /// Open.
        record Recover(Opening opening) implements Recovery {
            public Recover() {
                this(Opening.PLAIN);
            }
        }

        /// Readable; more can follow.
        ///
        /// @param undoFile path on the server
        record Standby(String undoFile) implements Recovery {}
    }

    /// The backups it reads, without the spare ones.
    public List<Backup> backups() {
        return restores(steps).map(Step.Restore::backup).toList();
    }

    /// The backups it reads or may read.
    public List<Backup> allBackups() {
        return Stream.concat(restores(steps), restores(spare))
                .map(Step.Restore::backup)
                .toList();
    }

    private static Stream<Step.Restore> restores(List<Step> steps) {
        return steps.stream().mapMulti((step, sink) -> {
            if (step instanceof Step.Restore restore) {
                sink.accept(restore);
            }
        });
    }

    /// Bytes to read from the bucket, without the spare ones.
    public long bytes() {
        return backups().stream().mapToLong(Backup::bytes).sum();
    }

    /// The full backup it begins with; null when it goes on with a restore that was begun before.
    public @Nullable Backup full() {
        return backups().stream()
                .filter(backup -> backup.kind() == Backup.Kind.FULL)
                .findFirst()
                .orElse(null);
    }
}
