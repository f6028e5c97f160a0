package dev.sluice.engine.rebuild;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.DataKey;
import dev.sluice.catalog.Origin;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.SetFacts;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.s3.ObjectAccess;
import dev.sluice.s3.ObjectFacts;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Failure;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Makes the backups known that other programs have put into the bucket: native ones TO URL, those of maintenance
/// scripts, copies of files from disks.
///
/// What they are called and where they lie means nothing; what they say of themselves decides. They stay where they
/// are, and are only read.
///
/// **Threading:** [#make()] waits, on the thread that calls it; files are looked at on others, a few at a time.
///
/// **Errors:** [S3Failure] when the bucket does not answer; [CatalogException] when it refuses a listing. What is
/// wrong with one file is in the report and holds up no other.
public final class Adopt {

    private static final int FILES_AT_ONCE = 4;
    private static final int ENTRIES_AT_ONCE = 16;
    private static final int PATH_OF_A_SEGMENT = 5;
    private static final int LONGEST_NAME = 128; // sysname

    private final Environment env;
    private final AdoptRequest request;
    private final Blocking blocking;
    private final Evidence evidence = new Evidence();
    private final List<EntriesReport.Made> made = new ArrayList<>();
    private final List<EntriesReport.Named> skipped = new ArrayList<>();
    private final List<EntriesReport.Named> refused = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private int known;
    private boolean zoneGuessed;

    /// Entries of a database by their backup sets.
    private final Map<String, Map<UUID, Entry>> entries = new HashMap<>();

    private record Entry(CatalogKey key, BackupDocument document) {}

    /// @param blocking of the run, whose cancel ends the work between two entries
    public Adopt(Environment env, AdoptRequest request, Blocking blocking) {
        this.env = env;
        this.request = request;
        this.blocking = blocking;
    }

    /// What came of looking at a file; with neither it is no backup.
    private record Looked(
            ObjectInfo object,
            @Nullable MediaMember member,
            @Nullable String reason) {}

    public EntriesReport make() {
        int[] own = {0};
        int[] others = {0};
        List<MediaMember> members = new ArrayList<>();
        List<Looked> all = blocking.readAll(Flux.defer(() -> env.store().list("/" + request.prefix()))
                .filter(object -> !isOwn(object.key(), own))
                .flatMapSequential(
                        object -> Mono.fromCallable(() -> look(object)).subscribeOn(Schedulers.boundedElastic()),
                        FILES_AT_ONCE)
                .filter(looked -> isBackup(looked, others)));
        for (Looked looked : all) {
            if (looked.member() != null) {
                members.add(looked.member());
            } else {
                refused.add(new EntriesReport.Named(looked.object().key(), String.valueOf(looked.reason())));
            }
        }
        MediaFamilies families = MediaFamilies.of(members);
        skipped.addAll(families.duplicates());
        refused.addAll(families.refused());
        enter(families.sets());
        count(own[0], "%d objects are of backups that Sluice took: `sluice catalog rebuild` is for those");
        count(others[0], "%d objects are no backups of SQL Server");
        if (zoneGuessed) {
            notes.add(
                    "some files do not say how far their server's clock was from UTC: it was taken for UTC; --zone says it");
        }
        if (made.stream().anyMatch(one -> !one.sums())) {
            notes.add(
                    "entries without sums can be listed and planned with; `sluice catalog adopt --read` reads the files and"
                            + " makes the sums, without which nothing is restored");
        }
        return new EntriesReport(
                request.plan(), all.size() + own[0] + others[0], known, made, List.of(), skipped, refused, notes);
    }

    private void count(int number, String text) {
        if (number > 0) {
            notes.add(String.format(Locale.ROOT, text, number));
        }
    }

    // ---- files ----

    /// Whether Sluice has taken it, for this or for another store in the bucket: the end of its key says so.
    private static boolean isOwn(String key, int[] count) {
        String[] path = key.split("/", -1);
        boolean own = path.length >= PATH_OF_A_SEGMENT
                && DataKey.parse(String.join(
                                "/", Arrays.asList(path).subList(path.length - PATH_OF_A_SEGMENT, path.length)))
                        .isPresent();
        if (own) {
            count[0]++;
        }
        return own;
    }

    private static boolean isBackup(Looked looked, int[] others) {
        boolean backup = looked.member() != null || looked.reason() != null;
        if (!backup) {
            others[0]++;
        }
        return backup;
    }

    private Looked look(ObjectInfo object) {
        try {
            blocking.throwIfCancelled();
            if (object.mayBeArchived()
                    && blocking.read(env.store().access(object.key(), true)).orElse(null)
                            instanceof ObjectAccess.Archived archived) {
                return new Looked(
                        object, null, "it is in an archive (%s): have it thawed first".formatted(archived.archive()));
            }
            StoredStream stream = stream(new ObjectFacts(object, Map.of(), null));
            if (!stream.isBackup()) {
                return new Looked(object, null, null);
            }
            StoredStream.Seen seen = stream.look();
            if (seen.head().inspection() instanceof Inspection.NotInspected not) {
                return new Looked(object, null, unreadable(not));
            }
            ObjectFacts facts = blocking.read(env.store().facts(object.key())).orElse(null);
            if (facts == null) {
                return new Looked(object, null, "it is gone");
            }
            return new Looked(object, MediaMember.of(facts, seen), null);
        } catch (Unusable e) {
            return new Looked(object, null, e.reason());
        } catch (S3Failure e) {
            if (!e.kind().isOfObject()) {
                throw e;
            }
            return new Looked(object, null, String.valueOf(e.getMessage()));
        }
    }

    private static String unreadable(Inspection.NotInspected not) {
        return "it begins as a backup, and what it says of itself cannot be read (%s): SQL Server has encrypted it, or a"
                        .formatted(not.reason())
                + " version that is not known here has written it. RESTORE HEADERONLY on a server tells";
    }

    private StoredStream stream(ObjectFacts facts) {
        return new StoredStream(env.store(), List.of(facts), blocking);
    }

    // ---- entries ----

    private void enter(List<List<MediaMember>> sets) {
        List<EntryDraft> drafts = new ArrayList<>();
        List<@Nullable Entry> bare = new ArrayList<>();
        try (MsdbHistory history = MsdbHistory.open(env)) {
            for (List<MediaMember> set : sets) {
                blocking.throwIfCancelled();
                MediaMember first = set.getFirst();
                Entry there = entries(first.header().database()).get(first.set());
                if (there != null && !isBare(there)) {
                    tellOf(there, set);
                    continue;
                }
                try {
                    drafts.add(draft(set, history));
                    bare.add(there);
                } catch (Unusable e) {
                    set.forEach(member -> refused.add(new EntriesReport.Named(member.key(), e.reason())));
                }
            }
            if (history.silence() != null && !drafts.isEmpty()) {
                notes.add("msdb could not be asked, which proves most: " + history.silence());
            }
        }
        drafts.forEach(draft -> evidence.add(draft.type(), draft.facts()));
        for (int i = 0; i < drafts.size(); i++) {
            write(drafts.get(i), bare.get(i));
        }
    }

    /// What was adopted without sums gets them when they are asked for.
    private boolean isBare(Entry there) {
        return request.read() && there.document().origin() == Origin.ADOPTED && Rebuild.lacksSums(there.document());
    }

    private void tellOf(Entry there, List<MediaMember> set) {
        if (there.document().origin() == Origin.ADOPTED) {
            known++;
        } else {
            set.forEach(member -> skipped.add(new EntriesReport.Named(
                    member.key(),
                    "a copy of backup %s, which Sluice took"
                            .formatted(there.key().backupId()))));
        }
    }

    private Map<UUID, Entry> entries(String database) {
        return entries.computeIfAbsent(database, name -> {
            Map<UUID, Entry> bySet = new HashMap<>();
            blocking.readEach(
                    env.catalog()
                            .list(name)
                            .flatMapSequential(
                                    key -> env.catalog().read(key, _ -> {}).map(document -> new Entry(key, document)),
                                    ENTRIES_AT_ONCE),
                    entry -> {
                        evidence.add(entry.document().type(), entry.document().facts());
                        entry.document().facts().set().ifPresent(set -> bySet.put(set, entry));
                    });
            return bySet;
        });
    }

    private EntryDraft draft(List<MediaMember> set, MsdbHistory history) {
        MediaMember first = set.getFirst();
        String letter = String.valueOf(first.header().typeLetter());
        BackupType type = StoredBackup.type(letter)
                .orElseThrow(() -> new Unusable(
                        "it is a backup of single files or filegroups (type %s): nothing is planned with those"
                                .formatted(letter)));
        List<StoredStream.Seen> seen = new ArrayList<>();
        for (MediaMember member : set) {
            seen.add(request.read() ? read(member) : member.seen());
        }
        ZoneOffset offset = offset(first);
        SetFacts row = history.ofSet(first.header().database(), first.set());
        return new EntryDraft(
                id(first.set(), first.localTime()),
                Origin.ADOPTED,
                first.header().database(),
                type,
                row.isEmpty() ? null : (Boolean) row.flag("is_copy_only"),
                first.localTime().toInstant(offset),
                offset,
                seen,
                EntryDraft.describe(seen),
                new ServerIdentity(server(first.header().server()), null, null, List.of()),
                row,
                request.read());
    }

    private static String server(String said) {
        return said.isBlank() || said.length() > LONGEST_NAME ? "not known" : said;
    }

    private StoredStream.Seen read(MediaMember member) {
        StoredStream.Seen seen = stream(member.facts()).read();
        MediaMember.requireOneWholeSet(seen.head());
        return seen;
    }

    private ZoneOffset offset(MediaMember member) {
        if (request.zone() != null) {
            return request.zone().getRules().getOffset(member.localTime());
        }
        Optional<ZoneOffset> said = member.seen().head().set().map(BackupSet::offset);
        zoneGuessed |= said.isEmpty();
        return said.orElse(ZoneOffset.UTC);
    }

    /// The same for the same backup set, on every server and at any time.
    static String id(UUID set, LocalDateTime started) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(("sluice adopted " + set).getBytes(StandardCharsets.UTF_8));
            return Ulid.of(started.toInstant(ZoneOffset.UTC), digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    private void write(EntryDraft draft, @Nullable Entry bare) {
        blocking.throwIfCancelled();
        Optional<String> proof = draft.row().isEmpty()
                ? evidence.goodness(draft.type(), draft.facts())
                : Optional.of("msdb has its row");
        if (proof.isEmpty() && bare != null && bare.document().verdict().outcome() == Outcome.GOOD) {
            proof = Optional.of("as before: " + bare.document().verdict().proof());
        }
        try {
            BackupDocument document = draft.document(
                    env,
                    proof.orElse(null),
                    started -> bare == null ? started : bare.document().startedAt());
            if (!request.plan()) {
                Catalog catalog = env.catalog();
                Blocking.uncancellably(bare == null ? catalog.commit(document) : catalog.amend(bare.key(), document));
            }
            made.add(EntriesReport.Made.of(document));
        } catch (CatalogException e) {
            refuse(draft, String.valueOf(e.getMessage()));
        } catch (Unusable e) {
            refuse(draft, e.reason());
        }
    }

    private void refuse(EntryDraft draft, String why) {
        draft.stripes().stream()
                .flatMap(seen -> seen.segments().stream())
                .forEach(segment -> refused.add(new EntriesReport.Named(segment.key(), why)));
    }
}
