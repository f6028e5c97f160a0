package dev.sluice.engine.backup;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.RunObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Backups of several databases, one after the other.
///
/// A failure ends one backup and not the others. But when two in a row fail for a reason that lies outside of their
/// databases, such as a server that is gone, the others are not tried: each would wait for the same time limits.
public final class SeveralBackups {

    private final DatabaseSelection.Chosen databases;
    private final Function<String, BackupRequest> each;
    private final BackupsObserver observer;
    private final List<BackupsReport.Outcome> outcomes = new ArrayList<>();
    private final FailureId.Repetition repetition = new FailureId.Repetition();

    /// @param each what is taken of a database of this name
    public SeveralBackups(
            DatabaseSelection.Chosen databases, Function<String, BackupRequest> each, BackupsObserver observer) {
        this.databases = databases;
        this.each = each;
        this.observer = observer;
    }

    /// @param backup takes one
    public Mono<BackupsReport> take(BiFunction<BackupRequest, RunObserver, Mono<BackupResult>> backup) {
        return Mono.fromRunnable(() -> databases.leftOut().forEach(this::ended))
                .thenMany(Flux.fromIterable(databases.chosen()))
                .concatMap(
                        database -> backup.apply(each.apply(database), observer.begins(database))
                                .<BackupsReport.Outcome>map(result -> new BackupsReport.Taken(database, result))
                                .onErrorResume(
                                        Exception.class,
                                        e -> Mono.just(new BackupsReport.Failed(database, Failures.of(e)))),
                        0)
                .doOnNext(this::ended)
                .takeUntil(this::concernsTheOthersToo)
                .then(Mono.fromSupplier(this::report));
    }

    private void ended(BackupsReport.Outcome outcome) {
        outcomes.add(outcome);
        observer.ended(outcome);
    }

    private boolean concernsTheOthersToo(BackupsReport.Outcome outcome) {
        switch (outcome) {
            case BackupsReport.Failed failed ->
                repetition.failed(failed.failure().id());
            case BackupsReport.Taken _ -> repetition.succeeded();
            case BackupsReport.LeftOut _, BackupsReport.NotTried _ -> {
                // Neither says how the next one would go.
            }
        }
        return repetition.concernsTheOthersToo();
    }

    private BackupsReport report() {
        int tried = outcomes.size() - databases.leftOut().size();
        databases.chosen().stream().skip(tried).map(BackupsReport.NotTried::new).forEach(this::ended);
        return new BackupsReport(outcomes);
    }
}
