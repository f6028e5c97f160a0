package dev.sluice.engine.export;

import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.ExportKey;
import dev.sluice.catalog.Exports;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.s3.S3Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds exports, reads and opens them.
final class ExportReading {

    private ExportReading() {}

    /// Reads it and opens it.
    ///
    /// **Errors:** [OperationFailed] `no-such-export`, `wrong-passphrase`, `export-damaged`, and those of the
    /// bucket.
    static InstanceArchive opened(ExportSource source, Passphrase passphrase, Environment env, Blocking blocking) {
        return switch (source) {
            case ExportSource.InFile(Path file) -> opened(bytes(file), passphrase, file.toString());
            case ExportSource.InBucket(String id) -> {
                ExportKey key = found(id, env, blocking);
                try {
                    InstanceArchive archive = opened(
                            blocking.read(env.catalog().exports().read(key)).orElseThrow(() -> none(id, env)),
                            passphrase,
                            env.catalog().keys().export(key));
                    requireSame(archive.origin(), key, env);
                    yield archive;
                } catch (S3Failure e) {
                    throw Failures.store(e, List.of());
                } catch (CatalogException e) {
                    throw Failures.catalog(e, env);
                }
            }
        };
    }

    /// A person who can write to the bucket can copy an export of another server or an older one to this key.
    private static void requireSame(ExportOrigin origin, ExportKey key, Environment env) {
        if (origin.identity().equals(env.identity())
                && origin.id().equals(key.id())
                && origin.exportedAt().equals(key.exportedAt())) {
            return;
        }
        throw new OperationFailed(
                FailureId.EXPORT_DAMAGED,
                "The object is named as export %s of %s from %s, and holds export %s of %s (%s) from %s"
                        .formatted(
                                key.id(),
                                env.identity(),
                                key.exportedAt(),
                                origin.id(),
                                origin.identity(),
                                origin.instance(),
                                origin.exportedAt()),
                env.catalog().keys().export(key),
                "Find out who has put it there. Take another export (`sluice export list`).",
                null);
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new OperationFailed(
                    FailureId.NO_SUCH_EXPORT,
                    "The file %s cannot be read: %s".formatted(file, e),
                    file.toString(),
                    "Name a file that `sluice export instance --to` has written.",
                    e);
        }
    }

    private static InstanceArchive opened(byte[] sealed, Passphrase passphrase, String where) {
        byte[] plain = SealedArchive.open(sealed, passphrase, where);
        try {
            return InstanceArchive.unzipped(plain);
        } catch (IOException e) {
            throw new OperationFailed(
                    FailureId.EXPORT_DAMAGED, "The export cannot be read: " + e.getMessage(), where, e);
        }
    }

    /// Opens what is about to be stored with the reader of the day of need.
    ///
    /// **Errors:** [OperationFailed] `export-unreadable`.
    static void requireReadable(byte[] sealed, Passphrase passphrase) {
        if (sealed.length > Exports.LARGEST) {
            throw unreadable("it is larger than any export, %s bytes".formatted(sealed.length), null);
        }
        try {
            opened(sealed, passphrase, "memory");
        } catch (OperationFailed e) {
            throw unreadable(String.valueOf(e.getMessage()), e);
        }
    }

    private static OperationFailed unreadable(String why, @Nullable Exception cause) {
        return new OperationFailed(
                FailureId.EXPORT_UNREADABLE,
                "The export is not stored, because it could not be read again: " + why,
                "at most %s bytes, sealed and unpacked".formatted(Exports.LARGEST),
                cause);
    }

    private static ExportKey found(String id, Environment env, Blocking blocking) {
        List<ExportKey> fitting = all(env, blocking).stream()
                .map(Exports.Listed::key)
                .filter(key -> key.id().startsWith(id))
                .toList();
        if (fitting.isEmpty() || (!id.isEmpty() && fitting.size() > 1)) {
            throw none(id, env);
        }
        return fitting.getLast();
    }

    /// All exports in the bucket, the oldest first.
    static List<Exports.Listed> all(Environment env, Blocking blocking) {
        try {
            return blocking.readAll(env.catalog().exports().list());
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            throw Failures.catalog(e, env);
        }
    }

    private static OperationFailed none(String id, Environment env) {
        return new OperationFailed(
                FailureId.NO_SUCH_EXPORT,
                id.isEmpty()
                        ? "There is no export of %s in the bucket".formatted(env.identity())
                        : "No export of %s, or more than one, has an id that begins with %s"
                                .formatted(env.identity(), id),
                "prefix " + env.store().config().prefix() + env.catalog().keys().exports(),
                null);
    }
}
