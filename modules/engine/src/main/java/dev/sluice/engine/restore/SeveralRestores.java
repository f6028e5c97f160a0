package dev.sluice.engine.restore;

import dev.sluice.engine.backup.DatabaseSelection;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Restores of several databases, some of them at the same time.
///
/// A failure ends one restore and not the others. But when two that end one after the other fail for the same reason
/// and it lies outside of their databases, such as a server that is gone, no other one begins: each would wait for the
/// same time limits.
public final class SeveralRestores {

    /// SQL Server works with these itself: a person who wants them back names them.
    private static final Set<String> SYSTEM = Set.of("master", "model", "msdb", "tempdb");

    /// Some servers tell upper and lower case apart.
    private static final Comparator<String> BY_NAME =
            String.CASE_INSENSITIVE_ORDER.thenComparing(Comparator.naturalOrder());

    private final RestoresObserver observer;
    private final List<RestoresReport.Outcome> outcomes = new ArrayList<>();
    private final FailureId.Repetition repetition = new FailureId.Repetition();

    private SeveralRestores(RestoresObserver observer) {
        this.observer = observer;
    }

    // ---- planning ----

    /// The names that are meant: those of the bucket, and those that a person has written out. A name of which the
    /// bucket has nothing is meant too: its restore fails and says so.
    ///
    /// **Errors:** [OperationFailed] `no-such-backup` when no database is meant.
    public static List<String> chosen(Set<String> inBucket, DatabaseSelection selection) {
        Set<String> chosen = new TreeSet<>(BY_NAME);
        inBucket.stream().filter(selection.takes()).forEach(chosen::add);
        selection.named().stream()
                .filter(name -> inBucket.stream().noneMatch(name::equalsIgnoreCase))
                .forEach(chosen::add);
        if (chosen.isEmpty()) {
            throw new OperationFailed(
                    FailureId.NO_SUCH_BACKUP,
                    "The bucket has no backups of a database with such a name",
                    "the bucket's catalog",
                    "List the databases with `sluice list`.",
                    null);
        }
        return List.copyOf(chosen);
    }

    /// One database after the other: its inventory may take a large part of the heap.
    ///
    /// @param each  what is ordered for every database; the name in it does not count
    /// @param plan  plans one
    /// @param check asks of one everything that can be known to fail
    public static Mono<RestoresPlan> plan(
            List<String> databases,
            DatabaseSelection selection,
            RestoreOrder each,
            Function<RestoreOrder, Mono<PlannedRestore>> plan,
            Function<PlannedRestore, Mono<RestoreCheck>> check) {
        Set<String> named = new HashSet<>();
        selection.named().forEach(name -> named.add(name.toLowerCase(Locale.ROOT)));
        return Flux.fromIterable(databases)
                .concatMap(
                        database -> isLeftOut(database, named)
                                ? Mono.<RestoresPlan.Prospect>just(new RestoresPlan.LeftOut(
                                        database, "SQL Server works with it: name it to restore it"))
                                : plan.apply(each.of(database))
                                        .flatMap(planned -> check.apply(planned)
                                                .<RestoresPlan.Prospect>map(checked -> prospect(planned, checked)))
                                        .onErrorResume(
                                                Exception.class,
                                                e -> Mono.just(new RestoresPlan.Impossible(database, Failures.of(e)))),
                        0)
                .collectList()
                .map(RestoresPlan::new);
    }

    private static boolean isLeftOut(String database, Set<String> named) {
        String lower = database.toLowerCase(Locale.ROOT);
        return SYSTEM.contains(lower) && !named.contains(lower);
    }

    private static RestoresPlan.Prospect prospect(PlannedRestore planned, RestoreCheck check) {
        return check.refusal()
                .<RestoresPlan.Prospect>map(failure -> new RestoresPlan.Impossible(planned.database(), failure))
                .orElseGet(() -> RestoresPlan.Possible.of(planned));
    }

    // ---- restoring ----

    /// Restores what is possible.
    ///
    /// **Backpressure:** `atOnce` restores are under way; each takes its place in the memory budget besides.
    ///
    /// @param restore plans one anew, and restores it
    public static Mono<RestoresReport> restore(
            RestoresPlan plan,
            int atOnce,
            RestoresObserver observer,
            BiFunction<RestoreOrder, RestoreObserver, Mono<RestoreResult>> restore) {
        return Mono.defer(() -> new SeveralRestores(observer).run(plan.possible(), atOnce, restore));
    }

    private Mono<RestoresReport> run(
            List<RestoresPlan.Possible> all,
            int atOnce,
            BiFunction<RestoreOrder, RestoreObserver, Mono<RestoreResult>> restore) {
        return Flux.fromIterable(all)
                .flatMap(possible -> one(possible, restore), atOnce, 1)
                .then(Mono.fromSupplier(this::report));
    }

    private Mono<RestoresReport.Outcome> one(
            RestoresPlan.Possible possible, BiFunction<RestoreOrder, RestoreObserver, Mono<RestoreResult>> restore) {
        String database = possible.database();
        return Mono.defer(() -> isEnough()
                        ? Mono.<RestoresReport.Outcome>just(new RestoresReport.NotTried(database))
                        : restore.apply(possible.order(), observer.begins(database))
                                .<RestoresReport.Outcome>map(result -> new RestoresReport.Restored(database, result))
                                .onErrorResume(
                                        Exception.class,
                                        e -> Mono.just(new RestoresReport.Failed(database, Failures.of(e)))))
                .doOnNext(this::ended);
    }

    private synchronized boolean isEnough() {
        return repetition.concernsTheOthersToo();
    }

    private synchronized void ended(RestoresReport.Outcome outcome) {
        outcomes.add(outcome);
        switch (outcome) {
            case RestoresReport.Restored _ -> repetition.succeeded();
            case RestoresReport.Failed failed ->
                repetition.failed(failed.failure().id());
            case RestoresReport.NotTried _ -> {
                // What ended the others has been seen.
            }
        }
        observer.ended(outcome);
    }

    private synchronized RestoresReport report() {
        return new RestoresReport(outcomes);
    }
}
