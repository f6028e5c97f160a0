package dev.sluice.sidecar.history;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Ulid;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeType;

/// The lines of an object of history as JSON, and back.
final class HistoryLines {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final int LONGEST_NAME = 256;
    private static final int LONGEST_READ_TEXT = 2_000;

    // Some hundred thousand lines are read for a question about months.
    private static final Map<String, JobType> TYPES = words(JobType.values());
    private static final Map<String, JobOrigin> ORIGINS = words(JobOrigin.values());
    private static final Map<String, JobOutcome> OUTCOMES = words(JobOutcome.values());
    private static final Map<String, WaitedFor.Side> SIDES = words(WaitedFor.Side.values());

    private HistoryLines() {}

    private static <E extends Enum<E>> Map<String, E> words(E[] constants) {
        return Arrays.stream(constants).collect(Collectors.toUnmodifiableMap(HistoryLines::word, one -> one));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// A line that cannot be read, and why.
    static final class WrongLine extends Exception {
        private static final long serialVersionUID = 1L;

        WrongLine(String why) {
            super(why);
        }
    }

    // ---- writing ----

    static byte[] header(HistoryDay day, String sluice, String server) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("schemaVersion", BackupDocument.SCHEMA_VERSION);
        line.put("schemaMinor", BackupDocument.SCHEMA_MINOR);
        line.put("sluiceVersion", sluice);
        line.put("server", server);
        line.put("day", day.day().toString());
        line.put("id", day.id());
        line.put("dropped", day.dropped());
        return JSON.writeValueAsBytes(line);
    }

    /// Members without a value are left out: a line stands a thousand times in an object.
    static byte[] line(HistoryEntry entry) {
        return JSON.writeValueAsBytes(members(entry));
    }

    /// As a line has them, and `sluice history --json` too.
    static Map<String, Object> members(HistoryEntry entry) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("database", entry.database());
        put(line, "source", entry.source());
        line.put("type", entry.type().text());
        line.put("origin", entry.origin().text());
        line.put("outcome", text(entry.outcome()));
        if (entry.count() > 1) {
            line.put("count", entry.count());
        }
        put(line, "due", entry.due());
        put(line, "began", entry.began());
        put(line, "ended", entry.ended());
        line.put("seconds", seconds(entry.took()));
        if (entry.count() > 1) {
            line.put("longest", seconds(entry.longest()));
        }
        line.put("bytes", entry.bytes());
        WaitedFor waited = entry.waitedFor();
        if (waited != null) {
            line.put("waitedFor", waited.side().text());
            line.put("waited", seconds(waited.stripes()));
        }
        put(line, "backup", entry.backup());
        put(line, "failure", entry.failure());
        put(line, "text", entry.text());
        return line;
    }

    private static void put(Map<String, Object> line, String name, @Nullable Object value) {
        if (value != null) {
            line.put(name, value.toString());
        }
    }

    static String text(JobOutcome outcome) {
        return word(outcome);
    }

    static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    // ---- reading ----

    /// @return the minor version
    static int requireHeader(HistoryKey key, byte[] line) throws WrongLine {
        Members header = new Members(line);
        int major = header.number("schemaVersion", 1, Integer.MAX_VALUE).intValue();
        String sluice = header.optional("sluiceVersion");
        if (major > BackupDocument.SCHEMA_VERSION) {
            throw new WrongLine("it is written in schema version %s by %s; this program reads version %s: update Sluice"
                    .formatted(
                            major,
                            sluice == null ? "a newer Sluice" : "Sluice " + printable(sluice),
                            BackupDocument.SCHEMA_VERSION));
        }
        int minor = header.number("schemaMinor", 0, Integer.MAX_VALUE).intValue();
        String day = header.optional("day");
        String id = header.optional("id");
        header.optional("server");
        header.number("dropped", 0, Long.MAX_VALUE);
        header.requireNoOther(minor > BackupDocument.SCHEMA_MINOR);
        if (!key.day().toString().equals(day) || !key.id().equals(id)) {
            throw new WrongLine("its header contradicts its key");
        }
        return minor;
    }

    /// @param newer whether a newer minor version may have added members
    static HistoryEntry entry(byte[] line, boolean newer) throws WrongLine {
        Members members = new Members(line);
        String database = members.text("database", LONGEST_NAME);
        String source = members.optional("source");
        JobType type = members.oneOf("type", TYPES);
        JobOrigin origin = members.oneOf("origin", ORIGINS);
        JobOutcome outcome = members.oneOf("outcome", OUTCOMES);
        int count = members.number("count", 1, Integer.MAX_VALUE, 1).intValue();
        Instant due = members.instant("due");
        Instant began = members.instant("began");
        Instant ended = members.instant("ended");
        Duration took = members.duration("seconds");
        Duration longest = count > 1 ? members.duration("longest") : took;
        long bytes = members.number("bytes", 0, Long.MAX_VALUE);
        WaitedFor waitedFor = members.has("waitedFor")
                ? new WaitedFor(members.oneOf("waitedFor", SIDES), members.duration("waited"))
                : null;
        String backup = members.optional("backup");
        String failure = members.optional("failure");
        String text = members.optional("text");
        members.requireNoOther(newer);
        if (began == null || ended == null) {
            throw new WrongLine("it does not say when the job began and ended");
        }
        if (backup != null && !Ulid.isUlid(backup)) {
            throw new WrongLine("'backup' is no id");
        }
        return new HistoryEntry(
                database, source, type, origin, outcome, count, due, began, ended, took, longest, bytes, waitedFor,
                backup, failure, text);
    }

    static String printable(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints()
                .limit(60)
                .map(point ->
                        Character.isISOControl(point) || Character.getType(point) == Character.FORMAT ? '?' : point)
                .forEach(shown::appendCodePoint);
        return shown.toString();
    }

    /// One JSON object, each of whose members is asked for by name.
    private static final class Members {
        private final JsonNode object;
        private final Set<String> asked = new HashSet<>();

        Members(byte[] line) throws WrongLine {
            try {
                object = JSON.readTree(line);
            } catch (JacksonException e) {
                throw new WrongLine("it is not JSON");
            }
            if (object == null || !object.isObject()) {
                throw new WrongLine("it is no JSON object");
            }
        }

        boolean has(String name) {
            return object.has(name);
        }

        private @Nullable JsonNode member(String name, JsonNodeType type) throws WrongLine {
            asked.add(name);
            JsonNode value = object.get(name);
            if (value != null && value.getNodeType() != type) {
                throw new WrongLine("'%s' is no %s".formatted(name, type.name().toLowerCase(Locale.ROOT)));
            }
            return value;
        }

        @Nullable
        String optional(String name) throws WrongLine {
            JsonNode value = member(name, JsonNodeType.STRING);
            return value == null ? null : bounded(name, value.asString(), LONGEST_READ_TEXT);
        }

        String text(String name, int longest) throws WrongLine {
            JsonNode value = member(name, JsonNodeType.STRING);
            if (value == null || value.asString().isEmpty()) {
                throw new WrongLine("'%s' is missing".formatted(name));
            }
            return bounded(name, value.asString(), longest);
        }

        private static String bounded(String name, String text, int longest) throws WrongLine {
            if (text.length() > longest) {
                throw new WrongLine("'%s' is longer than %s characters".formatted(name, longest));
            }
            return text;
        }

        Long number(String name, long least, long most) throws WrongLine {
            JsonNode value = member(name, JsonNodeType.NUMBER);
            if (value == null
                    || !value.isIntegralNumber()
                    || !value.canConvertToLong()
                    || value.asLong() < least
                    || value.asLong() > most) {
                throw new WrongLine("'%s' is no number from %s to %s".formatted(name, least, most));
            }
            return value.asLong();
        }

        Long number(String name, long least, long most, long otherwise) throws WrongLine {
            asked.add(name);
            return has(name) ? number(name, least, most) : Long.valueOf(otherwise);
        }

        Duration duration(String name) throws WrongLine {
            JsonNode value = member(name, JsonNodeType.NUMBER);
            // Infinite for what no double can hold.
            double seconds = value == null ? -1 : value.asDouble();
            if (!(seconds >= 0 && seconds <= 1e9)) {
                throw new WrongLine("'%s' is no number of seconds".formatted(name));
            }
            return Duration.ofMillis(Math.round(seconds * 1000));
        }

        @Nullable
        Instant instant(String name) throws WrongLine {
            String text = optional(name);
            try {
                return text == null ? null : Instant.parse(text);
            } catch (DateTimeException e) {
                throw new WrongLine("'%s' is no instant".formatted(name));
            }
        }

        <E extends Enum<E>> E oneOf(String name, Map<String, E> words) throws WrongLine {
            String text = text(name, LONGEST_NAME);
            E constant = words.get(text);
            if (constant == null) {
                throw new WrongLine("'%s' is '%s', which this program does not know".formatted(name, printable(text)));
            }
            return constant;
        }

        void requireNoOther(boolean newer) throws WrongLine {
            for (String name : newer ? Set.<String>of() : object.propertyNames()) {
                if (!asked.contains(name)) {
                    throw new WrongLine(
                            "it has a member '%s', which its version does not know".formatted(printable(name)));
                }
            }
        }
    }
}
