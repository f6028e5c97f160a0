package dev.sluice.engine.plan;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.math.BigInteger;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What planning knows of a backup, from its document or from its row in msdb.
///
/// A document has the row of msdb. Where msdb could not be read, what the stream says about itself stands in for
/// it, under the same names, and what neither says is taken for "no".
public final class BackupFacts {

    /// Where a document keeps what its stream says, in the words of `msdb.dbo.backupset`.
    public static final String STREAM = "set";

    /// The fork that the database was on before its last one. Only the stream says it, so msdb has no word for it.
    public static final String PREVIOUS_FORK = "previous_recovery_fork_guid";

    private static final String FINISHED = "backup_finish_date";

    private BackupFacts() {}

    /// Empty when the document does not hold what planning needs: family, set, forks and LSNs.
    public static Optional<Backup> of(BackupDocument document) {
        Map<String, Object> row = facts(document);
        Backup.Place place = document.verdict().outcome() == BackupDocument.Outcome.GOOD
                ? new Backup.Place.Stored()
                : new Backup.Place.Unconfirmed();
        ZoneOffset offset = offset(document).orElse(ZoneOffset.UTC);
        Instant finished = finished(document, row, offset);
        return backup(
                row,
                document.backupId(),
                document.database(),
                kind(document),
                document.copyOnly(),
                place,
                new Times(document.startedAt(), finished, time(row, "last_valid_restore_time", offset)),
                document.bytes(),
                document.stripes().size());
    }

    /// The offset of SQL Server's clock when the backup was taken: its document has both times of its beginning.
    public static Optional<ZoneOffset> offset(BackupDocument document) {
        return local(facts(document), "backup_start_date").map(local -> ServerTime.offset(document.startedAt(), local));
    }

    /// When SQL Server was done. What the document itself says is when somebody heard of it: moments later in an
    /// ordinary run, hours later where `recover` had to look, and never of a backup that is unconfirmed.
    ///
    /// msdb counts in seconds; the next one is never too early. Where the clock went back while the backup ran,
    /// it is an hour too early all the same: SQL Server then refuses the stop (4338).
    private static Instant finished(BackupDocument document, Map<String, Object> row, ZoneOffset offset) {
        Instant heard = document.finishedAt();
        // A stream that has not been seen to its end says when it began.
        boolean known = Boolean.TRUE.equals(row.get("final"))
                || (document.msdb() != null && document.msdb().containsKey(FINISHED));
        Instant finished = known ? time(row, FINISHED, offset) : null;
        if (finished == null) {
            return heard == null ? document.startedAt() : heard;
        }
        Instant whole = finished.equals(finished.truncatedTo(ChronoUnit.SECONDS)) ? finished.plusSeconds(1) : finished;
        return heard != null && heard.isBefore(whole) ? heard : whole;
    }

    private static Map<String, Object> facts(BackupDocument document) {
        Map<String, Object> row = new HashMap<>();
        if (document.inspected().get(STREAM) instanceof Map<?, ?> stream) {
            stream.forEach((name, value) -> row.put(String.valueOf(name), value));
        }
        if (document.msdb() != null) {
            row.putAll(document.msdb());
        }
        return row;
    }

    private static Backup.Kind kind(BackupDocument document) {
        return switch (document.type()) {
            case FULL -> Backup.Kind.FULL;
            case DIFFERENTIAL -> Backup.Kind.DIFFERENTIAL;
            case LOG -> Backup.Kind.LOG;
        };
    }

    /// A backup that msdb knows, taken by somebody else as far as the bucket tells. Empty when the row says too
    /// little, or is of a type that nobody has documented.
    ///
    /// @param row with the columns of the set, and `physical_device_name`, `user_name` and `family_count`
    public static Optional<Backup> elsewhere(Map<String, Object> row, ServerTime time) {
        return of(row, new Backup.Place.Elsewhere(text(row, "physical_device_name"), text(row, "user_name")), time);
    }

    /// A backup of which there is a row alone; its set's GUID is its id.
    public static Optional<Backup> of(Map<String, Object> row, Backup.Place place, ServerTime time) {
        Optional<LocalDateTime> started = local(row, "backup_start_date");
        Optional<LocalDateTime> finished = local(row, FINISHED);
        Optional<Backup.Kind> kind = Backup.Kind.ofLetter(text(row, "type"));
        if (started.isEmpty() || finished.isEmpty() || kind.isEmpty()) {
            return Optional.empty();
        }
        return backup(
                row,
                text(row, "backup_set_uuid"),
                text(row, "database_name"),
                kind.get(),
                flag(row, "is_copy_only"),
                place,
                new Times(
                        time.instant(started.get()),
                        time.instant(finished.get()),
                        local(row, "last_valid_restore_time").map(time::instant).orElse(null)),
                row.containsKey("backup_size") ? new BigInteger(text(row, "backup_size")).longValue() : 0,
                row.get("family_count") instanceof Number count ? count.intValue() : 1);
    }

    private record Times(
            Instant started, Instant finished, @Nullable Instant lastRecord) {}

    private static Optional<Backup> backup(
            Map<String, Object> row,
            String id,
            String database,
            Backup.Kind kind,
            boolean copyOnly,
            Backup.Place place,
            Times times,
            long bytes,
            int stripes) {
        UUID set = guid(row, "backup_set_uuid");
        UUID family = guid(row, "family_guid");
        UUID last = guid(row, "last_recovery_fork_guid");
        UUID first = kind == Backup.Kind.LOG && beginsWithItsFork(row)
                ? guid(row, PREVIOUS_FORK)
                : guid(row, "first_recovery_fork_guid");
        Lsn end = lsn(row, "last_lsn");
        if (set == null || family == null || last == null || end.isZero()) {
            return Optional.empty();
        }
        return Optional.of(new Backup(
                id,
                database,
                kind,
                copyOnly,
                place,
                set,
                family,
                new RecoveryPath(first == null ? last : first, last, lsn(row, "fork_point_lsn")),
                lsn(row, "first_lsn"),
                end,
                lsn(row, "checkpoint_lsn"),
                guid(row, "differential_base_guid"),
                model(text(row, "recovery_model")),
                times.started(),
                times.finished(),
                times.lastRecord(),
                traits(row),
                bytes,
                stripes,
                Set.of()));
    }

    /// The first log backup after a restore begins where its fork branched off, and so it follows what was
    /// restored: both forks meet at that point.
    private static boolean beginsWithItsFork(Map<String, Object> row) {
        Lsn point = lsn(row, "fork_point_lsn");
        return row.containsKey(PREVIOUS_FORK) && !point.isZero() && point.equals(lsn(row, "first_lsn"));
    }

    private static Set<Backup.Trait> traits(Map<String, Object> row) {
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
                    if (flag(row, column)) {
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

    private static String text(Map<String, Object> row, String column) {
        Object value = row.get(column);
        return value == null ? "" : value.toString();
    }

    private static boolean flag(Map<String, Object> row, String column) {
        return Boolean.TRUE.equals(row.get(column));
    }

    private static @Nullable UUID guid(Map<String, Object> row, String column) {
        String text = text(row, column);
        return text.isEmpty() ? null : UUID.fromString(text);
    }

    private static Lsn lsn(Map<String, Object> row, String column) {
        String text = text(row, column);
        return text.isEmpty() ? Lsn.ZERO : Lsn.ofDecimal(new BigInteger(text));
    }

    private static @Nullable Instant time(Map<String, Object> row, String column, ZoneOffset offset) {
        return local(row, column).map(local -> local.toInstant(offset)).orElse(null);
    }

    /// Documents have had times in two forms: ISO, and JDBC's with a blank.
    private static Optional<LocalDateTime> local(Map<String, Object> row, String column) {
        return Optional.ofNullable(row.get(column)).map(value -> switch (value) {
            case LocalDateTime local -> local;
            case Timestamp timestamp -> timestamp.toLocalDateTime();
            default -> LocalDateTime.parse(value.toString().replace(' ', 'T'));
        });
    }
}
