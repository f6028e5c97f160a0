package dev.sluice.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a verification found, as JSON. There were no such documents before version 2.
final class VerificationJson {

    private static final int ID = 26;
    private static final int LONGEST_NAME = 256;
    private static final int MOST_SENTENCES = 1_000;

    private VerificationJson() {}

    static byte[] write(VerificationDocument verification, Keys keys) {
        Map<String, @Nullable Object> tree = DocumentWriter.versioned();
        tree.put("sluiceVersion", verification.sluiceVersion());
        tree.put("server", keys.server());
        tree.put("backupId", verification.backupId());
        tree.put("database", verification.database());
        tree.put("startedAt", verification.startedAt().toString());
        tree.put("finishedAt", verification.finishedAt().toString());
        tree.put("outcome", verification.outcome().name());
        tree.put("bytes", verification.bytes());
        tree.put("structure", verification.structure());
        tree.put("checksums", verification.checksums());
        tree.put("problems", verification.problems());
        tree.put("remarks", verification.remarks());
        return DocumentWriter.json(tree);
    }

    /// **Errors:** as [DocumentReader#backup].
    static VerificationDocument read(String name, long bytes, InputStream body) throws IOException {
        return DocumentReader.sinceVersion2(name, bytes, body, Reading::new);
    }

    private static final class Reading implements DocumentReader.Reading<VerificationDocument> {
        private final StrictJson json;
        private @Nullable String sluiceVersion;
        private @Nullable String backupId;
        private @Nullable String database;
        private @Nullable Instant startedAt;
        private @Nullable Instant finishedAt;
        private VerificationDocument.@Nullable Outcome outcome;
        private @Nullable Long bytes;
        private @Nullable String structure;
        private @Nullable Long checksums;
        private final List<String> problems = new ArrayList<>();
        private final List<String> remarks = new ArrayList<>();

        Reading(StrictJson json) {
            this.json = json;
        }

        @Override
        public void member(String name) {
            switch (name) {
                case "sluiceVersion" -> sluiceVersion = json.text(1, LONGEST_NAME);
                case "server" -> json.text(1, LONGEST_NAME);
                case "backupId" -> backupId = json.text(ID, ID);
                case "database" -> database = json.text(1, LONGEST_NAME);
                case "startedAt" -> startedAt = json.instant();
                case "finishedAt" -> finishedAt = json.instant();
                case "outcome" -> outcome = json.oneOf(VerificationDocument.Outcome.class);
                case "bytes" -> bytes = json.number(0, Long.MAX_VALUE);
                case "structure" -> structure = json.text(1, LONGEST_NAME);
                case "checksums" -> checksums = json.number(0, Long.MAX_VALUE);
                case "problems" -> sentences(problems);
                case "remarks" -> sentences(remarks);
                default -> json.other();
            }
        }

        private void sentences(List<String> into) {
            json.array(MOST_SENTENCES, _ -> into.add(json.text(0, StrictJson.LONGEST_TEXT)));
        }

        @Override
        public VerificationDocument document() {
            return new VerificationDocument(
                    json.need(sluiceVersion, "sluiceVersion"),
                    json.need(backupId, "backupId"),
                    json.need(database, "database"),
                    json.need(startedAt, "startedAt"),
                    json.need(finishedAt, "finishedAt"),
                    json.need(outcome, "outcome"),
                    json.need(bytes, "bytes"),
                    json.need(structure, "structure"),
                    json.need(checksums, "checksums"),
                    problems,
                    remarks);
        }
    }
}
