package dev.sluice.catalog;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The server's facts about a database before a backup of it began, as the backup's document keeps them.
///
/// @param databaseGuid  `database_guid` of `sys.database_recovery_status`; empty when the server did not say
/// @param fork          `recovery_fork_guid`; empty when the server did not say
/// @param lastLogBackup `last_log_backup_lsn`; null when there was no log chain
/// @param baseGuid      the set that was the differential base; null when there was none
/// @param baseLsn       the base's checkpoint LSN; 0 when there was none
/// @param replicated    whether other replicas take backups of the database too
/// @param newestHistory the backup set in msdb's newest row; empty when there was none, null when msdb could not be
///                      read
public record Baseline(
        String databaseGuid,
        String fork,
        @Nullable BigInteger lastLogBackup,
        @Nullable String baseGuid,
        BigInteger baseLsn,
        boolean replicated,
        @Nullable String newestHistory) {

    /// **Errors:** [IllegalArgumentException], which names the member.
    static Baseline of(Map<?, ?> document) {
        String guid = guid(document, "database_guid");
        String fork = guid(document, "recovery_fork_guid");
        BigInteger base = lsn(document, "differential_base_lsn");
        if (guid == null || fork == null) {
            throw new IllegalArgumentException("database_guid or recovery_fork_guid is missing");
        }
        if (!(document.get("replicated") instanceof Boolean replicated)) {
            throw new IllegalArgumentException("replicated must be true or false");
        }
        return new Baseline(
                guid,
                fork,
                lsn(document, "last_log_backup_lsn"),
                guid(document, "differential_base_guid"),
                base == null ? BigInteger.ZERO : base,
                replicated,
                guid(document, "newest_history"));
    }

    /// Under the names of [FactSchema#BASELINE]; what is not known is absent.
    Map<String, Object> members() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("database_guid", databaseGuid);
        members.put("recovery_fork_guid", fork);
        FactSchema.put(members, "last_log_backup_lsn", lastLogBackup == null ? null : lastLogBackup.toString());
        FactSchema.put(members, "differential_base_guid", baseGuid);
        members.put("differential_base_lsn", baseLsn.toString());
        members.put("replicated", replicated);
        FactSchema.put(members, "newest_history", newestHistory);
        return members;
    }

    private static @Nullable String guid(Map<?, ?> document, String member) {
        Object value = document.get(member);
        if (value == null) {
            return null;
        }
        if (!"".equals(value) && !SetFacts.isGuid(value)) {
            throw new IllegalArgumentException(
                    "%s holds '%s', which is not a GUID".formatted(member, PrintableText.text(value.toString())));
        }
        return value.toString().toLowerCase(Locale.ROOT);
    }

    private static @Nullable BigInteger lsn(Map<?, ?> document, String member) {
        Object value = document.get(member);
        if (value == null) {
            return null;
        }
        if (!(value instanceof String text) || !SetFacts.isLsn(text)) {
            throw new IllegalArgumentException("%s holds '%s', which is not a log sequence number"
                    .formatted(member, PrintableText.text(value.toString())));
        }
        return new BigInteger(text);
    }
}
