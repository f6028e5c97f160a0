package dev.sluice.engine.restore;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.SqlErrorRemedies;
import dev.sluice.engine.sql.RestoreFacts;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.Tsql;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.CorruptBlockException;
import dev.sluice.s3.ObjectAccess;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.StoreConfig;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// How each failure of a restore is told; see [Failures].
final class RestoreFailures {

    /// Objects that a message names; programs get all of them.
    private static final int NAMED = 5;

    private RestoreFailures() {}

    static OperationFailed restoring(String database, Environment env) {
        return new OperationFailed(
                FailureId.DATABASE_RESTORING,
                "Database %s is there and waits for more backups".formatted(database),
                Failures.where(env, database),
                null);
    }

    static OperationFailed notRestoring(String database, String state, Environment env) {
        return new OperationFailed(
                FailureId.DATABASE_NOT_RESTORING,
                "Database %s is %s, so nothing more can be restored to it".formatted(database, state),
                Failures.where(env, database),
                null);
    }

    static OperationFailed nothingKnown(String database, Environment env) {
        return new OperationFailed(
                FailureId.NOTHING_RESTORED_YET,
                "The server does not tell which backup database %s got last".formatted(database),
                Failures.where(env, database),
                null);
    }

    static OperationFailed otherFamily(String database, String family, Backup next, Environment env) {
        return new OperationFailed(
                FailureId.OTHER_DATABASE,
                "What waits under the name %s is of family %s, and backup %s is of family %s: another database"
                        .formatted(database, family, next.id(), next.family()),
                Failures.where(env, database),
                null);
    }

    static OperationFailed otherFork(String database, String fork, Backup next, Environment env) {
        return new OperationFailed(
                FailureId.OTHER_RECOVERY_FORK,
                "What waits under the name %s is on recovery fork %s, and log backup %s is on %s"
                        .formatted(database, fork, next.id(), next.path().last()),
                Failures.where(env, database),
                null);
    }

    /// `--tail` asks for what an open database gives; of another one, the log is read as far as it can be.
    static OperationFailed tail(RestoreFacts.Existing existing, Environment env) {
        String database = existing.name();
        return new OperationFailed(
                FailureId.TAIL_WOULD_BE_LOST,
                "The log of %s%s may hold changes that no backup has; overwriting the database would lose them"
                        .formatted(database, existing.isOnline() ? "" : ", which is " + existing.state() + ","),
                Failures.where(env, database),
                existing.isOnline()
                        ? "Say --tail to back up the tail of the log first (the database then waits for the restore), or"
                                + " --discard-tail to lose it."
                        : "Save the tail of the log first with `sluice backup %s --type tail --no-truncate` (the database"
                                        .formatted(database)
                                + " then waits for the restore), or say --discard-tail to lose it.",
                null);
    }

    static OperationFailed replicated(String database, Environment env) {
        return new OperationFailed(
                FailureId.IN_AVAILABILITY_GROUP,
                "Database %s is in an availability group".formatted(database),
                Failures.where(env, database),
                null);
    }

    static OperationFailed inUse(String database, List<String> sessions, Environment env) {
        return new OperationFailed(
                FailureId.DATABASE_IN_USE,
                "Sessions are in database %s: %s".formatted(database, String.join(", ", sessions)),
                Failures.where(env, database),
                "End them, for instance with ALTER DATABASE %s SET SINGLE_USER WITH ROLLBACK IMMEDIATE."
                        .formatted(Tsql.identifier(database)),
                null);
    }

    static OperationFailed olderServer(String backup, int theirs, int ours, String database, Environment env) {
        return new OperationFailed(
                FailureId.SERVER_TOO_OLD,
                String.format(
                        Locale.ROOT,
                        "Backup %s was taken by version %d of SQL Server, and this is version %d",
                        backup,
                        theirs,
                        ours),
                Failures.where(env, database),
                null);
    }

    static OperationFailed notEnoughMemory(BackupDocument backup, IllegalArgumentException e) {
        return new OperationFailed(
                FailureId.NOT_ENOUGH_MEMORY,
                "Backup %s: %s".formatted(backup.backupId(), e.getMessage()),
                "memory budget",
                "Raise memory.budget: a backup is read with the stripes and transfers that it was taken with.",
                e);
    }

    static OperationFailed noKey(String backup, String thumbprint, String database, Environment env) {
        return new OperationFailed(
                FailureId.CERTIFICATE_MISSING,
                "Backup %s is encrypted with a certificate or key that this server does not have (thumbprint 0x%s)"
                        .formatted(backup, thumbprint),
                Failures.where(env, database),
                SqlErrorRemedies.CREATE_KEY,
                null);
    }

    static OperationFailed noDatabaseKey(String thumbprint, String database, Environment env) {
        return new OperationFailed(
                FailureId.CERTIFICATE_MISSING,
                "The database was encrypted (TDE) with a certificate or key that this server does not have"
                        + " (thumbprint 0x%s)".formatted(thumbprint),
                Failures.where(env, database),
                SqlErrorRemedies.CREATE_KEY,
                null);
    }

    static OperationFailed destinationTaken(String file, String path, String owner, String database, Environment env) {
        return new OperationFailed(
                FailureId.DESTINATION_TAKEN,
                "File %s cannot go to %s, which is a file of %s".formatted(file, path, owner),
                Failures.where(env, database),
                "Name another place with --move %s=PATH, or say --default-paths.".formatted(file),
                null);
    }

    static OperationFailed destinationForeign(String file, String path, String database, Environment env) {
        return new OperationFailed(
                FailureId.DESTINATION_FOREIGN,
                "File %s cannot go to %s: that is a path of another operating system than SQL Server's"
                        .formatted(file, path),
                Failures.where(env, database),
                null);
    }

    /// SQL Server restores it in single-user mode, and Sluice needs sessions beside the restore.
    static OperationFailed master(String database, Environment env) {
        return new OperationFailed(
                FailureId.MASTER_BY_HAND,
                "SQL Server restores master only while it runs in single-user mode, and Sluice needs sessions of its own"
                        + " beside the restore",
                Failures.where(env, database),
                null);
    }

    static OperationFailed tempdb(String database, Environment env) {
        return new OperationFailed(
                FailureId.TEMPDB_NOT_RESTORABLE,
                "SQL Server makes tempdb anew at each start, and never restores it",
                Failures.where(env, database),
                null);
    }

    static OperationFailed noSpace(String volume, long needed, long free, String database, Environment env) {
        return new OperationFailed(
                FailureId.NO_SPACE,
                String.format(
                        Locale.ROOT,
                        "The files of %s need %,d bytes on %s, and %,d are free",
                        database,
                        needed,
                        volume,
                        free),
                Failures.where(env, database),
                null);
    }

    static OperationFailed noSuchFile(String logical, List<String> known, String database, Environment env) {
        return new OperationFailed(
                FailureId.NO_SUCH_FILE,
                known.isEmpty()
                        ? "The restore brings no file %s, and no other".formatted(logical)
                        : "The restore brings no file %s; it brings %s".formatted(logical, String.join(", ", known)),
                Failures.where(env, database),
                known.isEmpty() ? "Leave --move away." : "Say --move with one of these names.",
                null);
    }

    static OperationFailed fileIsThere(String logical, String path, String database, Environment env) {
        return new OperationFailed(
                FailureId.FILE_IS_THERE,
                "File %s is at %s already, and a restore that goes on does not move it".formatted(logical, path),
                Failures.where(env, database),
                null);
    }

    /// @param bytes that it has; null when it is not there
    /// @param all   how many objects it is so with
    static OperationFailed objectMissing(
            BackupDocument backup,
            BackupDocument.Stripe stripe,
            BackupDocument.Segment segment,
            @Nullable Long bytes,
            int all) {
        String what = bytes == null
                ? String.format(
                        Locale.ROOT, "Stripe %d of backup %s is not in the bucket", stripe.index(), backup.backupId())
                : String.format(
                        Locale.ROOT,
                        "Stripe %d of backup %s has %,d bytes in the bucket, and had %,d when it was stored",
                        stripe.index(),
                        backup.backupId(),
                        bytes,
                        segment.bytes());
        return new OperationFailed(
                FailureId.OBJECT_MISSING,
                what + andMore(all),
                "object " + segment.key(),
                "If the bucket keeps versions, bring the object back; otherwise plan without this backup: --without "
                        + backup.backupId() + ".",
                null);
    }

    /// @param backup whose sums are too many for its document
    static OperationFailed sumsMissing(BackupDocument backup, int all) {
        return new OperationFailed(
                FailureId.SUMS_UNREADABLE,
                "The sums of backup %s are not in the bucket as they were stored, and without them nothing can tell whether its bytes are"
                                .formatted(backup.backupId())
                        + andMore(all),
                "object " + (backup.sums() == null ? "" : backup.sums().key()),
                "If the bucket keeps versions, bring the object back; otherwise plan without this backup: --without "
                        + backup.backupId() + ".",
                null);
    }

    private static String andMore(int all) {
        return all == 1 ? "" : String.format(Locale.ROOT, "; %d more objects are missing or of another size", all - 1);
    }

    /// @param archived at least one
    static OperationFailed objectArchived(List<ObjectAccess.Archived> archived, StoreConfig store) {
        long thawing = archived.stream().filter(ObjectAccess.Archived::thawing).count();
        String under = thawing == 0
                ? ""
                : String.format(Locale.ROOT, "; a thaw of %d of them is under way, and not done", thawing);
        List<ObjectAccess.Archived> asleep =
                archived.stream().filter(each -> !each.thawing()).toList();
        String hint = asleep.isEmpty()
                ? "Wait for the thaw: `--plan` tells when it is done."
                : "Ask for each of them with RestoreObject, wait until `--plan` finds them thawed, and restore then: "
                        + commands(asleep, store);
        return new OperationFailed(
                FailureId.OBJECT_ARCHIVED,
                String.format(
                                Locale.ROOT,
                                "%d objects that the restore reads are in an archive (%s) and cannot be read before they"
                                        + " are thawed: ",
                                archived.size(),
                                archived.stream()
                                        .map(ObjectAccess.Archived::archive)
                                        .distinct()
                                        .collect(Collectors.joining(", ")))
                        + named(archived.stream()
                                .map(ObjectAccess.Archived::key)
                                .toList())
                        + under,
                "object " + archived.getFirst().key(),
                hint,
                null);
    }

    /// A copy of an archived object is there for some days; one in a tier of INTELLIGENT_TIERING comes back for
    /// good.
    private static String commands(List<ObjectAccess.Archived> asleep, StoreConfig store) {
        String commands = asleep.stream()
                .limit(NAMED)
                .map(each ->
                        "`aws s3api restore-object --bucket %s --key %s%s --restore-request '{%s\"GlacierJobParameters\":{\"Tier\":\"Standard\"}}'`"
                                .formatted(
                                        store.bucket(), store.prefix(), each.key(), each.tiered() ? "" : "\"Days\":7,"))
                .collect(Collectors.joining(" "));
        return asleep.size() <= NAMED
                ? commands
                : String.format(
                        Locale.ROOT,
                        "%s and so on for %d more, which --json names as subjects",
                        commands,
                        asleep.size() - NAMED);
    }

    private static String named(List<String> keys) {
        String named = keys.stream().limit(NAMED).collect(Collectors.joining(", "));
        return keys.size() <= NAMED ? named : String.format(Locale.ROOT, "%s and %d more", named, keys.size() - NAMED);
    }

    /// @param refusals at least one
    static OperationFailed objectRefused(List<S3Failure> refusals) {
        S3Failure first = refusals.getFirst();
        boolean key = first.code().startsWith("KMS")
                || String.valueOf(first.getMessage()).toLowerCase(Locale.ROOT).contains("kms");
        return new OperationFailed(
                FailureId.OBJECT_REFUSED,
                String.format(
                        Locale.ROOT,
                        "The bucket refuses %d objects that the restore reads; of the first one: %s",
                        refusals.size(),
                        first.getMessage()),
                "object " + first.key(),
                key
                        ? "The key in KMS that the object is encrypted with must be enabled, and these credentials need"
                                + " kms:Decrypt on it."
                        : "These credentials need s3:GetObject on the object: look at its bucket's policy.",
                first);
    }

    /// @param now its ETag
    /// @param all how many objects it is so with
    static OperationFailed objectChanged(BackupDocument backup, BackupDocument.Segment segment, String now, int all) {
        return new OperationFailed(
                FailureId.OBJECT_CHANGED,
                String.format(
                        Locale.ROOT,
                        "%d objects were written again since they were stored: the first one, of backup %s, has ETag %s, and"
                                + " had %s",
                        all,
                        backup.backupId(),
                        now,
                        segment.eTag()),
                "object " + segment.key(),
                "If the bucket keeps versions, bring back the one that was stored. If the objects were copied on purpose,"
                        + " as into another bucket or storage class, say --accept-rewritten: every block is checked before"
                        + " SQL Server gets it, and `sluice verify %s` checks all of them beforehand."
                                .formatted(backup.backupId()),
                null);
    }

    /// A restore writes nothing, so that rights to write are no matter.
    static OperationFailed store(S3Failure e, List<ServerMessage> said) {
        OperationFailed failure = Failures.store(e, said);
        return failure.id() == FailureId.STORE_FAILED
                ? failure.withHint("Check that the endpoint answers and that the credentials may read from the bucket;"
                        + " `sluice restore DB --plan` shows what a restore needs, and what of it is there.")
                : failure;
    }

    /// Named before anything that SQL Server says about it: it only sees that a read failed.
    static OperationFailed corrupt(CorruptBlockException e, String backup, Verdict verdict) {
        return new OperationFailed(
                FailureId.CORRUPT_OBJECT,
                "%s; SQL Server was not given it%s"
                        .formatted(
                                e.getMessage(), verdict.errors().isEmpty() ? "" : ", and says:\n" + verdict.errors()),
                String.format(
                        Locale.ROOT,
                        "backup %s, object %s, block %d, offset %d",
                        backup,
                        e.key(),
                        e.block(),
                        e.offset()),
                "If the bucket keeps versions, bring back the one that was stored; otherwise restore without this"
                        + " backup: --without " + backup + ".",
                e);
    }

    static OperationFailed notReached(String database, Environment env) {
        return new OperationFailed(
                FailureId.POINT_NOT_REACHED,
                "SQL Server has restored all log backups that there are, and has not met the wanted point",
                Failures.where(env, database),
                "The database waits: take another log backup and go on with --continue and the same --to or mark, or open it as"
                        + " it is with RESTORE DATABASE %s WITH RECOVERY.".formatted(Tsql.identifier(database)),
                null);
    }

    static OperationFailed segmented(String backup) {
        return new OperationFailed(
                FailureId.IN_SEGMENTS,
                "A stripe of backup %s is in several objects, which SQL Server cannot read as one".formatted(backup),
                "backup " + backup,
                null);
    }

    /// @param why which line of the script is meant, and who would read something else in it
    static OperationFailed unsafeScript(String database, String why) {
        return new OperationFailed(
                FailureId.SCRIPT_UNSAFE,
                "No script is written: " + why,
                "database " + database,
                "Restore with Sluice itself, which sends such names to SQL Server without a client between; a file that"
                        + " stays where the backup has it needs no MOVE, and then its name is not in the script.",
                null);
    }

    /// A failure in the middle: what is there stays, and can be gone on with.
    /// A restore that is cancelled keeps what it has got so far, unlike a backup.
    static OperationFailed cancelled(String runId, Verdict verdict) {
        return Failures.cancelled(runId, verdict)
                .withHint("If the database is there, it waits for a restore: begin anew with --replace.");
    }

    static OperationFailed inTheMiddle(OperationFailed failure, int step, int steps, String what) {
        return new OperationFailed(
                failure.id(),
                String.format(Locale.ROOT, "Step %d of %d (%s): %s", step, steps, what, failure.what()),
                failure.where(),
                failure.hint() + (step > 1 ? " The steps before it stay: go on with --continue." : ""),
                failure);
    }
}
