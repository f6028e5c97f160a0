package dev.sluice.engine.recovery;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.sql.LastBackups;
import java.math.BigInteger;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What can be proved about a backup whose verdict was lost.
///
/// Only two things delete: SQL Server was never told that everything is durable, or the database itself shows
/// that the backup does not count, on a server that keeps its history. The mere absence of a row proves
/// nothing: msdb may be purged, late, full or restored.
public sealed interface Proof {

    /// In words, for people.
    String text();

    /// SQL Server has called it good, or acts as if it had.
    record Good(String text) implements Proof {}

    /// SQL Server cannot have called it good.
    record Bad(String text) implements Proof {}

    /// Nothing is proved.
    record None(String text) implements Proof {}

    /// Everything that was asked. Nothing about the set runs any more.
    ///
    /// @param pending       the document
    /// @param row           msdb's row for the set's device; [SetFacts#NONE] without one
    /// @param now           what the database says now; null when there is no such database
    /// @param historyIntact whether msdb still has all it must have
    record Evidence(
            BackupDocument pending, SetFacts row, @Nullable LastBackups now, boolean historyIntact) {}

    static Proof of(Evidence evidence) {
        BackupDocument pending = evidence.pending();
        boolean described = !pending.stripes().isEmpty();
        if (!evidence.row().isEmpty()) {
            return ofRow(evidence, described);
        }
        if (!described) {
            return new Bad("SQL Server was never told that it is durable");
        }
        LastBackups now = evidence.now();
        if (now == null) {
            return new None("msdb has no row, and there is no such database any more");
        }
        if (pending.copyOnly()) {
            return new None("msdb has no row, and a copy-only backup leaves no other trace");
        }
        if (pending.stream().isKnownIncomplete()) {
            // SQL Server flushes in the middle too, for FILESTREAM data, and each time there is a description.
            return new None("msdb has no row, and what is stored is not the end of the stream");
        }
        return switch (pending.type()) {
            case FULL -> ofBase(evidence, now);
            case LOG -> ofLog(evidence, now);
            case DIFFERENTIAL -> new None("msdb has no row, and a differential backup leaves no other trace");
        };
    }

    /// Why SQL Server may rely on a backup that it has called bad although everything was durable: nothing is
    /// deleted against that. Empty when it does not.
    ///
    /// A log backup that failed is safely gone when the database says that the next one begins before its end;
    /// who cannot tell may have truncated. The other types leave nothing behind when they are not what
    /// differentials rest on.
    static Optional<String> reliance(Evidence evidence) {
        BackupDocument pending = evidence.pending();
        if (!evidence.row().isEmpty()
                && isAbout(evidence.row(), pending.stream().set())) {
            return Optional.of("msdb has a row of it");
        }
        if (pending.copyOnly()) {
            return Optional.empty();
        }
        LastBackups now = evidence.now();
        return switch (pending.type()) {
            case LOG -> ofTruncation(pending, now);
            case FULL -> {
                Optional<UUID> set = pending.stream().set();
                yield now == null || set.isEmpty() || set.get().toString().equals(now.baseGuid())
                        ? Optional.of("the database's differentials rest on it, or it is not known whether they do")
                        : Optional.empty();
            }
            case DIFFERENTIAL -> Optional.empty();
        };
    }

    private static Optional<String> ofTruncation(BackupDocument pending, @Nullable LastBackups now) {
        LastBackups before = LastBackups.before(pending).orElse(null);
        BigInteger last = pending.lastLsn();
        BigInteger began = before == null ? null : before.lastLogBackup();
        BigInteger reached = now == null ? null : now.lastLogBackup();
        if (now == null || before == null || began == null || reached == null || last.signum() == 0) {
            return Optional.of("it is not known whether its log was truncated");
        }
        if (!now.isComparableTo(before)) {
            return Optional.of("the log of a database on several replicas, or of another one by now, tells nothing");
        }
        return reached.compareTo(last) >= 0 && last.compareTo(began) > 0
                ? Optional.of("the database's backed-up log reaches past its end")
                : Optional.empty();
    }

    private static Proof ofRow(Evidence evidence, boolean described) {
        if (!isAbout(evidence.row(), evidence.pending().stream().set())) {
            return new None("msdb has a row for its device, but of another backup set");
        }
        return described
                ? new Good("row in msdb, found by recover")
                : new None("msdb has a row, but not all stripes are described");
    }

    private static Proof ofBase(Evidence evidence, LastBackups now) {
        SetFacts facts = evidence.pending().stream();
        if (facts.set().isEmpty()) {
            return new None("msdb has no row, and the stream did not name its backup set");
        }
        if (facts.set().get().toString().equals(now.baseGuid())) {
            return new Good("the database's differentials rest on it");
        }
        BigInteger checkpoint = facts.lsn("checkpoint_lsn");
        if (checkpoint.signum() == 0 || now.baseLsn().compareTo(checkpoint) >= 0) {
            return new None("msdb has no row, and the differential base is past it");
        }
        return contrary(evidence, now, "the database's differentials rest on an older backup");
    }

    private static Proof ofLog(Evidence evidence, LastBackups now) {
        BigInteger last = evidence.pending().lastLsn();
        BigInteger reached = now.lastLogBackup();
        if (last.signum() == 0 || reached == null) {
            return new None("msdb has no row, and the end of the backed-up log is not known");
        }
        LastBackups before = LastBackups.before(evidence.pending()).orElse(null);
        if (before == null || !now.isComparableTo(before)) {
            return new None("msdb has no row, and the database is not the one that it was");
        }
        if (reached.compareTo(last) < 0) {
            return contrary(evidence, now, "the next log backup begins before its end");
        }
        BigInteger began = before.lastLogBackup();
        if (began != null && last.compareTo(began) > 0) {
            return new Good("the database's backed-up log reaches past its end");
        }
        return new None("msdb has no row, and it holds no log that others do not");
    }

    private static Proof contrary(Evidence evidence, LastBackups now, String text) {
        LastBackups before = LastBackups.before(evidence.pending()).orElse(null);
        if (before == null || !now.isComparableTo(before)) {
            return new None("msdb has no row, and the database is not the one that it was");
        }
        if (!evidence.historyIntact()) {
            return new None("msdb has no row, but it does not have others either that it must have");
        }
        return new Bad(text + ", and msdb has no row");
    }

    /// Whether a row of msdb's is about this backup set.
    ///
    /// @param set as the stream named it; when it did not, the device's name, used once in the world, is enough
    static boolean isAbout(SetFacts row, Optional<UUID> set) {
        return set.isEmpty() || set.equals(row.set());
    }
}
