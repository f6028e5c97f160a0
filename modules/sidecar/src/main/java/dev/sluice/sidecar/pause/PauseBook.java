package dev.sluice.sidecar.pause;

import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.PauseDocument;
import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.catalog.PauseDocument.Work;
import dev.sluice.catalog.Pauses;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The pauses of one identity, in the bucket.
///
/// **Errors:** [CatalogException] when they cannot be listed, and [dev.sluice.s3.S3Failure].
///
/// **Threading:** any thread that may wait for the bucket.
public final class PauseBook {

    private final Environment env;
    private final Pauses pauses;
    private final Ulid ulids = new Ulid(Clock.systemUTC());

    public PauseBook(Environment env) {
        this.env = env;
        this.pauses = env.catalog().pauses();
    }

    /// All pauses, also those that have ended, the earliest first.
    ///
    /// @param unreadable is told of each that cannot be read: it pauses nothing, because backups are the safe
    ///                   side
    public List<Pause> read(Consumer<String> unreadable) {
        List<CatalogException> refused = new CopyOnWriteArrayList<>();
        List<PauseDocument> documents =
                Blocking.uncancellably(pauses.all(refused::add).collectList()).orElseThrow();
        refused.forEach(e -> unreadable.accept(String.valueOf(e.getMessage())));
        List<Pause> read = new ArrayList<>();
        for (PauseDocument document : documents) {
            try {
                read.add(Pause.of(document));
            } catch (IllegalArgumentException e) {
                unreadable.accept(
                        "pause %s says nothing that can be done: %s".formatted(document.pauseId(), e.getMessage()));
            }
        }
        return List.copyOf(read);
    }

    /// As [#read], without those that were entered by a clock that is far ahead of this one
    /// ([PauseDocument#isAhead]). Such a pause counts as unreadable: it pauses nothing, and is told.
    public List<Pause> readAt(Instant now, Consumer<String> unreadable) {
        List<Pause> credible = new ArrayList<>();
        for (Pause pause : read(unreadable)) {
            if (pause.document().isAhead(now)) {
                unreadable.accept(
                        "pause %s of %s says that it was entered at %s, which is still to come: it pauses nothing until then; compare the clocks, and end it with `sluice resume %s`"
                                .formatted(
                                        pause.id(),
                                        pause.scopeText(),
                                        pause.document().pausedAt(),
                                        pause.id()));
            } else {
                credible.add(pause);
            }
        }
        return List.copyOf(credible);
    }

    /// The key of a pause's document, as [#state] has it.
    public String key(Pause pause) {
        return env.catalog().keys().pause(pause.id());
    }

    /// What the bucket's listing shows: it changes with every pause that is added or ended.
    public Map<String, String> state() {
        return Blocking.uncancellably(pauses.state()).orElse(Map.of());
    }

    /// Adds a pause.
    ///
    /// **Errors:** [IllegalArgumentException] for what no pause may be, in a sentence for the person who asks.
    ///
    /// @param types  which work; empty for all of it
    /// @param reason the person's words; null for none
    public Pause add(Scope scope, Set<Work> types, Instant now, Instant until, @Nullable String reason) {
        Pause pause = Pause.of(new PauseDocument(
                env.version(), ulids.next(), env.identity(), scope, types, now, Pause.checkedEnd(until, now), reason));
        Blocking.uncancellably(pauses.write(pause.document()));
        return pause;
    }

    /// Ends a pause at once.
    public void end(Pause pause) {
        Blocking.uncancellably(pauses.delete(pause.id()));
    }

    /// `not-paused`, with the pauses that there are.
    ///
    /// @param what whose pause was looked for, in words
    public OperationFailed notPaused(String what, List<Pause> there) {
        String others = there.stream()
                .map(pause -> "%s (%s)".formatted(pause.id(), pause.scopeText()))
                .collect(Collectors.joining("; "));
        return new OperationFailed(
                FailureId.NOT_PAUSED,
                "There is no pause of " + what,
                "objects below " + env.store().config().prefix()
                        + env.catalog().keys().pauses(),
                others.isEmpty() ? FailureId.NOT_PAUSED.remedy() : "Resume one of these by its id: " + others,
                null);
    }
}
