package dev.sluice.engine.restore;

import dev.sluice.engine.run.OperationFailed;
import java.util.List;
import java.util.stream.Stream;

/// What became of each database whose restore was possible, in the order in which the restores ended.
public record RestoresReport(List<Outcome> outcomes) {

    public RestoresReport {
        outcomes = List.copyOf(outcomes);
    }

    /// What became of one database.
    public sealed interface Outcome {

        String database();
    }

    /// It was restored.
    public record Restored(String database, RestoreResult result) implements Outcome {}

    /// Its restore failed.
    public record Failed(String database, OperationFailed failure) implements Outcome {}

    /// Its turn did not come: what made the last restores fail would have made this one fail, too.
    public record NotTried(String database) implements Outcome {}

    public List<Restored> restored() {
        return of(Restored.class);
    }

    public List<Failed> failed() {
        return of(Failed.class);
    }

    public List<NotTried> notTried() {
        return of(NotTried.class);
    }

    private <T extends Outcome> List<T> of(Class<T> kind) {
        Stream<Outcome> all = outcomes.stream();
        return all.filter(kind::isInstance).map(kind::cast).toList();
    }
}
