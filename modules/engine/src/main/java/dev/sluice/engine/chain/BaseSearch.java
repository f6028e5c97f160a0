package dev.sluice.engine.chain;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.plan.OtherNames;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.LastBackups;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks for what carries the log and differential backups of a database that has no full backup in the bucket
/// under its own name, or copy-only ones alone.
///
/// A database that was renamed continues the chain that is kept under its former name. One that was restored
/// from another database's backups rests on those, whose retention takes no notice of it. Everything else
/// cannot be restored. It is asked only where there is no full backup, so the requests for it end with the next
/// one.
final class BaseSearch {

    private static final Logger log = LoggerFactory.getLogger(BaseSearch.class);

    /// So many full backups of each name are read, the newest first.
    private static final int FULLS = 16;

    private final Environment env;
    private final Blocking blocking;
    private final String database;
    private final LastBackups now;
    private final String family;
    private final List<CatalogKey> own;

    /// @param family GUID in lower case
    /// @param own    keys of the database's backups, the earliest first
    BaseSearch(
            Environment env, Blocking blocking, String database, LastBackups now, String family, List<CatalogKey> own) {
        this.env = env;
        this.blocking = blocking;
        this.database = database;
        this.now = now;
        this.family = family;
        this.own = own;
    }

    /// @param keys of all backups that have the full backup's name
    private record Full(BackupDocument document, Backup backup, List<CatalogKey> keys) {}

    /// @param taker words for who took the backup set with this GUID
    Optional<ChainFinding> find(UnaryOperator<String> taker) {
        CatalogKey firstLog =
                logs(own).min(Comparator.comparing(CatalogKey::lastLsn)).orElse(null);
        boolean differentials = own.stream().anyMatch(key -> key.type() == BackupType.DIFFERENTIAL);
        if (firstLog == null && !differentials) {
            return Optional.empty();
        }
        List<Full> fulls = fulls();
        Full base =
                differentials ? fulls.stream().filter(this::isBase).findFirst().orElse(null) : null;
        Full beginning = firstLog == null ? null : beginning(fulls, firstLog).orElse(null);
        if (differentials && base == null) {
            String guid = now.baseGuid();
            return Optional.of(
                    nothing("differential", guid == null ? "" : ": they are based on set " + guid + taker.apply(guid)));
        }
        if (firstLog != null && beginning == null) {
            return Optional.of(nothing("log", ""));
        }
        return Stream.of(Optional.ofNullable(base), Optional.ofNullable(beginning))
                .flatMap(Optional::stream)
                .map(Full::document)
                .filter(full -> !full.database().equals(database) && !isFormerName(full))
                .findFirst()
                .map(this::another);
    }

    private ChainFinding nothing(String kind, String more) {
        return new ChainFinding(
                ChainFinding.Kind.NO_FULL,
                "No full backup in the bucket carries the %s backups of %s%s".formatted(kind, database, more),
                "They cannot be restored from this bucket. Take a full backup: what is taken after it can be.");
    }

    private ChainFinding another(BackupDocument full) {
        return new ChainFinding(
                ChainFinding.Kind.NO_FULL,
                "%s has no full backup of its own in the bucket: its backups rest on %s of %s, which it was restored from"
                        .formatted(database, full.backupId(), full.database()),
                "They can be restored as long as that one is kept, and the retention of %s takes no notice of them. Take a full backup of %s."
                        .formatted(full.database(), database));
    }

    /// A restore gives a database another GUID, and renaming it does not.
    private boolean isFormerName(BackupDocument full) {
        return full.stream()
                .guid("database_guid")
                .filter(guid -> guid.toString().equals(now.databaseGuid()))
                .isPresent();
    }

    private boolean isBase(Full full) {
        return full.backup().set().toString().equals(now.baseGuid());
    }

    // ---- full backups ----

    private List<Full> fulls() {
        List<Full> all = new ArrayList<>(fulls(own));
        // A full backup whose verdict was lost may be what the logs rest on.
        blocking.readAll(env.catalog()
                        .pendings(this::note)
                        .filter(pending -> pending.database().equals(database) && pending.type() == BackupType.FULL))
                .forEach(pending -> add(pending, own, all));
        for (FamilyNames.Relative relative : FamilyNames.of(env, blocking, database, Set.of(family), this::note)) {
            all.addAll(fulls(relative.keys()));
        }
        return all;
    }

    private List<Full> fulls(List<CatalogKey> keys) {
        List<Full> found = new ArrayList<>();
        keys.reversed().stream()
                .filter(key -> key.type() == BackupType.FULL)
                .limit(FULLS)
                .forEach(key -> blocking.read(env.catalog().read(key, this::note))
                        .ifPresent(document -> add(document, keys, found)));
        return found;
    }

    private void add(BackupDocument document, List<CatalogKey> keys, List<Full> to) {
        if (FamilyNames.family(document).filter(family::equals).isPresent()) {
            BackupFacts.of(document).ifPresent(backup -> to.add(new Full(document, backup, keys)));
        }
    }

    private void note(CatalogException e) {
        log.atWarn()
                .addKeyValue("database", database)
                .addKeyValue("cause", e.getMessage())
                .log("left out of the search for a full backup");
    }

    // ---- logs ----

    private static Stream<CatalogKey> logs(List<CatalogKey> keys) {
        return keys.stream().filter(key -> key.type() == BackupType.LOG);
    }

    /// The full backup from which logs lead without a gap to the last one of the database.
    private Optional<Full> beginning(List<Full> fulls, CatalogKey firstLog) {
        Backup first = blocking.read(env.catalog().read(firstLog, this::note))
                .flatMap(BackupFacts::of)
                .orElse(null);
        if (first == null) {
            return Optional.empty();
        }
        List<Backup> onTheWay = OtherNames.leadingTo(
                Set.copyOf(List.of(UUID.fromString(now.fork()), first.path().last())),
                List.of(first),
                fulls.stream().map(Full::backup).toList());
        BigInteger end = logs(own)
                .map(CatalogKey::lastLsn)
                .max(Comparator.naturalOrder())
                .orElse(BigInteger.ZERO);
        return fulls.stream()
                .filter(full -> onTheWay.contains(full.backup()))
                .filter(full -> reaches(full, firstLog, end))
                .findFirst();
    }

    private boolean reaches(Full full, CatalogKey firstLog, BigInteger end) {
        List<CatalogKey> steps = Stream.concat(
                        logs(own),
                        // The other name's logs count as far as the database's own begin.
                        logs(full.keys()).filter(log -> log.lastLsn().compareTo(firstLog.firstLsn()) <= 0))
                .sorted(Comparator.comparing(CatalogKey::firstLsn))
                .toList();
        BigInteger covered = full.document().lastLsn();
        for (CatalogKey log : steps) {
            if (log.firstLsn().compareTo(covered) <= 0) {
                covered = covered.max(log.lastLsn());
            }
        }
        return covered.compareTo(end) >= 0;
    }
}
