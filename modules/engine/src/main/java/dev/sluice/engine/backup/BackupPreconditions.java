package dev.sluice.engine.backup;

import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.DatabaseFacts;
import dev.sluice.engine.sql.ServerFacts;
import java.util.function.Predicate;

/// What is refused before anything is sent, because SQL Server would refuse it later, or in fewer words.
final class BackupPreconditions {

    private BackupPreconditions() {}

    static void check(BackupRequest request, ServerFacts server, DatabaseFacts database, Environment env) {
        if (!server.hasVirtualDevices()) {
            throw failure(
                    FailureId.NO_VIRTUAL_DEVICES,
                    "%s has no virtual devices, so nothing can be backed up through them".formatted(server.edition()),
                    database,
                    env,
                    "Use the backups of the service.");
        }
        if (!server.sysadmin()) {
            throw failure(
                    FailureId.NOT_SYSADMIN,
                    "Msg 3265 would be SQL Server's answer: the login is not a member of sysadmin",
                    database,
                    env,
                    "Make the login a member of sysadmin: virtual devices ask for no less.");
        }
        if (database.snapshot()) {
            throw failure(
                    FailureId.DATABASE_IS_SNAPSHOT,
                    "%s is a database snapshot, and cannot be backed up".formatted(database.name()),
                    database,
                    env,
                    "Back up the database that it was taken of.");
        }
        if (!database.isOnline() && !request.isLog()) {
            throw Failures.notOnline(database.name(), database.state(), env);
        }
        options(request.options(), server, database, env);
    }

    /// A secondary replica takes ordinary log backups alone.
    ///
    /// @param secondary asked only of a copy-only log backup
    static void check(
            BackupRequest request, DatabaseFacts database, Environment env, Predicate<DatabaseFacts> secondary) {
        if (request.isLog() && request.copyOnly() && database.replicated() && secondary.test(database)) {
            throw failure(
                    FailureId.NOT_ON_SECONDARY,
                    "The primary replica of %s is elsewhere, and SQL Server takes copy-only log backups there alone"
                            .formatted(database.name()),
                    database,
                    env,
                    "Take it on the primary replica, or an ordinary log backup here: that one moves the log chain, which"
                            + " all replicas share.");
        }
    }

    /// Under an identity that replicas share, every database outside of the group would mix with its namesake on
    /// another replica: `master` with `master`.
    static void check(DatabaseFacts database, Ownership ownership, Environment env) {
        if (ownership.isShared() && !database.replicated()) {
            throw new OperationFailed(
                    FailureId.NOT_IN_AVAILABILITY_GROUP,
                    "%s is in no availability group, and the identity %s is shared with other replicas"
                            .formatted(database.name(), env.identity()),
                    Failures.where(env, database.name()),
                    null);
        }
    }

    private static void options(BackupOptions options, ServerFacts server, DatabaseFacts database, Environment env) {
        if (!options.compression().availableOn(server)) {
            throw failure(
                    FailureId.COMPRESSION_NOT_AVAILABLE,
                    "SQL Server %s, %s, cannot compress a backup with %s"
                            .formatted(server.version(), server.edition(), options.compression()),
                    database,
                    env,
                    options.compression() == Compression.ZSTD && server.compresses()
                            ? "ZSTD came with SQL Server 2025; leave it out to compress with MS_XPRESS."
                            : "Leave --compression out.");
        }
        if (options.encryption() != null && !server.encrypts()) {
            throw failure(
                    FailureId.ENCRYPTION_NOT_AVAILABLE,
                    "SQL Server %s, %s, cannot encrypt a backup".formatted(server.version(), server.edition()),
                    database,
                    env,
                    "Leave --encrypt out, and let the bucket encrypt.");
        }
    }

    private static OperationFailed failure(
            FailureId id, String what, DatabaseFacts database, Environment env, String hint) {
        return new OperationFailed(id, what, Failures.where(env, database.name()), hint, null);
    }
}
