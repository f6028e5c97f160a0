package dev.sluice.engine.bucket;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.s3.S3Failure;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/// Documents that lie together for all databases of a server, as far as they are about one of them.
///
/// Which database a document is about that cannot be read, its key does not tell; where the data of its backup
/// lies does. So it stops what is decided about that database, and nothing else.
public final class DatabaseDocuments {

    private static final Logger log = LoggerFactory.getLogger(DatabaseDocuments.class);

    private DatabaseDocuments() {}

    /// @param documents given who takes what cannot be read
    ///
    /// **Errors:** [CatalogException] for one of this database's that cannot be read.
    public static List<BackupDocument> database(
            Environment env,
            Blocking blocking,
            String database,
            Function<Consumer<CatalogException>, Flux<BackupDocument>> documents) {
        List<CatalogException> unreadable = new CopyOnWriteArrayList<>();
        List<BackupDocument> read = blocking.readAll(documents
                .apply(unreadable::add)
                .filter(document -> document.database().equals(database)));
        for (CatalogException e : unreadable) {
            String id = e.backupId();
            // Without an id and refused by the bucket: it is the listing, and what it would show can be of any
            // database.
            boolean listing = id == null && e.getCause() instanceof S3Failure;
            if (listing || (id != null && hasData(env, blocking, database, id))) {
                throw e;
            }
            log.atWarn()
                    .addKeyValue("database", database)
                    .addKeyValue("cause", e.getMessage())
                    .log("a document cannot be read, and there is no data of it for this database");
        }
        return read;
    }

    private static boolean hasData(Environment env, Blocking blocking, String database, String backupId) {
        return blocking.read(env.store()
                        .list(env.catalog().keys().data(database, backupId))
                        .hasElements())
                .orElse(false);
    }
}
