package dev.sluice.catalog;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The facts about a backup set, under the names of `msdb.dbo.backupset`. They come from its stream, from msdb, or
/// from both.
///
/// Every value has its type and its bounds here, which are checked when the object is made. Columns that are not
/// listed are ignored. The values are kept as their source has told them, so that a document that is written again
/// says the same.
///
/// **Threading:** immutable.
///
/// **Source:** the types of the columns are those of `msdb.dbo.backupset`, in Microsoft's reference.
public final class SetFacts {

    /// No facts.
    public static final SetFacts NONE = new SetFacts(Map.of());

    /// `numeric(25,0)`.
    private static final Pattern LSN = Pattern.compile("[0-9]{1,25}");

    private static final Pattern GUID =
            Pattern.compile("[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}");
    private static final Pattern SIZE = Pattern.compile("[0-9]{1,18}");

    static final int LONGEST_TIME = 40;

    /// `sysname`.
    static final int LONGEST_NAME = 128;

    /// `physical_device_name` has 260 characters; other operating systems allow longer paths.
    static final int LONGEST_PATH = 1_024;

    private static final int MOST_STRIPES = 255; // tinyint

    /// The type of a column.
    enum Kind {
        LSN,
        GUID,
        TIME,
        SIZE,
        COUNT,
        NUMBER,
        FLAG,
        LETTER,
        NAME,
        LINE
    }

    static final Map<String, Kind> COLUMNS = Map.ofEntries(
            Map.entry("backup_set_uuid", Kind.GUID),
            Map.entry("database_guid", Kind.GUID),
            Map.entry("family_guid", Kind.GUID),
            Map.entry("first_recovery_fork_guid", Kind.GUID),
            Map.entry("last_recovery_fork_guid", Kind.GUID),
            Map.entry("previous_recovery_fork_guid", Kind.GUID),
            Map.entry("differential_base_guid", Kind.GUID),
            Map.entry("first_lsn", Kind.LSN),
            Map.entry("last_lsn", Kind.LSN),
            Map.entry("checkpoint_lsn", Kind.LSN),
            Map.entry("database_backup_lsn", Kind.LSN),
            Map.entry("differential_base_lsn", Kind.LSN),
            Map.entry("fork_point_lsn", Kind.LSN),
            Map.entry("backup_start_date", Kind.TIME),
            Map.entry("backup_finish_date", Kind.TIME),
            Map.entry("last_valid_restore_time", Kind.TIME),
            Map.entry("backup_size", Kind.SIZE),
            Map.entry("compressed_backup_size", Kind.SIZE),
            Map.entry("family_count", Kind.COUNT),
            Map.entry("device_type", Kind.NUMBER),
            Map.entry("software_major_version", Kind.NUMBER),
            Map.entry("database_version", Kind.NUMBER),
            Map.entry("compatibility_level", Kind.NUMBER),
            Map.entry("flags", Kind.NUMBER),
            Map.entry("final", Kind.FLAG),
            Map.entry("has_bulk_logged_data", Kind.FLAG),
            Map.entry("is_snapshot", Kind.FLAG),
            Map.entry("is_copy_only", Kind.FLAG),
            Map.entry("is_force_offline", Kind.FLAG),
            Map.entry("is_damaged", Kind.FLAG),
            Map.entry("has_backup_checksums", Kind.FLAG),
            Map.entry("begins_log_chain", Kind.FLAG),
            Map.entry("type", Kind.LETTER),
            Map.entry("database_name", Kind.NAME),
            Map.entry("server_name", Kind.NAME),
            Map.entry("user_name", Kind.NAME),
            Map.entry("recovery_model", Kind.NAME),
            Map.entry("software_version", Kind.NAME),
            Map.entry("encryptor_thumbprint", Kind.NAME),
            Map.entry("physical_device_name", Kind.LINE),
            Map.entry("description", Kind.LINE));

    /// By column, in the source's order: a text, a number or a truth value of the column's kind.
    private final Map<String, Object> told;

    private SetFacts(Map<String, Object> told) {
        this.told = Collections.unmodifiableMap(told);
    }

    /// **Errors:** [IllegalArgumentException], which names the column, when a value does not have its column's
    /// type.
    public static SetFacts of(Map<?, ?> row) {
        Map<String, Object> told = new LinkedHashMap<>();
        row.forEach((name, value) -> {
            Kind kind = COLUMNS.get(String.valueOf(name));
            if (kind != null && value != null) {
                if (typed(kind, value) == null) {
                    throw new IllegalArgumentException("%s holds '%s', which is not a %s"
                            .formatted(name, PrintableText.text(value.toString()), described(kind)));
                }
                told.put(String.valueOf(name), value);
            }
        });
        return new SetFacts(told);
    }

    /// As [#of], for sources that must not stop a backup: passes over a value that does not have its column's type.
    public static SetFacts understood(Map<?, ?> row) {
        Map<String, Object> told = new LinkedHashMap<>();
        row.forEach((name, value) -> {
            Kind kind = COLUMNS.get(String.valueOf(name));
            if (kind != null && value != null && typed(kind, value) != null) {
                told.put(String.valueOf(name), value);
            }
        });
        return new SetFacts(told);
    }

    /// The values by column, as their source has told them: texts, whole numbers and truth values.
    public Map<String, Object> told() {
        return told;
    }

    /// UUID, BigInteger, LocalDateTime, Long, Boolean or String, as the kind says; null when the value is not of it.
    private static @Nullable Object typed(Kind kind, Object value) {
        return switch (kind) {
            case FLAG -> value instanceof Boolean ? value : null;
            case NUMBER -> value instanceof Integer || value instanceof Long ? ((Number) value).longValue() : null;
            case COUNT -> count(value);
            case TIME -> time(value);
            case LSN -> isLsn(value.toString()) ? new BigInteger(value.toString()) : null;
            case GUID -> isGuid(value) ? UUID.fromString(value.toString()) : null;
            case SIZE ->
                isScalar(value) && SIZE.matcher(value.toString()).matches() ? Long.parseLong(value.toString()) : null;
            case LETTER -> text(value, 1);
            case NAME -> text(value, LONGEST_NAME);
            case LINE -> text(value, LONGEST_PATH);
        };
    }

    private static String described(Kind kind) {
        return switch (kind) {
            case LSN -> "log sequence number";
            case GUID -> "GUID";
            case TIME -> "date in the years 1753 to 9999";
            case SIZE -> "size in bytes";
            case COUNT -> "number of media";
            case NUMBER -> "number";
            case FLAG -> "truth value";
            case LETTER -> "type letter of a backup";
            case NAME, LINE -> "text of the allowed length";
        };
    }

    static boolean isLsn(String text) {
        return text.length() <= 25 && LSN.matcher(text).matches();
    }

    static boolean isGuid(Object value) {
        return isScalar(value) && GUID.matcher(value.toString()).matches();
    }

    private static boolean isScalar(Object value) {
        return value instanceof String || value instanceof Number || value instanceof UUID;
    }

    private static @Nullable Object text(Object value, int longest) {
        return value instanceof String text && text.length() <= longest ? text : null;
    }

    private static @Nullable Object count(Object value) {
        long count = value instanceof Integer || value instanceof Long ? ((Number) value).longValue() : 0;
        return count >= 1 && count <= MOST_STRIPES ? count : null;
    }

    /// Documents have times in two forms: ISO, and JDBC's with a blank.
    private static @Nullable Object time(Object value) {
        String text = value.toString();
        if (text.length() > LONGEST_TIME) {
            return null;
        }
        try {
            LocalDateTime time = LocalDateTime.parse(text.replace(' ', 'T'));
            return time.getYear() >= 1753 && time.getYear() <= 9999 ? time : null;
        } catch (DateTimeException _) {
            return null;
        }
    }

    /// The facts of both; where both have one, `other`'s counts.
    public SetFacts with(SetFacts other) {
        Map<String, Object> both = new LinkedHashMap<>(told);
        both.putAll(other.told);
        return new SetFacts(both);
    }

    public boolean isEmpty() {
        return told.isEmpty();
    }

    public Optional<UUID> guid(String column) {
        return Optional.ofNullable((UUID) value(column, Kind.GUID));
    }

    /// 0 when unknown.
    public BigInteger lsn(String column) {
        return value(column, Kind.LSN) instanceof BigInteger lsn ? lsn : BigInteger.ZERO;
    }

    public Optional<LocalDateTime> time(String column) {
        return Optional.ofNullable((LocalDateTime) value(column, Kind.TIME));
    }

    /// False when unknown.
    public boolean flag(String column) {
        return Boolean.TRUE.equals(value(column, Kind.FLAG));
    }

    /// Whether the stream is known not to have been seen to its end.
    public boolean isKnownIncomplete() {
        return Boolean.FALSE.equals(value("final", Kind.FLAG));
    }

    /// Empty when unknown.
    public String text(String column) {
        return told.get(column) instanceof String text ? text : "";
    }

    /// The set's own identifier, which is globally unique.
    public Optional<UUID> set() {
        return guid("backup_set_uuid");
    }

    /// Bytes before compression; empty when unknown.
    public Optional<Long> backupSize() {
        return Optional.ofNullable((Long) value("backup_size", Kind.SIZE));
    }

    /// The number of stripes; 1 when unknown.
    public int familyCount() {
        return value("family_count", Kind.COUNT) instanceof Long count ? count.intValue() : 1;
    }

    /// The major version of the server that took the backup: 16 for 2022.
    public Optional<Integer> majorVersion() {
        String version = text("software_version");
        int dot = version.indexOf('.');
        return Optional.of(version.substring(0, dot < 0 ? version.length() : dot))
                .filter(number -> number.matches("[0-9]{1,4}"))
                .map(Integer::parseInt);
    }

    private @Nullable Object value(String column, Kind kind) {
        if (COLUMNS.get(column) != kind) {
            throw new IllegalArgumentException("%s is not a column of type %s"
                    .formatted(column, kind.name().toLowerCase(Locale.ROOT)));
        }
        Object value = told.get(column);
        return value == null ? null : typed(kind, value);
    }

    private Map<String, Object> values() {
        Map<String, Object> values = new HashMap<>();
        told.forEach((column, value) ->
                values.put(column, Objects.requireNonNull(typed(Objects.requireNonNull(COLUMNS.get(column)), value))));
        return values;
    }

    /// Two are equal that mean the same, however their sources write it.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SetFacts that && values().equals(that.values());
    }

    @Override
    public int hashCode() {
        return values().hashCode();
    }

    @Override
    public String toString() {
        return told.toString();
    }
}
