package dev.sluice.catalog;

import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.catalog.PauseDocument.Work;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A pause as JSON. There were none before version 2.
final class PauseJson {

    private PauseJson() {}

    static byte[] write(PauseDocument pause) {
        Map<String, @Nullable Object> tree = DocumentWriter.versioned();
        tree.put("sluiceVersion", pause.sluiceVersion());
        tree.put("pauseId", pause.pauseId());
        tree.put("server", pause.server());
        tree.put("databases", pause.scope() instanceof Scope.Databases(List<String> patterns) ? patterns : null);
        tree.put("policy", pause.scope() instanceof Scope.Policy(String name) ? name : null);
        tree.put("types", pause.types().stream().sorted().map(Work::text).toList());
        tree.put("pausedAt", pause.pausedAt().toString());
        tree.put("until", pause.until().toString());
        tree.put("reason", pause.reason());
        return DocumentWriter.json(tree);
    }

    /// **Errors:** as [DocumentReader#backup].
    static PauseDocument read(String name, long bytes, InputStream body) throws IOException {
        return DocumentReader.sinceVersion2(name, bytes, body, PauseReading::new);
    }

    private static final class PauseReading implements DocumentReader.Reading<PauseDocument> {
        private final StrictJson json;
        private @Nullable String sluiceVersion;
        private @Nullable String pauseId;
        private @Nullable String server;
        private @Nullable List<String> databases;
        private @Nullable String policy;
        private @Nullable Set<Work> types;
        private @Nullable Instant pausedAt;
        private @Nullable Instant until;
        private @Nullable String reason;

        PauseReading(StrictJson json) {
            this.json = json;
        }

        @Override
        public void member(String name) {
            switch (name) {
                case "sluiceVersion" -> sluiceVersion = json.text(1, SetFacts.LONGEST_NAME);
                case "pauseId" -> pauseId = json.text(1, SetFacts.LONGEST_NAME);
                case "server" -> server = json.text(1, DocumentParts.LONGEST_KEY);
                case "databases" -> databases = json.isNull() ? null : patterns();
                case "policy" -> policy = json.isNull() ? null : json.text(1, SetFacts.LONGEST_NAME);
                case "types" -> types = work();
                case "pausedAt" -> pausedAt = json.instant();
                case "until" -> until = json.instant();
                case "reason" -> reason = json.isNull() ? null : json.text(1, PauseDocument.LONGEST_REASON);
                default -> json.other();
            }
        }

        private List<String> patterns() {
            List<String> patterns = new ArrayList<>();
            json.array(PauseDocument.MOST_PATTERNS, _ -> patterns.add(json.text(1, SetFacts.LONGEST_NAME)));
            return patterns;
        }

        private Set<Work> work() {
            Set<Work> work = EnumSet.noneOf(Work.class);
            json.array(Work.values().length, _ -> work.add(json.named(Work.class)));
            return work;
        }

        @Override
        public PauseDocument document() {
            if (databases != null && policy != null) {
                throw new StrictJson.Refusal("it names databases and a policy, where a pause has one of them");
            }
            Scope scope = databases != null
                    ? new Scope.Databases(databases)
                    : policy != null ? new Scope.Policy(policy) : new Scope.Everything();
            return new PauseDocument(
                    json.need(sluiceVersion, "sluiceVersion"),
                    json.need(pauseId, "pauseId"),
                    json.need(server, "server"),
                    scope,
                    json.need(types, "types"),
                    json.need(pausedAt, "pausedAt"),
                    json.need(until, "until"),
                    reason);
        }
    }
}
