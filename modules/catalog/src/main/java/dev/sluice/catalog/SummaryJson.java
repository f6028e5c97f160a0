package dev.sluice.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A summary as JSON. There were none before version 2.
final class SummaryJson {

    private static final int LONGEST_WORD = 64;

    private SummaryJson() {}

    /// In [SummaryDocument#LARGEST] bytes at most: the last databases are left out, and counted, until it fits.
    static byte[] write(SummaryDocument summary) {
        byte[] json = DocumentWriter.json(tree(summary));
        SummaryDocument shorter = summary;
        while (json.length > SummaryDocument.LARGEST && !shorter.databases().isEmpty()) {
            long fitting = (long) shorter.databases().size() * SummaryDocument.LARGEST / json.length;
            shorter = shorter.withDatabases(
                    (int) Math.min(fitting, shorter.databases().size() - 1L));
            json = DocumentWriter.json(tree(shorter));
        }
        return json;
    }

    private static Map<String, @Nullable Object> tree(SummaryDocument summary) {
        Map<String, @Nullable Object> tree = DocumentWriter.versioned();
        tree.put("sluiceVersion", summary.sluiceVersion());
        tree.put("server", summary.server());
        tree.put("identity", FactSchema.IDENTITY.write(summary.identity().members(false)));
        tree.put("writtenAt", summary.writtenAt().toString());
        tree.put("interval", summary.interval().toSeconds());
        tree.put("unmet", summary.unmet());
        tree.put(
                "databases",
                summary.databases().stream().map(SummaryJson::database).toList());
        tree.put("omitted", summary.omitted());
        tree.put("shared", summary.shared());
        return tree;
    }

    private static Map<String, @Nullable Object> database(SummaryDocument.Database database) {
        Map<String, @Nullable Object> tree = new LinkedHashMap<>();
        tree.put("name", database.name());
        tree.put("condition", database.condition().name());
        tree.put("problems", database.problems());
        tree.put("earliest", text(database.earliest()));
        tree.put("latest", text(database.latest()));
        tree.put("unconfirmed", database.unconfirmed());
        tree.put("types", database.types().stream().map(SummaryJson::type).toList());
        SummaryDocument.Drill drill = database.drill();
        tree.put("drill", drill == null ? null : drill(drill));
        return tree;
    }

    private static Map<String, @Nullable Object> type(SummaryDocument.Type type) {
        Map<String, @Nullable Object> tree = new LinkedHashMap<>();
        tree.put("type", type.type().name());
        tree.put("last", text(type.last()));
        tree.put("next", text(type.next()));
        tree.put("failed", type.failed());
        return tree;
    }

    private static Map<String, Object> drill(SummaryDocument.Drill drill) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("outcome", drill.outcome().name());
        tree.put("finishedAt", drill.finishedAt().toString());
        return tree;
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : instant.toString();
    }

    /// **Errors:** as [DocumentReader#backup].
    static SummaryDocument read(String name, long bytes, InputStream body) throws IOException {
        if (bytes > SummaryDocument.LARGEST) {
            throw CatalogException.ofDamage(name + " is larger than any summary", null);
        }
        return DocumentReader.sinceVersion2(name, bytes, body, SummaryReading::new);
    }

    private static final class SummaryReading implements DocumentReader.Reading<SummaryDocument> {
        private final StrictJson json;
        private final List<String> unmet = new ArrayList<>();
        private final List<SummaryDocument.Database> databases = new ArrayList<>();
        private @Nullable String sluiceVersion;
        private @Nullable String server;
        private @Nullable ServerIdentity identity;
        private @Nullable Instant writtenAt;
        private @Nullable Duration interval;
        private @Nullable Integer omitted;
        private @Nullable Boolean shared;

        SummaryReading(StrictJson json) {
            this.json = json;
        }

        @Override
        public void member(String name) {
            switch (name) {
                case "sluiceVersion" -> sluiceVersion = json.text(1, SetFacts.LONGEST_NAME);
                case "server" -> server = json.text(1, DocumentParts.LONGEST_KEY);
                case "identity" -> identity = identity();
                case "writtenAt" -> writtenAt = json.instant();
                case "interval" -> interval = seconds();
                case "unmet" -> json.array(SummaryDocument.MOST_UNMET, _ -> unmet.add(json.text(1, LONGEST_WORD)));
                case "databases" -> json.array(SummaryDocument.MOST_DATABASES, _ -> databases.add(database()));
                case "omitted" -> omitted = json.count(0, SummaryDocument.MOST_DATABASES);
                case "shared" -> shared = json.flag();
                default -> json.other();
            }
        }

        @Override
        public SummaryDocument document() {
            return new SummaryDocument(
                    json.need(sluiceVersion, "sluiceVersion"),
                    json.need(server, "server"),
                    json.need(identity, "identity"),
                    json.need(writtenAt, "writtenAt"),
                    json.need(interval, "interval"),
                    unmet,
                    databases,
                    json.need(omitted, "omitted"),
                    json.need(shared, "shared"));
        }

        private ServerIdentity identity() {
            Map<String, Object> facts = FactSchema.IDENTITY.read(json);
            return DocumentParts.part("identity", () -> ServerIdentity.of(facts));
        }

        private Duration seconds() {
            return Duration.ofSeconds(json.number(1, SummaryDocument.LONGEST_INTERVAL.toSeconds()));
        }

        private @Nullable Instant optional() {
            return json.isNull() ? null : json.instant();
        }

        private SummaryDocument.Database database() {
            var read = new Object() {
                @Nullable
                String name;

                SummaryDocument.@Nullable Condition condition;
                final List<String> problems = new ArrayList<>();

                @Nullable
                Instant earliest;

                @Nullable
                Instant latest;

                @Nullable
                Integer unconfirmed;

                final List<SummaryDocument.Type> types = new ArrayList<>();
                SummaryDocument.@Nullable Drill drill;
            };
            json.object(member -> {
                switch (member) {
                    case "name" -> read.name = json.text(1, SetFacts.LONGEST_NAME);
                    case "condition" -> read.condition = json.oneOf(SummaryDocument.Condition.class);
                    case "problems" ->
                        json.array(
                                SummaryDocument.MOST_PROBLEMS,
                                _ -> read.problems.add(json.text(1, SummaryDocument.LONGEST_PROBLEM)));
                    case "earliest" -> read.earliest = optional();
                    case "latest" -> read.latest = optional();
                    case "unconfirmed" -> read.unconfirmed = json.count(0, Integer.MAX_VALUE);
                    case "types" -> json.array(SummaryDocument.MOST_TYPES, _ -> read.types.add(type()));
                    case "drill" -> read.drill = json.isNull() ? null : drill();
                    default -> json.other();
                }
            });
            return new SummaryDocument.Database(
                    json.need(read.name, "name"),
                    json.need(read.condition, "condition"),
                    read.problems,
                    read.earliest,
                    read.latest,
                    json.need(read.unconfirmed, "unconfirmed"),
                    read.types,
                    read.drill);
        }

        private SummaryDocument.Type type() {
            var read = new Object() {
                @Nullable
                BackupType type;

                @Nullable
                Instant last;

                @Nullable
                Instant next;

                @Nullable
                Boolean failed;
            };
            json.object(member -> {
                switch (member) {
                    case "type" -> read.type = json.oneOf(BackupType.class);
                    case "last" -> read.last = optional();
                    case "next" -> read.next = optional();
                    case "failed" -> read.failed = json.flag();
                    default -> json.other();
                }
            });
            return new SummaryDocument.Type(
                    json.need(read.type, "type"), read.last, read.next, json.need(read.failed, "failed"));
        }

        private SummaryDocument.Drill drill() {
            var read = new Object() {
                DrillDocument.@Nullable Outcome outcome;

                @Nullable
                Instant finishedAt;
            };
            json.object(member -> {
                switch (member) {
                    case "outcome" -> read.outcome = json.oneOf(DrillDocument.Outcome.class);
                    case "finishedAt" -> read.finishedAt = json.instant();
                    default -> json.other();
                }
            });
            return new SummaryDocument.Drill(
                    json.need(read.outcome, "outcome"), json.need(read.finishedAt, "finishedAt"));
        }
    }
}
