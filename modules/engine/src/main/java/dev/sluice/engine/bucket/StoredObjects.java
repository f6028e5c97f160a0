package dev.sluice.engine.bucket;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Origin;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The objects of a backup, or of all of a database's, from one listing of the bucket.
///
/// Listed after the documents are read: what a document names was in the bucket before it.
///
/// @param sizes bytes by key
public record StoredObjects(Map<String, Long> sizes) {

    public StoredObjects {
        sizes = Map.copyOf(sizes);
    }

    /// Of all backups of a database.
    ///
    /// **Errors:** [dev.sluice.s3.S3Failure].
    public static StoredObjects of(Environment env, Blocking blocking, String database) {
        return below(env, blocking, env.catalog().keys().data(database));
    }

    /// Of one backup.
    ///
    /// **Errors:** [dev.sluice.s3.S3Failure].
    public static StoredObjects of(Environment env, Blocking blocking, BackupDocument backup) {
        return below(env, blocking, env.catalog().keys().data(backup.database(), backup.backupId()));
    }

    private static StoredObjects below(Environment env, Blocking blocking, String prefix) {
        Map<String, Long> sizes = new HashMap<>();
        blocking.readEach(env.store().list(prefix), object -> sizes.put(object.key(), object.bytes()));
        return new StoredObjects(sizes);
    }

    /// With the files of other programs that documents name, from one listing of each place where they lie.
    ///
    /// **Errors:** [dev.sluice.s3.S3Failure].
    public StoredObjects andForeign(Environment env, Blocking blocking, Collection<BackupDocument> documents) {
        Map<String, Long> both = new HashMap<>(sizes);
        documents.stream()
                .filter(document -> document.origin() == Origin.ADOPTED)
                .flatMap(document -> document.stripes().stream())
                .flatMap(stripe -> stripe.segments().stream())
                .map(BackupDocument.Segment::key)
                .filter(key -> key.startsWith("/"))
                // In the root of the bucket lies everything: there only names that begin so are listed.
                .map(key -> key.lastIndexOf('/') == 0 ? key : key.substring(0, key.lastIndexOf('/') + 1))
                .distinct()
                .forEach(place -> both.putAll(below(env, blocking, place).sizes));
        return new StoredObjects(both);
    }

    /// Whether there is anything of the backup with this id.
    public boolean hasDataOf(String backupId) {
        return sizes.keySet().stream().anyMatch(key -> key.contains("/" + backupId + "/"));
    }

    /// With those of another database.
    public StoredObjects and(StoredObjects others) {
        Map<String, Long> both = new HashMap<>(sizes);
        both.putAll(others.sizes);
        return new StoredObjects(both);
    }

    /// The stripes, from 1, that are not there in the size that they had.
    public Set<Integer> missing(BackupDocument document) {
        Set<Integer> missing = new TreeSet<>();
        for (BackupDocument.Stripe stripe : document.stripes()) {
            for (BackupDocument.Segment segment : stripe.segments()) {
                Long bytes = sizes.get(segment.key());
                if (bytes == null || bytes != segment.bytes()) {
                    missing.add(stripe.index());
                }
            }
        }
        return missing;
    }
}
