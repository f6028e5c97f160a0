package dev.sluice.simulator.database;

import dev.sluice.mtf.RecoveryModel;
import dev.sluice.simulator.regional.Collation;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The databases of a server, by name as its collation compares them.
///
/// **Threading:** any thread.
public final class Databases {

    private static final List<String> SYSTEM = List.of("master", "tempdb", "model", "msdb");
    private static final String MODEL = "model";
    private static final long SYSTEM_EXTENTS = 64;

    private final Collation collation;
    private final Map<String, Database> byName = new TreeMap<>();

    /// With the system's databases. All but model are in SIMPLE recovery, as on a server that was just
    /// installed.
    public Databases(LocalDateTime created, Collation collation) {
        this.collation = collation;
        for (int i = 0; i < SYSTEM.size(); i++) {
            Content content = new Content.Synthetic(-1 - i, SYSTEM_EXTENTS, Map.of());
            String name = SYSTEM.get(i);
            Database database =
                    new Database(i + 1, name, created, Database.State.ONLINE, content, DatabaseFile.defaults(name));
            if (!name.equals(MODEL)) {
                database.recoveryModel(RecoveryModel.SIMPLE);
            }
            put(database);
        }
    }

    public synchronized Optional<Database> find(String name) {
        return Optional.ofNullable(byName.get(key(name)));
    }

    /// In the order of their ids.
    public synchronized List<Database> all() {
        List<Database> all = new ArrayList<>(byName.values());
        all.sort((a, b) -> Integer.compare(a.id(), b.id()));
        return all;
    }

    /// @throws IllegalArgumentException if the name is taken
    public synchronized Database create(
            String name, LocalDateTime when, Database.State state, Content content, List<DatabaseFile> files) {
        if (byName.containsKey(key(name))) {
            throw new IllegalArgumentException("there is a database '%s' already".formatted(name));
        }
        Database database = new Database(freeId(), name, when, state, content, files);
        put(database);
        return database;
    }

    public synchronized void put(Database database) {
        database.joins(collation);
        byName.put(key(database.name()), database);
    }

    public synchronized void remove(Database database) {
        byName.remove(key(database.name()), database);
    }

    /// Gives a database another name; files, GUIDs and recovery fork stay as they are.
    ///
    /// @throws IllegalArgumentException if the name is taken by another one
    public synchronized void rename(Database database, String name) {
        Database other = byName.get(key(name));
        if (other != null && other != database) {
            throw new IllegalArgumentException("there is a database '%s' already".formatted(name));
        }
        byName.remove(key(database.name()), database);
        database.rename(name);
        byName.put(key(name), database);
    }

    private int freeId() {
        return byName.values().stream().mapToInt(Database::id).max().orElse(0) + 1;
    }

    private String key(String name) {
        return collation.key(name);
    }
}
