package dev.sluice.sidecar.schedule;

import dev.sluice.catalog.BackupType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;

/// When one database's backups are due.
///
/// @param database its name
/// @param tables   for each type that is taken at all
/// @param zone     in which they are read
/// @param jitter   each backup starts up to this much later than its table says
/// @param copyOnly the types of which copy-only backups are taken
public record Timetable(
        String database, Map<BackupType, Cron> tables, ZoneId zone, Duration jitter, Set<BackupType> copyOnly) {

    public Timetable {
        tables = Map.copyOf(tables);
        copyOnly = Set.copyOf(copyOnly);
    }

    /// Without copy-only backups.
    public Timetable(String database, Map<BackupType, Cron> tables, ZoneId zone, Duration jitter) {
        this(database, tables, zone, jitter, Set.of());
    }

    /// How much later this database's backups start than their tables say: the same at every start of the
    /// program, and for every type, so that the distances between them stay what the tables say.
    public Duration offset() {
        CRC32 crc = new CRC32();
        crc.update(database.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
        long millis = jitter.toMillis();
        return millis == 0 ? Duration.ZERO : Duration.ofMillis(crc.getValue() % millis);
    }

    /// When a backup is due after one that began at `began`; empty when none of this type is.
    public Optional<Instant> next(BackupType type, Instant began) {
        Cron table = tables.get(type);
        Duration offset = offset();
        return table == null
                ? Optional.empty()
                : table.next(began.minus(offset), zone).map(due -> due.plus(offset));
    }
}
