package dev.sluice.engine.plan;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Origin;
import dev.sluice.catalog.SetFacts;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What planning knows of a backup, from its document or from its row in msdb.
///
/// A document has the row of msdb. Where msdb could not be read, what the stream says about itself stands in for
/// it, under the same names, and what neither says is taken for "no".
public final class BackupFacts {

    /// The fork that the database was on before its last one. Only the stream says it, so msdb has no word for
    /// it.
    public static final String PREVIOUS_FORK = "previous_recovery_fork_guid";

    private static final List<String> LSNS = List.of("first_lsn", "last_lsn", "checkpoint_lsn", "fork_point_lsn");
    private static final String STARTED = "backup_start_date";
    private static final String FINISHED = "backup_finish_date";

    private BackupFacts() {}

    /// Empty when the document does not hold what planning needs ([#lacking(BackupDocument)] says what).
    public static Optional<Backup> of(BackupDocument document) {
        return lacking(document).isPresent() ? Optional.empty() : Optional.of(known(document));
    }

    /// Why nothing can be planned with a document; empty when something can. It is no reason to plan nothing
    /// with others.
    public static Optional<String> lacking(BackupDocument document) {
        SetFacts facts = document.facts();
        if (lacksPlace(facts)) {
            return Optional.of("its document does not hold its LSNs and GUIDs, or some that cannot be");
        }
        LocalDateTime local = facts.time(STARTED).orElse(null);
        return local == null || ServerTime.isOffset(document.startedAt(), local)
                ? Optional.empty()
                : Optional.of(
                        "it began at %s by SQL Server's clock and at %s in local time, and no two clocks are that far apart"
                                .formatted(document.startedAt(), local));
    }

    private static boolean lacksPlace(SetFacts facts) {
        return facts.set().isEmpty()
                || facts.guid("family_guid").isEmpty()
                || facts.guid("last_recovery_fork_guid").isEmpty()
                || facts.lsn("last_lsn").signum() == 0
                || !LSNS.stream().allMatch(column -> isLsn(facts.lsn(column)));
    }

    /// Not every number of 25 digits is one.
    private static boolean isLsn(BigInteger number) {
        try {
            return !Lsn.ofDecimal(number).isZero() || number.signum() == 0;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    private static Backup known(BackupDocument document) {
        SetFacts facts = document.facts();
        Backup.Place place = document.verdict().outcome() == BackupDocument.Outcome.GOOD
                ? new Backup.Place.Stored()
                : new Backup.Place.Unconfirmed();
        ZoneOffset offset = offset(document).orElse(ZoneOffset.UTC);
        Backup known = backup(
                facts,
                document.backupId(),
                document.database(),
                kind(document),
                document.copyOnly(),
                place,
                new Times(
                        document.startedAt(),
                        finished(document, facts, offset),
                        facts.time("last_valid_restore_time")
                                .map(local -> local.toInstant(offset))
                                .orElse(null)),
                document.bytes(),
                document.stripes().size());
        return document.origin() == Origin.ADOPTED ? known.adopted() : known;
    }

    /// The offset of SQL Server's clock when the backup was taken: its document has both times of its beginning.
    /// Empty when it has not, or when they are further apart than any two clocks.
    public static Optional<ZoneOffset> offset(BackupDocument document) {
        return document.facts()
                .time(STARTED)
                .filter(local -> ServerTime.isOffset(document.startedAt(), local))
                .map(local -> ServerTime.offset(document.startedAt(), local));
    }

    /// When SQL Server was done. The document itself says when Sluice heard of it: moments later in an
    /// ordinary run, hours later where `recover` had to look, and never of a backup that is unconfirmed.
    ///
    /// msdb counts in seconds; the next one is never too early. Where the clock went back while the backup ran,
    /// it is an hour too early all the same: SQL Server then refuses the stop (4338).
    private static Instant finished(BackupDocument document, SetFacts facts, ZoneOffset offset) {
        Instant heard = document.finishedAt();
        SetFacts history = document.history();
        // A stream that has not been seen to its end says when it began.
        boolean known = facts.flag("final")
                || (history != null && history.time(FINISHED).isPresent());
        LocalDateTime local = known ? facts.time(FINISHED).orElse(null) : null;
        if (local == null) {
            return heard == null ? document.startedAt() : heard;
        }
        Instant finished = local.toInstant(offset);
        Instant whole = finished.equals(finished.truncatedTo(ChronoUnit.SECONDS)) ? finished.plusSeconds(1) : finished;
        return heard != null && heard.isBefore(whole) ? heard : whole;
    }

    private static Backup.Kind kind(BackupDocument document) {
        return switch (document.type()) {
            case FULL -> Backup.Kind.FULL;
            case DIFFERENTIAL -> Backup.Kind.DIFFERENTIAL;
            case LOG -> Backup.Kind.LOG;
        };
    }

    /// A backup that msdb knows and the catalog does not. Empty when the row says too little, or is of a type
    /// that is not documented.
    ///
    /// @param row  with the columns of the set, and `physical_device_name`, `user_name`, `description` and
    ///             `family_count`
    /// @param data whether there is data of the backup with this id in the bucket
    public static Optional<Backup> elsewhere(SetFacts row, ServerTime time, Predicate<String> data) {
        return of(row, absent(row, data), time);
    }

    private static Backup.Place absent(SetFacts facts, Predicate<String> data) {
        String device = facts.text("physical_device_name");
        return BackupDocument.idOfDeviceSet(device)
                .<Backup.Place>map(id -> new Backup.Place.WithoutEntry(id, facts.text("description"), data.test(id)))
                .orElseGet(() -> new Backup.Place.Elsewhere(device, facts.text("user_name")));
    }

    /// A backup of which there is a row alone; its set's GUID is its id.
    public static Optional<Backup> of(SetFacts facts, Backup.Place place, ServerTime time) {
        Optional<LocalDateTime> started = facts.time(STARTED);
        Optional<LocalDateTime> finished = facts.time(FINISHED);
        Optional<Backup.Kind> kind = Backup.Kind.ofLetter(facts.text("type"));
        if (started.isEmpty() || finished.isEmpty() || kind.isEmpty() || lacksPlace(facts)) {
            return Optional.empty();
        }
        return Optional.of(backup(
                facts,
                facts.set().orElseThrow().toString(),
                facts.text("database_name"),
                kind.get(),
                facts.flag("is_copy_only"),
                place,
                new Times(
                        time.instant(started.get()),
                        time.instant(finished.get()),
                        facts.time("last_valid_restore_time").map(time::instant).orElse(null)),
                facts.backupSize().orElse(0L),
                facts.familyCount()));
    }

    private record Times(
            Instant started, Instant finished, @Nullable Instant lastRecord) {}

    /// Of facts that do not lack its place among others.
    private static Backup backup(
            SetFacts facts,
            String id,
            String database,
            Backup.Kind kind,
            boolean copyOnly,
            Backup.Place place,
            Times times,
            long bytes,
            int stripes) {
        UUID last = facts.guid("last_recovery_fork_guid").orElseThrow();
        UUID first = facts.guid(
                        kind == Backup.Kind.LOG && beginsWithItsFork(facts)
                                ? PREVIOUS_FORK
                                : "first_recovery_fork_guid")
                .orElse(last);
        return new Backup(
                id,
                database,
                kind,
                copyOnly,
                place,
                facts.set().orElseThrow(),
                facts.guid("family_guid").orElseThrow(),
                new RecoveryPath(first, last, lsn(facts, "fork_point_lsn")),
                lsn(facts, "first_lsn"),
                lsn(facts, "last_lsn"),
                lsn(facts, "checkpoint_lsn"),
                facts.guid("differential_base_guid").orElse(null),
                model(facts.text("recovery_model")),
                times.started(),
                times.finished(),
                times.lastRecord(),
                traits(facts),
                bytes,
                stripes,
                Set.of());
    }

    /// The first log backup after a restore begins where its fork branched off, and so it follows what was
    /// restored: both forks meet at that point.
    private static boolean beginsWithItsFork(SetFacts facts) {
        Lsn point = lsn(facts, "fork_point_lsn");
        return facts.guid(PREVIOUS_FORK).isPresent() && !point.isZero() && point.equals(lsn(facts, "first_lsn"));
    }

    private static Set<Backup.Trait> traits(SetFacts facts) {
        Set<Backup.Trait> traits = EnumSet.noneOf(Backup.Trait.class);
        Map.of(
                        "is_damaged",
                        Backup.Trait.DAMAGED,
                        "is_snapshot",
                        Backup.Trait.SNAPSHOT,
                        "has_bulk_logged_data",
                        Backup.Trait.BULK_LOGGED,
                        "begins_log_chain",
                        Backup.Trait.BEGINS_LOG_CHAIN,
                        "is_force_offline",
                        Backup.Trait.TAIL,
                        "has_backup_checksums",
                        Backup.Trait.CHECKSUMS)
                .forEach((column, trait) -> {
                    if (facts.flag(column)) {
                        traits.add(trait);
                    }
                });
        return traits;
    }

    private static RecoveryModel model(String text) {
        return switch (text.toUpperCase(Locale.ROOT)) {
            case "SIMPLE" -> RecoveryModel.SIMPLE;
            case "BULK-LOGGED", "BULK_LOGGED" -> RecoveryModel.BULK_LOGGED;
            default -> RecoveryModel.FULL;
        };
    }

    private static Lsn lsn(SetFacts facts, String column) {
        return Lsn.ofDecimal(facts.lsn(column));
    }
}
