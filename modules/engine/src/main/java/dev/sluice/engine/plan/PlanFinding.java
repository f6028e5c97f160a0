package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Something about a set of backups that a person should know.
public sealed interface PlanFinding {

    /// In a sentence.
    String text();

    /// Log records that no backup in the bucket holds. What comes behind them can be reached only through a data
    /// backup that comes behind them.
    ///
    /// @param from      the first one missing
    /// @param to        the first one that is there again
    /// @param elsewhere the backup that holds them, if msdb knows one
    /// @param restarted whether the log chain began anew behind it
    record Gap(UUID fork, Lsn from, Lsn to, @Nullable Backup elsewhere, boolean restarted) implements PlanFinding {
        @Override
        public String text() {
            String what = "log records from %s (%s) to %s (%s) are in no usable backup"
                    .formatted(from, from.toDecimal(), to, to.toDecimal());
            if (elsewhere != null) {
                return "%s: %s".formatted(what, elsewhere.unusable(false).orElse("they are in " + elsewhere.named()));
            }
            return restarted
                    ? what + ": the log chain began anew, as it does after a change to SIMPLE recovery and back"
                    : what;
        }
    }

    /// Another program's full backup became the base of the differentials that followed.
    ///
    /// @param differentials in the bucket, and of no use without it
    record ForeignBase(Backup full, List<Backup> differentials) implements PlanFinding {
        public ForeignBase {
            differentials = List.copyOf(differentials);
        }

        @Override
        public String text() {
            String what = "the full backup of %s %s (%s), and differentials are based on it since"
                    .formatted(
                            full.finished(),
                            full.place() instanceof Backup.Place.Elsewhere
                                    ? "was not taken by Sluice"
                                    : "has no entry in this catalog",
                            full.unusable(false).orElse(""));
            return differentials.isEmpty()
                    ? what + ": take a full backup"
                    : String.format(
                            Locale.ROOT,
                            "%s: %d of them cannot be used: take a full backup",
                            what,
                            differentials.size());
        }
    }

    /// A differential whose base is not known.
    record NoBase(Backup differential) implements PlanFinding {
        @Override
        public String text() {
            return "%s is based on set %s, which is not there"
                    .formatted(differential.named(), differential.differentialBase());
        }
    }

    /// A backup that no plan uses.
    record Unusable(Backup backup, String reason) implements PlanFinding {
        @Override
        public String text() {
            return "%s cannot be used: %s".formatted(backup.named(), reason);
        }
    }

    /// A backup that a plan uses although SQL Server's verdict was lost.
    record Unconfirmed(Backup backup) implements PlanFinding {
        @Override
        public String text() {
            return "%s is unconfirmed: all its bytes are there, but Sluice has not heard SQL Server call it good"
                    .formatted(backup.named());
        }
    }

    /// A plan that may end before the wanted point, or could be read in another way.
    record Note(String text) implements PlanFinding {}
}
