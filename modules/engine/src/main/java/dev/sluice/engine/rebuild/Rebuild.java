package dev.sluice.engine.rebuild;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Origin;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.s3.S3Failure;
import java.time.Instant;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Makes lost entries again.
///
/// What has a pending document is left to `recover`, and what has a note of its removal to `prune`. A damaged entry
/// gets another one beside it, and is then set aside: as long as it lies in the catalog, nothing of its database is
/// pruned. Nothing is overwritten, with one exception: an entry that was made here without sums gets them when they
/// are asked for.
///
/// **Threading:** [#make()] waits, on the thread that calls it; streams are looked at on others, a few at a time.
///
/// **Errors:** [S3Failure] when the bucket does not answer; [CatalogException] when it refuses a listing. What is
/// wrong with one backup is in the report and holds up no other.
public final class Rebuild {

    private static final int STREAMS_AT_ONCE = 4;
    private static final int STREAMS_READ_AT_ONCE = 2; // each takes a block of the heap
    private static final int ENTRIES_AT_ONCE = 16;
    private static final int TICK = 100; // nanoseconds, what keys count in

    private final Environment env;
    private final RebuildRequest request;
    private final Blocking blocking;
    private final Evidence evidence = new Evidence();
    private final List<EntriesReport.Made> made = new ArrayList<>();
    private final List<EntriesReport.Named> aside = new ArrayList<>();
    private final List<EntriesReport.Named> skipped = new ArrayList<>();
    private final List<EntriesReport.Named> refused = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /// @param blocking of the run, whose cancel ends the work between two entries
    public Rebuild(Environment env, RebuildRequest request, Blocking blocking) {
        this.env = env;
        this.request = request;
        this.blocking = blocking;
    }

    /// A backup to make an entry of.
    ///
    /// @param stored what there is of it
    /// @param broken keys of its entries that cannot be read
    /// @param bare   its entry, which was made here and has no sums; null when there is none
    private record Task(
            BucketData.Stored stored,
            List<CatalogKey> broken,
            @Nullable CatalogKey bare,
            @Nullable BackupDocument old) {}

    /// An entry that is there, or what is wrong with it.
    private record Entry(
            CatalogKey key,
            @Nullable BackupDocument document,
            @Nullable CatalogException broken) {}

    /// A damaged entry beside one that can be read.
    ///
    /// @param readable the other one's key; null when it is only planned
    private record Superseded(CatalogKey damaged, @Nullable CatalogKey readable, BackupDocument document) {}

    /// What came of looking at a backup.
    private record Looked(
            Task task, @Nullable EntryDraft draft, @Nullable String reason) {}

    public EntriesReport make() {
        BucketData data = BucketData.read(env, blocking, request.database());
        if (!data.unclear().isEmpty()) {
            // What was removed on purpose must not come back.
            data.unclear().forEach(why -> refused.add(new EntriesReport.Named("removals", why)));
            return report(data, 0);
        }
        List<Task> tasks = new ArrayList<>();
        List<Superseded> superseded = new ArrayList<>();
        int known = sort(data, tasks, superseded);
        tasks.sort(Comparator.comparing((Task task) -> task.stored().directory())
                .thenComparing(task -> task.stored().id()));
        List<Looked> looked;
        String silence;
        try (MsdbHistory history = MsdbHistory.open(env)) {
            StoredBackup reader = new StoredBackup(env, history, request.read(), blocking);
            // The looks at streams hear a cancel themselves, and msdb's answers stay open until they have.
            looked = Blocking.uncancellably(Flux.fromIterable(tasks)
                    .flatMapSequential(
                            task -> Mono.fromCallable(() -> look(reader, task))
                                    .subscribeOn(Schedulers.boundedElastic()),
                            request.read() ? STREAMS_READ_AT_ONCE : STREAMS_AT_ONCE));
            silence = history.silence();
        }
        if (silence != null && !tasks.isEmpty()) {
            notes.add("msdb could not be asked, which proves most: " + silence);
        }
        looked.stream()
                .flatMap(one -> Optional.ofNullable(one.draft()).stream())
                .forEach(draft -> evidence.add(draft.type(), draft.facts()));
        looked.forEach(this::conclude);
        superseded.forEach(this::setAside);
        return report(data, known);
    }

    /// @return how many have their entries
    private int sort(BucketData data, List<Task> tasks, List<Superseded> superseded) {
        Map<String, List<Entry>> entries = entries(data);
        int known = 0;
        for (BucketData.Stored stored : data.backups().values()) {
            String id = stored.id();
            if (data.pending().contains(id)) {
                skip(id, "it has a pending document: `sluice recover` decides about it");
            } else if (data.removed().contains(id)) {
                skip(id, "it was given up on purpose: `sluice prune` finishes its removal");
            } else if (entered(stored, entries.getOrDefault(id, List.of()), tasks, superseded)) {
                known++;
            }
        }
        return known;
    }

    /// All of them, by id. Those that can be read say, too, what SQL Server has called good.
    private Map<String, List<Entry>> entries(BucketData data) {
        List<Entry> all = blocking.readAll(Flux.fromIterable(data.entries().values())
                .flatMapIterable(keys -> keys)
                .flatMapSequential(
                        key -> env.catalog()
                                .outline(key)
                                .map(document -> new Entry(key, document, null))
                                .onErrorResume(CatalogException.class, e -> Mono.just(new Entry(key, null, e))),
                        ENTRIES_AT_ONCE));
        all.stream()
                .flatMap(entry -> Optional.ofNullable(entry.document()).stream())
                .forEach(document -> evidence.add(document.type(), document.facts()));
        return all.stream().collect(Collectors.groupingBy(entry -> entry.key().backupId()));
    }

    /// @return whether it has an entry that can be read and wants nothing
    private boolean entered(
            BucketData.Stored stored, List<Entry> entries, List<Task> tasks, List<Superseded> superseded) {
        for (Entry readable : entries) {
            BackupDocument document = readable.document();
            if (document == null) {
                continue;
            }
            entries.stream()
                    .filter(entry -> entry.broken() != null && entry.broken().isOfDamage())
                    .map(entry -> new Superseded(entry.key(), readable.key(), document))
                    .forEach(superseded::add);
            boolean bare = document.origin() == Origin.REBUILT && lacksSums(document);
            if (bare && request.read()) {
                tasks.add(new Task(stored, List.of(), readable.key(), document));
                return false;
            }
            return true;
        }
        Optional<CatalogException> notDamaged = entries.stream()
                .flatMap(entry -> Optional.ofNullable(entry.broken()).stream())
                .filter(e -> !e.isOfDamage())
                .findFirst();
        if (notDamaged.isPresent()) {
            skip(
                    stored.id(),
                    "its entry is there, and is not damaged: "
                            + notDamaged.get().getMessage());
        } else {
            tasks.add(new Task(stored, entries.stream().map(Entry::key).toList(), null, null));
        }
        return false;
    }

    static boolean lacksSums(BackupDocument document) {
        return document.stripes().stream()
                .flatMap(stripe -> stripe.segments().stream())
                .anyMatch(segment -> segment.blocks() == null);
    }

    private void skip(String what, String why) {
        skipped.add(new EntriesReport.Named(what, why));
    }

    private static Looked look(StoredBackup reader, Task task) {
        try {
            return new Looked(task, reader.draft(task.stored()), null);
        } catch (Unusable e) {
            return new Looked(task, null, e.reason());
        } catch (S3Failure e) {
            if (!e.kind().isOfObject()) {
                throw e;
            }
            return new Looked(task, null, String.valueOf(e.getMessage()));
        }
    }

    private void conclude(Looked looked) {
        EntryDraft draft = looked.draft();
        String id = looked.task().stored().id();
        if (draft == null) {
            refused.add(new EntriesReport.Named(id, String.valueOf(looked.reason())));
            return;
        }
        blocking.throwIfCancelled();
        try {
            write(looked.task(), draft);
        } catch (CatalogException e) {
            refused.add(new EntriesReport.Named(id, String.valueOf(e.getMessage())));
        } catch (Unusable e) {
            refused.add(new EntriesReport.Named(id, e.reason()));
        }
    }

    private void write(Task task, EntryDraft draft) {
        Optional<String> proof = draft.row().isEmpty()
                ? evidence.goodness(draft.type(), draft.facts())
                : Optional.of("msdb has its row");
        BackupDocument document = draft.document(env, proof.orElse(null), started -> free(started, task.broken()));
        BackupDocument old = task.old();
        CatalogKey bare = task.bare();
        if (old != null && document.verdict().outcome() != BackupDocument.Outcome.GOOD) {
            document = draft.document(env, goodBefore(old), _ -> old.startedAt());
        }
        CatalogKey written = null;
        if (!request.plan()) {
            Catalog catalog = env.catalog();
            written = Blocking.uncancellably(bare == null ? catalog.commit(document) : catalog.amend(bare, document))
                    .orElse(null);
        }
        made.add(EntriesReport.Made.of(document));
        for (CatalogKey broken : task.broken()) {
            setAside(new Superseded(broken, written, document));
        }
    }

    /// Only where the entry that can be read says everything by which retention decides: otherwise what the backup
    /// rests on would not be known any more.
    private void setAside(Superseded one) {
        String key = one.damaged().key();
        Optional<String> lacking = BackupFacts.lacking(one.document());
        if (lacking.isPresent()) {
            refused.add(new EntriesReport.Named(
                    key,
                    "it is damaged and stays, so nothing of the database is pruned: the entry beside it says too little (%s). Bring the object's older version back"
                            .formatted(lacking.get())));
            return;
        }
        String to = env.catalog().keys().setAside(one.damaged());
        CatalogKey readable = one.readable();
        try {
            if (request.plan()
                    || readable == null
                    || Blocking.uncancellably(env.catalog().setAside(one.damaged(), readable))
                            .isPresent()) {
                aside.add(new EntriesReport.Named(key, to));
            }
        } catch (CatalogException e) {
            refused.add(new EntriesReport.Named(key, String.valueOf(e.getMessage())));
        }
    }

    private static @Nullable String goodBefore(BackupDocument old) {
        return old.verdict().outcome() == BackupDocument.Outcome.GOOD
                ? old.verdict().proof()
                : null;
    }

    /// The key of an entry that cannot be read is taken, and so the new one's says a moment later.
    private static Instant free(Instant started, List<CatalogKey> taken) {
        Set<Instant> instants = taken.stream().map(CatalogKey::startedAt).collect(Collectors.toSet());
        Instant free = started.minusNanos(started.get(ChronoField.NANO_OF_SECOND) % TICK);
        while (instants.contains(free)) {
            free = free.plusNanos(TICK);
        }
        return free;
    }

    private EntriesReport report(BucketData data, int known) {
        int objects = data.backups().values().stream()
                .mapToInt(stored -> stored.segments().size())
                .sum();
        data.strange()
                .forEach(object ->
                        skip(object.key(), "it is no object of a backup that Sluice took; see `sluice catalog adopt`"));
        if (made.stream().anyMatch(one -> !one.sums())) {
            notes.add("entries without sums can be listed and planned with; `sluice catalog rebuild --read` reads the"
                    + " objects and makes the sums, without which nothing is restored");
        }
        return new EntriesReport(request.plan(), objects, known, made, aside, skipped, refused, notes);
    }
}
