package dev.sluice.engine.rebuild;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.Origin;
import dev.sluice.catalog.SetFacts;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.plan.ServerTime;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.stream.StreamDescription;
import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.MediaLabel;
import dev.sluice.s3.ObjectAccess;
import dev.sluice.s3.ObjectFacts;
import dev.sluice.s3.ObjectInfo;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads what the data of a backup that Sluice has taken says: its keys, the objects' metadata, the streams, and
/// msdb where there is a server.
///
/// Where they tell the same thing they must agree: what decides what is restored is not taken from one of them
/// alone when another one denies it.
///
/// **Threading:** any; msdb is asked by one thread at a time.
///
/// **Errors:** [Unusable]; [dev.sluice.s3.S3Failure].
final class StoredBackup {

    private final Environment env;
    private final MsdbHistory history;
    private final boolean read;
    private final Blocking blocking;

    StoredBackup(Environment env, MsdbHistory history, boolean read, Blocking blocking) {
        this.env = env;
        this.history = history;
        this.read = read;
        this.blocking = blocking;
    }

    EntryDraft draft(BucketData.Stored stored) {
        List<List<ObjectFacts>> objects = new ArrayList<>();
        for (List<BucketData.Segment> stripe : stripes(stored)) {
            objects.add(stripe.stream().map(segment -> facts(segment.object())).toList());
        }
        CreationNote note = CreationNote.of(objects.getFirst().getFirst().metadata())
                .filter(said -> said.backupId().equals(stored.id()))
                .orElse(null);
        if (note != null && note.stripes() > objects.size()) {
            throw new Unusable(String.format(
                    Locale.ROOT, "it has %d stripes, and %d of them are there", note.stripes(), objects.size()));
        }
        List<StoredStream.Seen> seen = new ArrayList<>();
        for (List<ObjectFacts> stripe : objects) {
            StoredStream stream = new StoredStream(env.store(), stripe, blocking);
            seen.add(read ? stream.read() : stream.look());
        }
        together(seen);
        StreamDescription described = EntryDraft.describe(seen);
        SetFacts row = row(stored.id(), described.set());
        return draft(stored, seen, described, row, note);
    }

    private EntryDraft draft(
            BucketData.Stored stored,
            List<StoredStream.Seen> seen,
            StreamDescription described,
            SetFacts row,
            @Nullable CreationNote note) {
        SetFacts told = described.set().with(row);
        String database = database(stored, note, told);
        BackupType type = Optional.ofNullable(note)
                .flatMap(said -> Optional.ofNullable(said.type()))
                .or(() -> type(told.text("type")))
                .orElseThrow(() -> new Unusable("nothing tells whether it is a full, differential or log backup"
                        + " (SQL Server's letter: '%s')".formatted(told.text("type"))));
        Instant made = Ulid.time(stored.id());
        LocalDateTime local = told.time("backup_start_date").orElse(null);
        Instant noted = note == null ? null : note.started();
        ZoneOffset offset = offset(seen, noted == null ? made : noted, local);
        Instant started = noted != null ? noted : local == null ? made : local.toInstant(offset);
        Boolean saidCopyOnly = note == null ? null : note.copyOnly();
        Boolean copyOnly = (saidCopyOnly != null || row.isEmpty()) ? saidCopyOnly : (Boolean) told.flag("is_copy_only");
        return new EntryDraft(
                stored.id(),
                Origin.REBUILT,
                database,
                type,
                copyOnly,
                started,
                offset,
                seen,
                described,
                null,
                row,
                read);
    }

    static Optional<BackupType> type(String letter) {
        return switch (letter.strip()) {
            case "D" -> Optional.of(BackupType.FULL);
            case "I" -> Optional.of(BackupType.DIFFERENTIAL);
            case "L" -> Optional.of(BackupType.LOG);
            default -> Optional.empty();
        };
    }

    /// The clock's distance from UTC: the stream's own word, or what lies between its local time and a moment
    /// close by.
    private static ZoneOffset offset(List<StoredStream.Seen> seen, Instant near, @Nullable LocalDateTime local) {
        return seen.getFirst()
                .head()
                .set()
                .map(BackupSet::offset)
                .or(() -> Optional.ofNullable(local)
                        .filter(time -> ServerTime.isOffset(near, time))
                        .map(time -> ServerTime.offset(near, time)))
                .orElse(ZoneOffset.UTC);
    }

    /// The name whose directory the data lies in.
    private static String database(BucketData.Stored stored, @Nullable CreationNote note, SetFacts told) {
        List<String> names = new ArrayList<>();
        if (note != null) {
            names.add(note.database());
        }
        names.add(told.text("database_name"));
        names.removeIf(String::isEmpty);
        return names.stream()
                .filter(name -> Keys.isDatabase(stored.directory(), name))
                .findFirst()
                .orElseThrow(() -> new Unusable(
                        names.isEmpty()
                                ? "nothing tells which database it is of: neither metadata nor stream (SQL Server may have"
                                        + " encrypted it), and msdb has no row of it"
                                : "its data lies in %s, which is the directory of another database than %s"
                                        .formatted(stored.directory(), String.join(", ", names))));
    }

    /// A stripe's objects, in order.
    private static List<List<BucketData.Segment>> stripes(BucketData.Stored stored) {
        Map<Integer, List<BucketData.Segment>> byStripe = stored.segments().stream()
                .filter(segment -> segment.key().stripe() > 0) // the rest are sums
                .collect(Collectors.groupingBy(segment -> segment.key().stripe(), TreeMap::new, Collectors.toList()));
        List<List<BucketData.Segment>> stripes = new ArrayList<>();
        byStripe.forEach((number, segments) -> {
            if (number != stripes.size() + 1) {
                throw new Unusable(String.format(Locale.ROOT, "stripe %d is missing", stripes.size() + 1));
            }
            stripes.add(stripe(number, segments));
        });
        if (stripes.isEmpty()) {
            throw new Unusable("no stripe of it is there");
        }
        return stripes;
    }

    /// A crash while segments were put together leaves both them and the one object.
    private static List<BucketData.Segment> stripe(int number, List<BucketData.Segment> all) {
        List<BucketData.Segment> joined =
                all.stream().filter(segment -> segment.key().segment() == 0).toList();
        List<BucketData.Segment> parts = all.stream()
                .filter(segment -> segment.key().segment() > 0)
                .sorted(Comparator.comparingInt(segment -> segment.key().segment()))
                .toList();
        boolean whole = !parts.isEmpty() && parts.getLast().key().segment() == parts.size();
        if (!whole && joined.isEmpty()) {
            throw new Unusable(String.format(Locale.ROOT, "segments of stripe %d are missing", number));
        }
        return whole ? parts : joined;
    }

    private ObjectFacts facts(ObjectInfo object) {
        if (object.mayBeArchived()
                && blocking.read(env.store().access(object.key(), true)).orElse(null)
                        instanceof ObjectAccess.Archived archived) {
            throw new Unusable(
                    "%s is in an archive (%s): have it thawed first".formatted(object.key(), archived.archive()));
        }
        return blocking.read(env.store().facts(object.key()))
                .orElseThrow(() -> new Unusable(object.key() + " is gone"));
    }

    /// Whether the stripes are those of one backup, each in its place, and each with its end.
    private static void together(List<StoredStream.Seen> seen) {
        MediaLabel first = seen.getFirst().head().label().orElse(null);
        Object set = seen.getFirst().head().set().map(BackupSet::guid).orElse(null);
        for (int i = 0; i < seen.size(); i++) {
            StreamHead head = seen.get(i).head();
            MediaLabel label = head.label().orElse(null);
            if (head.end() == StreamHead.End.CUT) {
                throw new Unusable(String.format(Locale.ROOT, "stripe %d does not end as a backup ends", i + 1));
            }
            if (head.sets() > 1) {
                throw new Unusable(String.format(Locale.ROOT, "stripe %d holds more than one backup set", i + 1));
            }
            if ((first == null) != (label == null)) {
                throw new Unusable("some of its stripes are understood, and some are not: " + head.reason());
            }
            if (first == null || label == null) {
                continue;
            }
            if (label.families() != seen.size()) {
                throw new Unusable(String.format(
                        Locale.ROOT, "it has %d stripes, and %d of them are there", label.families(), seen.size()));
            }
            if (label.family() != i + 1
                    || !Objects.equals(first.mediaSet(), label.mediaSet())
                    || !Objects.equals(set, head.set().map(BackupSet::guid).orElse(null))) {
                throw new Unusable(String.format(
                        Locale.ROOT, "what lies as stripe %d is another backup's, or another stripe", i + 1));
            }
        }
    }

    private SetFacts row(String id, SetFacts stream) {
        SetFacts row;
        synchronized (history) {
            row = history.ofBackup(id);
        }
        boolean same = stream.set().isEmpty() || stream.set().equals(row.set());
        if (!row.isEmpty() && !same) {
            throw new Unusable("its stream is of another backup set than msdb's row of %s".formatted(id));
        }
        return row;
    }
}
