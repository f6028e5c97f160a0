package dev.sluice.catalog;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The members of a group of facts: their names in a document and in memory, and their types.
///
/// The names in memory are those of version 1. This class knows the values' types; [SetFacts], [Baseline],
/// [ServerIdentity] and [StreamSummary] know their meaning and bounds.
///
/// **Threading:** immutable.
final class FactSchema {

    /// The type of a member's value.
    private enum Kind {
        TEXT,
        NUMBER,
        FLAG,
        TEXTS
    }

    /// @param document its name in a document
    private record Member(String document, Kind kind) {}

    private static final int MOST_TEXTS = 1_024;

    /// The identity of a server, see [ServerIdentity].
    static final FactSchema IDENTITY = new FactSchema()
            .with("machine_name", "machineName", Kind.TEXT)
            .with("server_name", "serverName", Kind.TEXT)
            .with("msdb_service_broker_guid", "serviceBroker", Kind.TEXT)
            .with("availability_groups", "availabilityGroups", Kind.TEXTS);

    /// The server's facts about the database before the backup, see [Baseline].
    static final FactSchema BASELINE = new FactSchema()
            .with("database_guid", "databaseGuid", Kind.TEXT)
            .with("recovery_fork_guid", "recoveryForkGuid", Kind.TEXT)
            .with("last_log_backup_lsn", "lastLogBackupLsn", Kind.TEXT)
            .with("differential_base_guid", "differentialBaseGuid", Kind.TEXT)
            .with("differential_base_lsn", "differentialBaseLsn", Kind.TEXT)
            .with("replicated", "replicated", Kind.FLAG)
            .with("newest_history", "newestHistory", Kind.TEXT);

    /// The facts that one stripe's stream tells about itself.
    static final FactSchema STREAM = new FactSchema()
            .with("inspected", "inspected", Kind.FLAG)
            .with("bytes", "bytes", Kind.NUMBER)
            .with("container", "container", Kind.TEXT)
            .with("ending", "ending", Kind.TEXT)
            .with("findings", "findings", Kind.NUMBER)
            .with("at", "at", Kind.NUMBER)
            .with("reason", "reason", Kind.TEXT);

    /// The facts about a backup set, under the names of `msdb.dbo.backupset`, see [SetFacts].
    static final FactSchema SET = ofColumns();

    private final Map<String, Member> members = new LinkedHashMap<>();

    private FactSchema() {}

    private FactSchema with(String memory, String document, Kind kind) {
        members.put(memory, new Member(document, kind));
        return this;
    }

    private static FactSchema ofColumns() {
        FactSchema form = new FactSchema();
        SetFacts.COLUMNS.keySet().stream().sorted().forEach(column -> {
            Kind kind = switch (SetFacts.COLUMNS.get(column)) {
                case FLAG -> Kind.FLAG;
                case SIZE, COUNT, NUMBER -> Kind.NUMBER;
                case LSN, GUID, TIME, LETTER, NAME, LINE -> Kind.TEXT;
                case null -> throw new IllegalStateException(column + " holds nothing");
            };
            form.with(column, column, kind);
        });
        return form;
    }

    /// The facts as a document has them: those that this version has a member for.
    ///
    /// @param facts by their names in memory
    Map<String, Object> write(Map<?, ?> facts) {
        Map<String, Object> written = new LinkedHashMap<>();
        members.forEach((name, member) -> {
            Object value = facts.get(name);
            put(written, member.document(), value == null ? null : typed(member.kind(), value));
        });
        return written;
    }

    /// The other facts: those that this version has no member for, or not of this type.
    Map<String, Object> others(Map<?, ?> facts) {
        Map<String, Object> others = new LinkedHashMap<>();
        facts.forEach((name, value) -> {
            Member member = members.get(String.valueOf(name));
            if (value != null && (member == null || typed(member.kind(), value) == null)) {
                others.put(String.valueOf(name), value);
            }
        });
        return others;
    }

    /// Puts a fact that is known.
    static void put(Map<String, Object> facts, String name, @Nullable Object value) {
        if (value != null) {
            facts.put(name, value);
        }
    }

    private static @Nullable Object typed(Kind kind, Object value) {
        return switch (kind) {
            case TEXT ->
                value instanceof String || value instanceof Number || value instanceof UUID ? value.toString() : null;
            case FLAG -> value instanceof Boolean ? value : null;
            case NUMBER -> number(value);
            case TEXTS ->
                value instanceof List<?> all && all.stream().allMatch(String.class::isInstance) ? value : null;
        };
    }

    private static @Nullable Number number(Object value) {
        return switch (value) {
            case Integer number -> number;
            case Long number -> number;
            case String digits when digits.matches("[0-9]{1,18}") -> Long.parseLong(digits);
            default -> null;
        };
    }

    /// The facts as they are in memory, from an object.
    ///
    /// **Errors:** [StrictJson.Refusal].
    Map<String, Object> read(StrictJson json) {
        Map<String, Object> facts = new LinkedHashMap<>();
        json.object(name -> {
            Map.Entry<String, Member> member = find(name);
            if (member == null) {
                json.other();
                return;
            }
            facts.put(
                    member.getKey(),
                    switch (member.getValue().kind()) {
                        case TEXT -> json.text(0, StrictJson.LONGEST_TEXT);
                        case FLAG -> json.flag();
                        case NUMBER -> StrictJson.boxed(json.number(Long.MIN_VALUE, Long.MAX_VALUE));
                        case TEXTS -> {
                            List<String> texts = new ArrayList<>();
                            json.array(MOST_TEXTS, _ -> texts.add(json.text(0, SetFacts.LONGEST_PATH)));
                            yield List.copyOf(texts);
                        }
                    });
        });
        return facts;
    }

    private Map.@Nullable Entry<String, Member> find(String document) {
        for (Map.Entry<String, Member> member : members.entrySet()) {
            if (member.getValue().document().equals(document)) {
                return member;
            }
        }
        return null;
    }

    /// The names that its members have in a document.
    List<String> names() {
        return members.values().stream().map(Member::document).toList();
    }

    /// The name that version 1 has for the n-th stripe's facts.
    static String stream(int stripe) {
        return String.format(Locale.ROOT, "stripe-%03d", stripe);
    }
}
