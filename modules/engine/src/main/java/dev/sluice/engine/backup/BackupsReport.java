package dev.sluice.engine.backup;

import dev.sluice.engine.run.OperationFailed;
import java.util.List;
import java.util.stream.Stream;

/// What became of each database that was to be backed up, in the order in which it was decided.
public record BackupsReport(List<Outcome> outcomes) {

    public BackupsReport {
        outcomes = List.copyOf(outcomes);
    }

    /// What became of one database.
    public sealed interface Outcome {

        String database();
    }

    /// It was backed up.
    public record Taken(String database, BackupResult result) implements Outcome {}

    /// Its backup failed.
    public record Failed(String database, OperationFailed failure) implements Outcome {}

    /// There can be no such backup of it now.
    ///
    /// @param reason a clause
    public record LeftOut(String database, String reason) implements Outcome {}

    /// Its turn did not come: what made the last backups fail would have made this one fail, too.
    public record NotTried(String database) implements Outcome {}

    public List<Taken> taken() {
        return of(Taken.class);
    }

    public List<Failed> failed() {
        return of(Failed.class);
    }

    public List<LeftOut> leftOut() {
        return of(LeftOut.class);
    }

    public List<NotTried> notTried() {
        return of(NotTried.class);
    }

    private <T extends Outcome> List<T> of(Class<T> kind) {
        Stream<Outcome> all = outcomes.stream();
        return all.filter(kind::isInstance).map(kind::cast).toList();
    }
}
