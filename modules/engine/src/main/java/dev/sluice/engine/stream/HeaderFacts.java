package dev.sluice.engine.stream;

import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.inspect.Inspection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a backup's stream says about the backup set, under the names that msdb has for the same things, so that a plan
/// can use them wherever they come from.
///
/// GUIDs are in lower case, LSNs decimal, times the server's local ones. Nothing is checked here: any program may have
/// written the stream.
final class HeaderFacts {

    private HeaderFacts() {}

    /// From the first stripe that was understood; empty when none was.
    static Map<String, Object> of(List<Inspection> inspections) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (Inspection inspection : inspections) {
            if (inspection instanceof Inspection.Inspected inspected && values.isEmpty()) {
                BackupSet set = inspected.set();
                if (set != null) {
                    put(values, "backup_set_uuid", set.guid());
                }
                if (inspected.media() != null) {
                    values.put("family_count", inspected.media().families());
                }
                inspected.header().ifPresent(header -> describe(header, inspected.last() != null, values));
            }
        }
        return values;
    }

    private static void describe(BackupHeader header, boolean isFinal, Map<String, Object> values) {
        values.put("database_name", header.database());
        values.put("server_name", header.server());
        values.put("software_version", header.version().toString());
        values.put("software_major_version", header.version().major());
        values.put("database_version", header.databaseVersion());
        values.put("type", String.valueOf(header.typeLetter()));
        values.put("final", isFinal);
        put(values, "first_lsn", header.firstLsn());
        put(values, "last_lsn", header.lastLsn());
        put(values, "checkpoint_lsn", header.checkpointLsn());
        put(values, "database_backup_lsn", header.databaseBackupLsn());
        put(values, "differential_base_lsn", header.differentialBaseLsn());
        put(values, "differential_base_guid", header.differentialBaseGuid());
        put(values, "fork_point_lsn", header.forkPointLsn());
        put(values, "first_recovery_fork_guid", header.firstRecoveryFork());
        put(values, "last_recovery_fork_guid", header.recoveryFork());
        put(values, BackupFacts.PREVIOUS_FORK, header.previousFork());
        put(values, "database_guid", header.bindingId());
        put(values, "family_guid", header.familyGuid());
        put(values, "backup_start_date", header.started());
        put(values, "backup_finish_date", header.finished() == null ? header.started() : header.finished());
        values.put("recovery_model", header.recoveryModel().name());
        values.put("compatibility_level", header.compatibilityLevel());
        values.put("has_backup_checksums", header.hasChecksums());
        values.put("flags", header.flags());
    }

    private static void put(Map<String, Object> values, String name, @Nullable Object value) {
        switch (value) {
            case null -> {}
            case UUID guid -> values.put(name, guid.toString().toLowerCase(Locale.ROOT));
            case Lsn lsn when lsn.isZero() -> {}
            case Lsn lsn -> values.put(name, lsn.toDecimal().toString());
            default -> values.put(name, value.toString());
        }
    }
}
