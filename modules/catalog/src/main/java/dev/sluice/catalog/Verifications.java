package dev.sluice.catalog;

import dev.sluice.s3.S3Store;
import java.util.Comparator;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// What was found when backups were read again: small documents in a directory of their own, so that programs
/// which do not know them never look there. No backup depends on them.
///
/// A verification and a removal of the same backup need no lock between them, because each writes before it
/// looks. A removal deletes the entry, and then lists what is known of the backup. A verification writes its
/// document, and then looks for the entry ([#isEntered]). So at least one of the two sees the other.
///
/// **Errors:** as [Catalog].
///
/// **Threading:** safe for any thread.
public final class Verifications {

    private final S3Store store;
    private final Keys keys;
    private final StoredDocuments objects;

    Verifications(S3Store store, Keys keys, StoredDocuments objects) {
        this.store = store;
        this.keys = keys;
        this.objects = objects;
    }

    /// Writes what a verification found, and emits its key.
    public Mono<VerificationKey> write(VerificationDocument verification) {
        String key = keys.verifications(verification.database()) + VerificationKey.fileName(verification);
        return store.put(key, VerificationJson.write(verification, keys))
                .thenReturn(new VerificationKey(
                        key,
                        Keys.database(verification.database()),
                        verification.backupId(),
                        verification.finishedAt(),
                        verification.outcome()));
    }

    /// What is known of one backup, the earliest first, from keys alone: one request.
    public Flux<VerificationKey> of(String database, String backupId) {
        return listing(keys.verifications(database) + backupId)
                .filter(key -> key.backupId().equals(backupId))
                .sort(Comparator.comparing(VerificationKey::finishedAt));
    }

    /// What is known of a database's backups, in no order, from keys alone.
    public Flux<VerificationKey> list(String database) {
        return listing(keys.verifications(database));
    }

    /// What is known of all backups, in no order, from keys alone: a request for each thousand.
    public Flux<VerificationKey> list() {
        return listing(keys.verifications());
    }

    private Flux<VerificationKey> listing(String prefix) {
        return objects.listing(prefix)
                .mapNotNull(object -> VerificationKey.parse(object.key()).orElse(null));
    }

    /// What a verification found; empty when it was removed meanwhile, and when it cannot be read.
    ///
    /// @param unreadable called from any thread
    public Mono<VerificationDocument> read(VerificationKey verification, Consumer<CatalogException> unreadable) {
        return StoredDocuments.leaveOut(
                objects.read(verification.key(), (name, object, body) -> {
                    VerificationDocument document = VerificationJson.read(name, object.bytes(), body);
                    boolean same = document.backupId().equals(verification.backupId())
                            && document.outcome() == verification.outcome()
                            && Keys.isDatabase(verification.database(), document.database());
                    if (!same) {
                        throw CatalogException.ofDamage(name + " contradicts its key", null);
                    }
                    return document;
                }),
                unreadable);
    }

    public Mono<Void> delete(VerificationKey verification) {
        return store.delete(verification.key());
    }

    /// Whether the backup has an entry, under whatever name it has by now. The name begins with the backup's
    /// start, so this is one request unless the entry is gone.
    public Mono<Boolean> isEntered(BackupDocument backup) {
        String entry = keys.entry(backup);
        return entered(entry.substring(0, entry.indexOf('_', entry.lastIndexOf('/'))), backup)
                .flatMap(there -> there ? Mono.just(true) : entered(keys.catalog(backup.database()), backup));
    }

    private Mono<Boolean> entered(String prefix, BackupDocument backup) {
        return objects.listing(prefix)
                .any(object -> CatalogKey.parse(object.key())
                        .filter(key -> key.backupId().equals(backup.backupId()))
                        .isPresent());
    }
}
