package dev.sluice.engine.restore;

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

    /// Backups lead there, and the restore has what it needs.
    public record Possible(PlannedRestore planned, RestoreCheck check) implements Prospect {

        @Override
        public String database() {
            return planned.database();
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
