package dev.sluice.simulator.server;

import dev.sluice.simulator.database.BackupHistory;
import dev.sluice.simulator.database.BackupRecord;
import dev.sluice.simulator.database.Certificate;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.database.DatabaseState;
import dev.sluice.simulator.database.Databases;
import dev.sluice.simulator.database.MarkRecord;
import dev.sluice.simulator.database.RestoreRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Databases and msdb in a folder, as one JSON document, so that the next process finds what this one left.
///
/// **Threading:** any thread.
final class StateStore {

    private static final String NAME = "simulator.json";

    private final Path file;
    private final ObjectMapper json =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    StateStore(Path directory) throws IOException {
        Files.createDirectories(directory);
        this.file = directory.resolve(NAME);
    }

    private record Document(
            List<Stored> databases,
            List<BackupRecord> backups,
            List<RestoreRecord> restores,
            List<MarkRecord> marks,
            List<Certificate> certificates,
            ServerObjects.@Nullable Saved objects) {

        /// Older documents lack the last three.
        private Document {
            marks = marks == null ? List.of() : marks;
            certificates = certificates == null ? List.of() : certificates;
        }
    }

    /// A database without its methods.
    private record Stored(
            int id,
            String name,
            LocalDateTime created,
            Database.State state,
            DatabaseState saved,
            List<DatabaseFile> files,
            Content.@Nullable Synthetic synthetic,
            @Nullable List<String> rawFiles,
            @Nullable List<Content.Stripe> rawStripes) {}

    synchronized void save(
            Databases databases, BackupHistory history, List<Certificate> certificates, ServerObjects.Saved objects) {
        List<Stored> stored = databases.all().stream().map(StateStore::stored).toList();
        byte[] bytes = json.writeValueAsBytes(
                new Document(stored, history.backups(), history.restores(), history.marks(), certificates, objects));
        try {
            Path fresh = Files.write(file.resolveSibling(NAME + ".new"), bytes);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("the simulator's state cannot be written to " + file, e);
        }
    }

    private static Stored stored(Database database) {
        Content content = database.contentNow();
        return new Stored(
                database.id(),
                database.name(),
                database.created(),
                database.state(),
                database.saved(),
                database.files(),
                content instanceof Content.Synthetic synthetic ? synthetic : null,
                content instanceof Content.Raw raw
                        ? raw.files().stream()
                                .map(path -> path.toAbsolutePath().toString())
                                .toList()
                        : null,
                content instanceof Content.Raw raw ? raw.stripes() : null);
    }

    /// Puts what was saved into fresh databases and a fresh history.
    ///
    /// What was saved beside databases and history.
    ///
    /// @param objects null in what older versions wrote
    record Loaded(List<Certificate> certificates, ServerObjects.@Nullable Saved objects) {}

    synchronized Loaded load(Databases databases, BackupHistory history) throws IOException {
        if (!Files.exists(file)) {
            return new Loaded(List.of(), null);
        }
        Document document = json.readValue(Files.readAllBytes(file), Document.class);
        for (Stored stored : document.databases()) {
            Database database = new Database(
                    stored.id(), stored.name(), stored.created(), stored.state(), content(stored), stored.files());
            database.resume(stored.saved());
            databases.put(database);
        }
        document.backups().forEach(history::add);
        document.restores().forEach(history::add);
        document.marks().forEach(history::add);
        return new Loaded(document.certificates(), document.objects());
    }

    private static Content content(Stored stored) {
        if (stored.synthetic() != null) {
            return stored.synthetic();
        }
        if (stored.rawFiles() == null && stored.rawStripes() == null) {
            return new Content.Empty();
        }
        List<String> files = stored.rawFiles() == null ? List.of() : stored.rawFiles();
        List<Content.Stripe> stripes = stored.rawStripes() == null ? List.of() : stored.rawStripes();
        return new Content.Raw(files.stream().map(Path::of).toList(), stripes);
    }
}
