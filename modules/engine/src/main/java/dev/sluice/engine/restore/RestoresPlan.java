package dev.sluice.engine.restore;

import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.run.OperationFailed;
import java.util.List;
import java.util.stream.Stream;

/// What can become of each database that is to be restored, before SQL Server is asked for anything.
///
/// @param databases in the order of their names
public record RestoresPlan(List<Prospect> databases) {

    public RestoresPlan {
        databases = List.copyOf(databases);
    }

    /// What can become of one database.
    public sealed interface Prospect {

        String database();
    }

    /// Backups lead there, and the restore has what it needs. Of the plan it keeps what people see, because the
    /// documents of many databases do not fit into the heap together: each is planned again at its turn.
    ///
    /// @param backups  how many are read
    /// @param bytes    of them all
    /// @param findings what should be known before it is executed
    /// @param refused  why entries were not planned with
    public record Possible(
            RestoreOrder order, String database, int backups, long bytes, List<String> findings, List<String> refused)
            implements Prospect {

        public Possible {
            findings = List.copyOf(findings);
            refused = List.copyOf(refused);
        }

        static Possible of(PlannedRestore planned) {
            return new Possible(
                    planned.order(),
                    planned.database(),
                    planned.plan().backups().size(),
                    planned.plan().bytes(),
                    planned.plan().findings().stream().map(PlanFinding::text).toList(),
                    planned.inventory().refused());
        }

        /// Whether a person should look at what was found on the way.
        public boolean needsAttention() {
            return !findings.isEmpty() || !refused.isEmpty();
        }
    }

    /// No backups lead there, or the restore lacks something that it needs.
    public record Impossible(String database, OperationFailed failure) implements Prospect {}

    /// It is restored only when it is named.
    ///
    /// @param reason a clause
    public record LeftOut(String database, String reason) implements Prospect {}

    public List<Possible> possible() {
        return of(Possible.class);
    }

    public List<Impossible> impossible() {
        return of(Impossible.class);
    }

    public List<LeftOut> leftOut() {
        return of(LeftOut.class);
    }

    private <T extends Prospect> List<T> of(Class<T> kind) {
        Stream<Prospect> all = databases.stream();
        return all.filter(kind::isInstance).map(kind::cast).toList();
    }
}
