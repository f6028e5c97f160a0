package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.Databases;
import java.util.List;

/// The one volume of the server's machine, mounted at `/`. The data files of all databases are on it.
///
/// **Threading:** any thread.
final class Volume {

    private static final long TEBIBYTE = 1L << 40;

    private final Databases databases;
    private volatile long bytes = TEBIBYTE;

    Volume(Databases databases) {
        this.databases = databases;
    }

    long bytes() {
        return bytes;
    }

    /// Makes it smaller or larger. What is on it stays.
    void resize(long size) {
        bytes = size;
    }

    long available() {
        return available(List.of());
    }

    /// @param freed databases whose files go
    long available(List<Database> freed) {
        long taken = databases.all().stream()
                .filter(database -> !freed.contains(database))
                .mapToLong(Database::dataBytes)
                .sum();
        return Math.max(0, bytes - taken);
    }
}
