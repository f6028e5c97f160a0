package dev.sluice.sidecar.serve;

import dev.sluice.catalog.CatalogException;
import dev.sluice.engine.run.StoreFailures;
import dev.sluice.s3.S3Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at one database of many. What is wrong with one is no reason to leave the others without backups.
final class OneDatabase {

    private static final Logger log = LoggerFactory.getLogger(OneDatabase.class);

    private OneDatabase() {}

    /// Logs what is wrong with this database alone.
    ///
    /// **Errors:** [S3Failure], which is about all of them.
    static void look(String database, Runnable look) {
        try {
            look.run();
        } catch (S3Failure e) {
            throw e; // of all of them: what the bucket refuses of one is a CatalogException
        } catch (CatalogException e) {
            log.atError()
                    .addKeyValue("database", database)
                    .addKeyValue("cause", e.getMessage())
                    .addKeyValue("hint", StoreFailures.hint(e))
                    .log("what the bucket has of a database cannot be read; it is tried again at the next look");
        } catch (RuntimeException e) {
            log.atError()
                    .addKeyValue("database", database)
                    .setCause(e)
                    .log("the backups of a database could not be looked at; it is tried again at the next look");
        }
    }
}
