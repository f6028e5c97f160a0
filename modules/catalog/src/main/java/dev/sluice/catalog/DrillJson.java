package dev.sluice.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The documents of restore drills as JSON. Both exist since version 2.
final class DrillJson {

    private static final int LONGEST_NAME = 256;
    private static final int MOST_BACKUPS = 1 << 18;
    private static final int MOST_CHECKS = 1_000;

    private DrillJson() {}

    static byte[] write(ScratchNote note, Keys keys) {
        Map<String, @Nullable Object> tree = DocumentWriter.versioned();
        tree.put("server", keys.server());
        tree.put("drillId", note.drillId());
        tree.put("database", note.database());
        tree.put("scratch", note.scratch());
        tree.put("identity", FactSchema.IDENTITY.write(note.identity().members(false)));
        tree.put("notedAt", note.notedAt());
        tree.put("created", note.created());
        return DocumentWriter.json(tree);
    }

    static byte[] write(DrillDocument drill, Keys keys) {
        Map<String, @Nullable Object> tree = DocumentWriter.versioned();
        tree.put("server", keys.server());
        tree.put("drillId", drill.drillId());
        tree.put("database", drill.database());
        tree.put("backups", drill.backups());
        tree.put("point", drill.point());
        tree.put("seed", drill.seed());
        tree.put("on", drill.server());
        tree.put("startedAt", drill.startedAt().toString());
        tree.put("finishedAt", drill.finishedAt().toString());
        tree.put("outcome", drill.outcome().name());
        tree.put("step", drill.step());
        tree.put("failure", drill.failure());
        tree.put("what", drill.what());
        tree.put("checks", drill.checks());
        return DocumentWriter.json(tree);
    }

    /// **Errors:** as [DocumentReader#backup].
    static ScratchNote note(String name, long bytes, InputStream body) throws IOException {
        return DocumentReader.sinceVersion2(name, bytes, body, NoteReading::new);
    }

    /// **Errors:** as [DocumentReader#backup].
    static DrillDocument drill(String name, long bytes, InputStream body) throws IOException {
        return DocumentReader.sinceVersion2(name, bytes, body, DrillReading::new);
    }

    private static final class NoteReading implements DocumentReader.Reading<ScratchNote> {
        private final StrictJson json;
        private @Nullable String drillId;
        private @Nullable String database;
        private @Nullable String scratch;
        private @Nullable Map<String, Object> identity;
        private @Nullable String notedAt;
        private @Nullable String created;

        NoteReading(StrictJson json) {
            this.json = json;
        }

        @Override
        public void member(String name) {
            switch (name) {
                case "server" -> json.text(1, LONGEST_NAME);
                case "drillId" -> drillId = ulid(json);
                case "database" -> database = json.text(1, LONGEST_NAME);
                case "scratch" -> scratch = json.text(1, LONGEST_NAME);
                case "identity" -> identity = FactSchema.IDENTITY.read(json);
                case "notedAt" -> notedAt = json.text(1, LONGEST_NAME);
                case "created" -> created = json.isNull() ? null : json.text(1, LONGEST_NAME);
                default -> json.other();
            }
        }

        @Override
        public ScratchNote document() {
            Map<String, Object> facts = json.need(identity, "identity");
            return new ScratchNote(
                    json.need(drillId, "drillId"),
                    json.need(database, "database"),
                    json.need(scratch, "scratch"),
                    DocumentParts.part("identity", () -> ServerIdentity.of(facts)),
                    json.need(notedAt, "notedAt"),
                    created);
        }
    }

    private static final class DrillReading implements DocumentReader.Reading<DrillDocument> {
        private final StrictJson json;
        private @Nullable String drillId;
        private @Nullable String database;
        private final List<String> backups = new ArrayList<>();
        private @Nullable String point;
        private @Nullable Long seed;
        private @Nullable String on;
        private @Nullable Instant startedAt;
        private @Nullable Instant finishedAt;
        private DrillDocument.@Nullable Outcome outcome;
        private @Nullable String step;
        private @Nullable String failure;
        private @Nullable String what;
        private final List<String> checks = new ArrayList<>();

        DrillReading(StrictJson json) {
            this.json = json;
        }

        @Override
        public void member(String name) {
            switch (name) {
                case "server" -> json.text(1, LONGEST_NAME);
                case "drillId" -> drillId = ulid(json);
                case "database" -> database = json.text(1, LONGEST_NAME);
                case "backups" -> json.array(MOST_BACKUPS, _ -> backups.add(ulid(json)));
                case "point" -> point = json.text(1, LONGEST_NAME);
                case "seed" -> seed = json.isNull() ? null : json.number(Long.MIN_VALUE, Long.MAX_VALUE);
                case "on" -> on = json.text(0, StrictJson.LONGEST_TEXT);
                case "startedAt" -> startedAt = json.instant();
                case "finishedAt" -> finishedAt = json.instant();
                case "outcome" -> outcome = json.oneOf(DrillDocument.Outcome.class);
                case "step" -> step = optional();
                case "failure" -> failure = optional();
                case "what" -> what = optional();
                case "checks" -> json.array(MOST_CHECKS, _ -> checks.add(json.text(0, StrictJson.LONGEST_TEXT)));
                default -> json.other();
            }
        }

        private @Nullable String optional() {
            return json.isNull() ? null : json.text(0, StrictJson.LONGEST_TEXT);
        }

        @Override
        public DrillDocument document() {
            return new DrillDocument(
                    json.need(drillId, "drillId"),
                    json.need(database, "database"),
                    backups,
                    json.need(point, "point"),
                    seed,
                    json.need(on, "on"),
                    json.need(startedAt, "startedAt"),
                    json.need(finishedAt, "finishedAt"),
                    json.need(outcome, "outcome"),
                    step,
                    failure,
                    what,
                    checks);
        }
    }

    private static String ulid(StrictJson json) {
        String text = json.text(1, LONGEST_NAME);
        if (!Ulid.isUlid(text)) {
            throw json.refusal("a ULID");
        }
        return text;
    }
}
