package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.catalog.PauseDocument.Work;
import dev.sluice.engine.run.Environment;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.pause.PauseBook;
import dev.sluice.sidecar.schedule.BackupSchedule;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What must not start now, as the bucket has it at the last look.
///
/// When the bucket does not answer, or not for one document, what was known stays. A pause ends at its instant
/// without a look.
///
/// **Threading:** any thread. [#look], [#add] and [#end] wait for the bucket.
public final class ServicePauses implements BackupSchedule.Pauses {

    private static final Logger log = LoggerFactory.getLogger(ServicePauses.class);

    private final PauseBook book;
    private final Supplier<ServiceSettings> settings;
    private final InstantSource clock;
    private @Nullable Map<String, String> state; // guarded by this
    private Map<String, String> listed = Map.of(); // guarded by this
    private Set<String> told = Set.of(); // guarded by this
    private volatile List<Pause> known = List.of();

    ServicePauses(Environment env, Supplier<ServiceSettings> settings, InstantSource clock) {
        this.book = new PauseBook(env);
        this.settings = settings;
        this.clock = clock;
    }

    /// Those in force, the earliest first.
    public List<Pause> all() {
        Instant now = clock.instant();
        return known.stream().filter(pause -> pause.document().isInForce(now)).toList();
    }

    /// The pause that keeps this work from starting now; of several, the one that ends last.
    public Optional<Pause> of(String database, Work work) {
        if (known.isEmpty()) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        String policy = settings.get().policies().name(database).orElse(null);
        return known.stream()
                .filter(pause -> pause.document().isInForce(now) && pause.covers(database, policy, work))
                .max(Comparator.comparing(Pause::until));
    }

    @Override
    public boolean pause(String database, BackupType type) {
        return of(database, Work.of(type)).isPresent();
    }

    /// Why no scheduled backup of this type starts now, in a few words.
    String text(String database, BackupType type) {
        return of(database, Work.of(type)).map(pause -> pause.document().text()).orElse("paused");
    }

    /// Until when a drill or a verification that was due then may not start; the same instant if it may.
    Instant notBefore(String database, Work work, Instant due) {
        return of(database, work).map(Pause::until).filter(due::isBefore).orElse(due);
    }

    /// Adds a pause, from now on.
    ///
    /// **Errors:** as [PauseBook#add].
    public synchronized Pause add(Scope scope, Set<Work> types, Instant until, @Nullable String reason) {
        Pause added = book.add(scope, types, clock.instant(), until, reason);
        known = Stream.concat(known.stream(), Stream.of(added)).toList();
        state = null;
        begun(added);
        return added;
    }

    /// Ends the pause with this id at once.
    ///
    /// **Errors:** [dev.sluice.engine.run.OperationFailed] `not-paused` when there is none.
    public synchronized Pause end(String id) {
        look();
        Pause ended = all().stream()
                .filter(pause -> pause.id().equals(id))
                .findFirst()
                .or(() -> book.read(_ -> {}).stream() // one that a clock far ahead has entered is not in force
                        .filter(pause -> pause.id().equals(id))
                        .findFirst())
                .orElseThrow(() -> book.notPaused(id, all()));
        book.end(ended);
        known = known.stream().filter(pause -> !pause.equals(ended)).toList();
        state = null;
        ended(ended, "a person has resumed it");
        return ended;
    }

    /// Sees what others have paused and resumed, and forgets what has ended.
    ///
    /// **Errors:** [dev.sluice.s3.S3Failure] when the bucket does not answer.
    synchronized void look() {
        try {
            Map<String, String> now = book.state();
            if (!now.equals(state)) {
                read(now);
            }
            known.stream().filter(pause -> !isInForce(pause)).forEach(this::forget);
        } catch (CatalogException e) {
            log.atWarn()
                    .addKeyValue("cause", e.getMessage())
                    .log("pauses cannot be listed; what was known of them stays");
        }
    }

    /// A document that cannot be read now, and is the same as when it was read, still says what it said. The
    /// next look tries it again.
    private void read(Map<String, String> now) {
        List<Pause> before = known;
        Set<String> problems = new LinkedHashSet<>();
        List<Pause> read = book.readAt(clock.instant(), problems::add);
        Stream<Pause> kept = problems.isEmpty()
                ? Stream.empty()
                : before.stream().filter(isNotIn(read)).filter(pause -> isUnchanged(pause, now));
        known = Stream.concat(kept, read.stream())
                .sorted(Comparator.comparing(Pause::id))
                .toList();
        listed = now;
        state = problems.isEmpty() ? now : null;
        problems.stream()
                .filter(problem -> !told.contains(problem))
                .forEach(problem -> log.atWarn()
                        .addKeyValue("cause", problem)
                        .log("a pause cannot be read; unless it was read before, it pauses nothing"));
        told = Set.copyOf(problems);
        known.stream().filter(isNotIn(before)).filter(this::isInForce).forEach(this::begun);
        before.stream().filter(isNotIn(known)).forEach(pause -> ended(pause, whyEnded(pause, now)));
    }

    /// Of a pause that this service has added, the ETag is not known before the next look.
    private boolean isUnchanged(Pause pause, Map<String, String> now) {
        String eTag = now.get(book.key(pause));
        return eTag != null && eTag.equals(listed.getOrDefault(book.key(pause), eTag));
    }

    private String whyEnded(Pause pause, Map<String, String> now) {
        if (!isInForce(pause)) {
            return "its time is over";
        }
        return now.containsKey(book.key(pause)) ? "its document has changed, or gone" : "a person has resumed it";
    }

    private boolean isInForce(Pause pause) {
        return pause.document().isInForce(clock.instant());
    }

    private static Predicate<Pause> isNotIn(List<Pause> others) {
        Set<String> ids = others.stream().map(Pause::id).collect(Collectors.toSet());
        return pause -> !ids.contains(pause.id());
    }

    private void begun(Pause pause) {
        log.atInfo()
                .addKeyValue("pause", pause.id())
                .addKeyValue("of", pause.scopeText())
                .addKeyValue("types", pause.workText())
                .addKeyValue("why", pause.document().text())
                .log("scheduled work is paused");
        if (pause.document().scope() instanceof Scope.Policy(String name)
                && !isPolicy(settings.get().policies(), name)) {
            log.atWarn()
                    .addKeyValue("pause", pause.id())
                    .addKeyValue("policy", name)
                    .log("no policy has the name that is paused, so the pause keeps nothing from starting");
        }
    }

    private static boolean isPolicy(Policies policies, String name) {
        return policies.policies().stream().anyMatch(policy -> name.equals(policy.name()));
    }

    private static void ended(Pause pause, String why) {
        log.atInfo()
                .addKeyValue("pause", pause.id())
                .addKeyValue("of", pause.scopeText())
                .addKeyValue("why", why)
                .log("a pause has ended, and schedules go on");
    }

    /// Its document goes, too. If the bucket refuses that, it stays there and does no harm.
    private void forget(Pause pause) {
        known = known.stream().filter(other -> !other.equals(pause)).toList();
        ended(pause, "its time is over");
        try {
            book.end(pause);
            state = null;
        } catch (dev.sluice.s3.S3Failure e) {
            log.atDebug().addKeyValue("cause", e.getMessage()).log("the document of a pause could not be removed");
        }
    }
}
