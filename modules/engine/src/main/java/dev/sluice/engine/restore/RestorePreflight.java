package dev.sluice.engine.restore;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.bucket.Downloads;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.restore.Placement.Arrival;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.RestoreFacts;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.stream.DatabaseFiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/// Everything that can be known to fail, asked before anything is touched: one list, which the restore obeys and
/// every surface shows.
///
/// SQL Server refuses most of it too, but some only after the old database is gone, and some in the middle of
/// the night.
final class RestorePreflight {

    static final String TARGET = "target-database";
    static final String TAIL = "tail-of-log";
    static final String SESSIONS = "sessions";
    static final String VERSION = "server-version";
    static final String MEMORY = "memory";
    static final String BACKUP_KEY = "backup-certificate";
    static final String DATABASE_KEY = "tde-certificate";

    private static final int MASTER = 1;
    private static final int TEMPDB = 2;

    private final Environment env;
    private final Blocking blocking;
    private final RestoreRequest request;
    private final SqlSession control;
    private final Function<BackupDocument, DatabaseFiles> listing;
    private final RestoreFacts facts;

    /// @param listing the files of a backup whose document does not name them, by SQL Server's own word
    RestorePreflight(
            Environment env,
            Blocking blocking,
            RestoreRequest request,
            SqlSession control,
            Function<BackupDocument, DatabaseFiles> listing) {
        this.env = env;
        this.blocking = blocking;
        this.request = request;
        this.control = control;
        this.listing = listing;
        this.facts = RestoreFacts.read(control, request.database());
    }

    /// What was found, and where the files go.
    ///
    /// @param placement none when the files are not known
    record Result(RestoreCheck check, Optional<Placement> placement) {

        /// **Errors:** [OperationFailed] when something is in the way.
        Placement required() {
            check.requireMet();
            return placement.orElseThrow();
        }
    }

    Result check() {
        Optional<OperationFailed> never = systemDatabase();
        if (never.isPresent()) {
            return new Result(
                    new RestoreCheck(List.of(unmet(TARGET, never.get(), List.of())), List.of()), Optional.empty());
        }
        List<Precondition> found = new ArrayList<>(target());
        found.add(version());
        found.add(memory());
        Precondition backupKey = backupKey();
        found.add(backupKey);
        RestoreObjects objects = RestoreObjects.look(
                env, blocking, request.allBackups(), request.choices().acceptRewritten());
        found.addAll(objects.conditions());
        // Some files are known to SQL Server alone, and it would have to read a backup for them.
        if (backupKey.isUnmet() || !objects.areReadable()) {
            return unread(found);
        }
        Map<String, DatabaseFiles> files;
        try {
            files = files();
        } catch (OperationFailed e) {
            found.add(unmet(e.id() == FailureId.CERTIFICATE_MISSING ? DATABASE_KEY : RestoreFiles.NAMES, e, List.of()));
            return new Result(new RestoreCheck(found, List.of()), Optional.empty());
        }
        found.add(databaseKey(files));
        RestoreFiles places = places(files);
        found.addAll(places.conditions());
        return new Result(new RestoreCheck(found, places.placement().destinations()), Optional.of(places.placement()));
    }

    /// As far as the documents alone tell of the files.
    private Result unread(List<Precondition> found) {
        List<Precondition> all = new ArrayList<>(found);
        Map<String, DatabaseFiles> named = new LinkedHashMap<>();
        request.allBackups().forEach(backup -> named.put(backup.backupId(), DatabaseFiles.of(backup)));
        if (named.values().stream().anyMatch(files -> files.files().isEmpty())) {
            Stream.of(DATABASE_KEY, RestoreFiles.NAMES, RestoreFiles.DESTINATIONS, RestoreFiles.SPACE)
                    .map(id -> Precondition.unknown(
                            id, "only SQL Server can tell, from a backup that it cannot read yet", ""))
                    .forEach(all::add);
            return new Result(new RestoreCheck(all, List.of()), Optional.empty());
        }
        all.add(databaseKey(named));
        RestoreFiles places = places(named);
        all.addAll(places.conditions());
        return new Result(new RestoreCheck(all, places.placement().destinations()), Optional.of(places.placement()));
    }

    /// Where the files go that the restore creates.
    ///
    /// **Errors:** [OperationFailed].
    Placement placement() {
        RestoreFiles places = places(files());
        places.names().ifPresent(failure -> {
            throw failure;
        });
        return places.placement();
    }

    static Precondition unmet(String id, OperationFailed failure, List<String> subjects) {
        return new Precondition(
                id, Precondition.State.UNMET, failure.what(), failure.hint(), failure.id(), failure.where(), subjects);
    }

    // ---- the target ----

    /// What SQL Server restores in a way of its own, or never.
    private Optional<OperationFailed> systemDatabase() {
        return facts.existing().flatMap(existing -> switch (existing.id()) {
            case MASTER -> Optional.of(RestoreFailures.master(existing.name(), env));
            case TEMPDB -> Optional.of(RestoreFailures.tempdb(existing.name(), env));
            default -> Optional.empty();
        });
    }

    private List<Precondition> target() {
        RestoreFacts.Existing existing = facts.existing().orElse(null);
        if (existing == null) {
            return request.existing() == Existing.CONTINUE
                    ? blocked(Failures.noSuchDatabase(request.database(), env))
                    : List.of(
                            Precondition.met(TARGET, "there is no database %s yet".formatted(request.database())),
                            Precondition.met(TAIL, "no database is overwritten"),
                            Precondition.met(SESSIONS, "no database is overwritten"));
        }
        Optional<OperationFailed> refusal = refusal(existing);
        if (refusal.isPresent()) {
            return blocked(refusal.get());
        }
        boolean tail = request.existing() == Existing.REPLACE && existing.hasTail();
        return List.of(
                Precondition.met(
                        TARGET,
                        "%s is %s, and may be %s"
                                .formatted(
                                        existing.name(),
                                        existing.standby() ? "in standby" : existing.state(),
                                        request.existing() == Existing.CONTINUE ? "gone on with" : "overwritten")),
                tail
                        ? unmet(TAIL, RestoreFailures.tail(existing, env), List.of())
                        : Precondition.met(TAIL, tail(existing)),
                existing.sessions().isEmpty()
                        ? Precondition.met(SESSIONS, "no session is in " + existing.name())
                        : unmet(
                                SESSIONS,
                                RestoreFailures.inUse(request.database(), existing.sessions(), env),
                                existing.sessions()));
    }

    private static List<Precondition> blocked(OperationFailed failure) {
        return List.of(
                unmet(TARGET, failure, List.of()),
                Precondition.unknown(TAIL, "not asked before the database may be overwritten", ""),
                Precondition.unknown(SESSIONS, "not asked before the database may be overwritten", ""));
    }

    private String tail(RestoreFacts.Existing existing) {
        return existing.hasTail() && request.existing() == Existing.REPLACE_AND_DISCARD_TAIL
                ? "the log of %s may hold changes that no backup has, which are given up".formatted(existing.name())
                : "no change is lost that no backup has";
    }

    private Optional<OperationFailed> refusal(RestoreFacts.Existing existing) {
        String database = request.database();
        if (existing.replicated()) {
            return Optional.of(RestoreFailures.replicated(database, env));
        }
        return switch (request.existing()) {
            case KEEP ->
                Optional.of(
                        existing.isRestoring()
                                ? RestoreFailures.restoring(database, env)
                                : Failures.exists(database, env));
            case CONTINUE ->
                existing.isRestoring()
                        ? otherLineage()
                        : Optional.of(RestoreFailures.notRestoring(database, existing.state(), env));
            case REPLACE, REPLACE_AND_DISCARD_TAIL -> Optional.empty();
        };
    }

    /// Whether what waits is the database that the backups are of. msdb, which the plan goes by, knows databases
    /// by their names; where another one is in its place, only the database itself can tell.
    ///
    /// What it does not tell, SQL Server sees when it is asked to go on.
    private Optional<OperationFailed> otherLineage() {
        Backup next =
                request.backups().stream().findFirst().flatMap(BackupFacts::of).orElse(null);
        RestoreFacts.Lineage there =
                RestoreFacts.lineage(control, request.database()).orElse(null);
        if (next == null || there == null) {
            return Optional.empty();
        }
        if (!there.family().equalsIgnoreCase(next.family().toString())) {
            return Optional.of(RestoreFailures.otherFamily(request.database(), there.family(), next, env));
        }
        // A differential and a full backup bring their own fork with them.
        boolean known = !there.fork().isEmpty() && next.kind() == Backup.Kind.LOG;
        boolean other = known
                && !there.fork().equalsIgnoreCase(next.path().first().toString())
                && !there.fork().equalsIgnoreCase(next.path().last().toString());
        return other
                ? Optional.of(RestoreFailures.otherFork(request.database(), there.fork(), next, env))
                : Optional.empty();
    }

    // ---- the server and this machine ----

    /// A server restores what older ones wrote, never what newer ones did (3169).
    private Precondition version() {
        Set<Integer> told = new TreeSet<>();
        for (BackupDocument backup : request.allBackups()) {
            int major = backup.stream().majorVersion().orElse(0);
            if (major > facts.majorVersion()) {
                return unmet(
                        VERSION,
                        RestoreFailures.olderServer(
                                backup.backupId(), major, facts.majorVersion(), request.database(), env),
                        List.of(backup.backupId()));
            }
            if (major > 0) {
                told.add(major);
            }
        }
        return told.isEmpty()
                ? Precondition.unknown(VERSION, "the backups do not tell which version of SQL Server took them", "")
                : Precondition.met(
                        VERSION,
                        String.format(
                                Locale.ROOT,
                                "taken by version %s of SQL Server, and this is version %d",
                                String.join(
                                        ", ", told.stream().map(String::valueOf).toList()),
                                facts.majorVersion()));
    }

    /// A backup that can never be admitted is no reason to take the old database down first.
    private Precondition memory() {
        for (BackupDocument backup : request.allBackups()) {
            try {
                env.budget()
                        .requireRoom(
                                backup.stripes().size(), Downloads.plan(backup).memoryPerStripe());
            } catch (IllegalArgumentException e) {
                return unmet(MEMORY, RestoreFailures.notEnoughMemory(backup, e), List.of(backup.backupId()));
            }
        }
        return Precondition.met(
                MEMORY,
                String.format(
                        Locale.ROOT,
                        "%,d bytes hold each of the backups",
                        env.budget().capacity()));
    }

    // ---- certificates ----

    /// The certificate with which SQL Server encrypted a backup.
    private Precondition backupKey() {
        Set<String> present = new TreeSet<>();
        boolean untold = false;
        for (BackupDocument backup : request.allBackups()) {
            SetFacts history = backup.history();
            if (history == null) {
                // A stream that was understood when it passed is not encrypted.
                untold |= DatabaseFiles.of(backup).files().isEmpty();
                continue;
            }
            String thumbprint = history.text("encryptor_thumbprint");
            if (isThumbprint(thumbprint) && !present.contains(thumbprint)) {
                if (!RestoreFacts.hasKey(control, thumbprint)) {
                    return unmet(
                            BACKUP_KEY,
                            RestoreFailures.noKey(backup.backupId(), thumbprint, request.database(), env),
                            List.of("0x" + thumbprint));
                }
                present.add(thumbprint);
            }
        }
        if (untold) {
            return Precondition.unknown(
                    BACKUP_KEY, "a backup does not tell whether it is encrypted; SQL Server is asked below", "");
        }
        return Precondition.met(
                BACKUP_KEY,
                present.isEmpty() ? "no backup is encrypted" : "master has 0x" + String.join(", 0x", present));
    }

    private static boolean isThumbprint(String text) {
        return text.matches("([0-9A-Fa-f]{2})+");
    }

    /// The certificate of a database that is itself encrypted (TDE): its backups hold encrypted pages, and the
    /// database cannot be opened without it.
    private Precondition databaseKey(Map<String, DatabaseFiles> files) {
        Set<String> needed = new TreeSet<>();
        files.values().forEach(each -> needed.addAll(each.thumbprints()));
        List<String> missing = needed.stream()
                .filter(thumbprint -> !RestoreFacts.hasKey(control, thumbprint))
                .toList();
        if (!missing.isEmpty()) {
            return unmet(
                    DATABASE_KEY,
                    RestoreFailures.noDatabaseKey(missing.getFirst(), request.database(), env),
                    missing.stream().map(each -> "0x" + each).toList());
        }
        if (!needed.isEmpty()) {
            return Precondition.met(DATABASE_KEY, "master has 0x" + String.join(", 0x", needed));
        }
        List<BackupDocument> backups = request.allBackups();
        if (backups.stream().anyMatch(backup -> backup.ofEncryptedDatabase().orElse(false))) {
            return Precondition.unknown(
                    DATABASE_KEY,
                    "the database was encrypted (TDE) when it was backed up, and by which certificate is not known here",
                    "Bring the certificate of the database encryption key from the server that took the backup.");
        }
        return backups.stream().allMatch(backup -> backup.ofEncryptedDatabase().isPresent())
                ? Precondition.met(DATABASE_KEY, "the database was not encrypted (TDE) when it was backed up")
                : Precondition.unknown(
                        DATABASE_KEY, "the backups do not tell whether the database was encrypted (TDE)", "");
    }

    // ---- files ----

    private RestoreFiles places(Map<String, DatabaseFiles> files) {
        Directories directories = Directories.of(facts);
        List<Arrival> arrivals = arrivals(files);
        boolean doubt = arrivals.stream()
                .flatMap(arrival -> arrival.files().stream())
                .anyMatch(file -> !directories.isForeign(file.path()) && !directories.isKnown(file.path()));
        if (doubt) {
            // Where this very machine has backed the database up, the directories were there.
            directories.learn(RestoreFacts.backedUpHere(control, request.database()));
        }
        return new RestoreFiles(env, request, facts, directories, arrivals);
    }

    /// The files in each backup, in the order of the restore.
    ///
    /// Of a stream that was not understood when it passed, such as an encrypted one, SQL Server has to say it,
    /// and of a database that is encrypted it alone tells with which certificate.
    private Map<String, DatabaseFiles> files() {
        Map<String, DatabaseFiles> all = new LinkedHashMap<>();
        boolean asked = false;
        for (BackupDocument backup : request.allBackups()) {
            DatabaseFiles named = DatabaseFiles.of(backup);
            boolean ask = named.files().isEmpty()
                    || (!asked && backup.ofEncryptedDatabase().orElse(false));
            asked |= ask;
            all.put(backup.backupId(), ask ? listing.apply(backup) : named);
        }
        return all;
    }

    /// The files that each backup brings. A restore that goes on has some.
    private List<Arrival> arrivals(Map<String, DatabaseFiles> files) {
        Map<String, String> there = request.existing() == Existing.CONTINUE ? facts.existingFiles() : Map.of();
        List<Arrival> arrivals = Arrival.of(files, there);
        // A server that does not name the files of what waits cannot be told of any but those that come later.
        boolean unknown = request.existing() == Existing.CONTINUE && there.isEmpty();
        return unknown ? arrivals.stream().skip(1).toList() : arrivals;
    }
}
