package dev.sluice.engine.run;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.CorruptBlockException;
import dev.sluice.s3.S3Failure;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// How each failure of a use case is told, in one place, so that ids and hints stay of one kind.
public final class Failures {

    private Failures() {}

    public static OperationFailed sqlServer(SqlServerUnavailable e, Environment env, String database) {
        if (e.isBlocked()) {
            return new OperationFailed(
                    FailureId.SQL_SERVER_BLOCKED, String.valueOf(e.getMessage()), where(env, database), e);
        }
        String hint = e.remedy()
                .orElseGet(() -> e.number() == 3265
                        ? "Make the login a member of sysadmin: virtual devices ask for no less."
                        : "Check that SQL Server runs, that server.url is right and that the login may connect.");
        return new OperationFailed(idOf(e), String.valueOf(e.getMessage()), where(env, database), hint, e);
    }

    private static FailureId idOf(SqlServerUnavailable e) {
        return e.isBlocked()
                ? FailureId.SQL_SERVER_BLOCKED
                : e.isWithoutTicket() ? FailureId.KERBEROS_FAILED : FailureId.SQL_SERVER_UNAVAILABLE;
    }

    /// Any exception that comes out of the engine, as a failure: the one place where exceptions become ids.
    ///
    /// What a run has told itself stays as it is. The rest comes from what asks SQL Server or the bucket outside of
    /// runs.
    public static OperationFailed of(Throwable e) {
        return switch (e) {
            case OperationFailed failure -> failure;
            case S3Failure store -> StoreFailures.of(store);
            case CatalogException document ->
                new OperationFailed(
                        FailureId.CATALOG_UNREADABLE,
                        String.valueOf(document.getMessage()),
                        "the bucket",
                        StoreFailures.hint(document),
                        document);
            case SqlServerUnavailable server ->
                new OperationFailed(
                        idOf(server),
                        String.valueOf(server.getMessage()),
                        "SQL Server",
                        server.remedy().orElse(idOf(server).remedy()),
                        server);
            case CancellationException cancelled ->
                new OperationFailed(FailureId.CANCELLED, "Cancelled", "this run", cancelled);
            case CompletionException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
            default ->
                new OperationFailed(
                        FailureId.UNEXPECTED, e.getClass().getSimpleName() + ": " + e.getMessage(), "Sluice", e);
        };
    }

    public static OperationFailed store(S3Failure e, List<ServerMessage> said) {
        String sql = errors(said);
        return sql.isEmpty() ? StoreFailures.of(e) : StoreFailures.of(e, sql + "\ncaused by: " + e.getMessage());
    }

    public static OperationFailed catalog(CatalogException e, Environment env) {
        return new OperationFailed(
                FailureId.CATALOG_UNREADABLE,
                String.valueOf(e.getMessage()),
                "bucket " + env.store().config().bucket(),
                StoreFailures.hint(e),
                e);
    }

    /// A backup could not be had with its sums.
    public static OperationFailed unreadable(CatalogException e, BackupDocument backup, Environment env) {
        if (backup.sums() == null) {
            return catalog(e, env); // its document has them
        }
        return new OperationFailed(
                FailureId.SUMS_UNREADABLE,
                String.valueOf(e.getMessage()),
                "bucket " + env.store().config().bucket(),
                "If the bucket keeps versions, bring the older one back; otherwise plan without this backup: --without "
                        + backup.backupId() + ".",
                e);
    }

    public static OperationFailed corrupt(CorruptBlockException e) {
        return new OperationFailed(
                FailureId.CORRUPT_BLOCK,
                String.valueOf(e.getMessage()),
                String.format(Locale.ROOT, "object %s, block %d, offset %d", e.key(), e.block(), e.offset()),
                e);
    }

    public static OperationFailed noSuchDatabase(String database, Environment env) {
        return new OperationFailed(
                FailureId.NO_SUCH_DATABASE,
                "There is no database %s".formatted(database),
                where(env, database),
                "Names are compared as SQL Server's collation says; list them with SELECT name FROM sys.databases.",
                null);
    }

    public static OperationFailed removedMeanwhile(BackupDocument backup, Environment env) {
        return new OperationFailed(
                FailureId.NO_SUCH_BACKUP,
                "Backup %s was removed while it was wanted".formatted(backup.backupId()),
                where(env, backup.database()),
                "List the backups again with `sluice list %s`.".formatted(backup.database()),
                null);
    }

    /// A byte that nothing checks is never handed to SQL Server, nor given out as verified.
    public static OperationFailed withoutSums(BackupDocument.Segment segment) {
        return new OperationFailed(
                FailureId.NO_SUMS,
                "No sums of %s were ever made, so nothing can tell whether its bytes are as they were stored"
                        .formatted(segment.key()),
                segment.key(),
                null);
    }

    public static OperationFailed notOnline(String database, String state, Environment env) {
        return new OperationFailed(
                FailureId.DATABASE_NOT_ONLINE,
                "Database %s is %s and cannot be backed up".formatted(database, state),
                where(env, database),
                null);
    }

    public static OperationFailed exists(String database, Environment env) {
        return new OperationFailed(
                FailureId.DATABASE_EXISTS,
                "Database %s exists already, and a restore would overwrite it".formatted(database),
                where(env, database),
                null);
    }

    static OperationFailed notEnoughMemory(IllegalArgumentException e) {
        return new OperationFailed(
                FailureId.NOT_ENOUGH_MEMORY,
                String.valueOf(e.getMessage()),
                "memory budget",
                "Raise the budget, or use fewer stripes.",
                e);
    }

    public static OperationFailed busy(String database, String kind, Environment env) {
        return new OperationFailed(
                FailureId.BUSY,
                "Another %s backup of %s is running".formatted(kind, database),
                where(env, database),
                null);
    }

    public static OperationFailed changedMeanwhile(BackupDocument backup, Environment env) {
        return new OperationFailed(
                FailureId.BUSY,
                "The objects of backup %s were replaced twice while it was read".formatted(backup.backupId()),
                where(env, backup.database()),
                "Verify it again when no `sluice join` of it runs.",
                null);
    }

    public static OperationFailed refused(String database, Verdict verdict, Environment env) {
        return refused(database, verdict, env, null);
    }

    public static OperationFailed refused(
            String database, Verdict verdict, Environment env, @Nullable Throwable cause) {
        String errors = verdict.errors();
        String what = errors.isEmpty() && verdict instanceof Verdict.Unknown unknown ? unknown.cause() : errors;
        if (cause != null) {
            what = what + "\ncaused by: " + cause.getMessage();
        }
        String hint = SqlErrorRemedies.of(cause)
                .or(() -> SqlErrorRemedies.of(verdict.messages()))
                .orElse("The first message is SQL Server's reason; its error log may say more.");
        boolean noKey =
                verdict.messages().stream().anyMatch(message -> message.number() == SqlErrorRemedies.NO_CERTIFICATE);
        return noKey
                ? new OperationFailed(FailureId.CERTIFICATE_MISSING, what, where(env, database), hint, cause)
                : new OperationFailed(FailureId.SQL_SERVER_REFUSED, what, where(env, database), hint, cause);
    }

    public static OperationFailed cancelled(String id, Verdict verdict) {
        return new OperationFailed(
                FailureId.CANCELLED,
                verdict.errors().isEmpty() ? "Cancelled" : "Cancelled; SQL Server says:\n" + verdict.errors(),
                "run " + id,
                null);
    }

    /// SQL Server has called a backup good that it never asked us to make durable, and it could not be made so.
    public static OperationFailed notStored(String id, RuntimeException e, Environment env, String database) {
        return new OperationFailed(
                FailureId.NOT_STORED,
                "SQL Server calls backup %s good without having asked for it to be durable, and its last bytes could not be stored: %s"
                        .formatted(id, e.getMessage()),
                where(env, database),
                e);
    }

    public static OperationFailed uncommitted(String id, RuntimeException e, Environment env, String database) {
        return new OperationFailed(
                FailureId.NOT_IN_CATALOG,
                "SQL Server calls backup %s good and all its bytes are stored, but its entry could not be written: %s"
                        .formatted(id, e.getMessage()),
                where(env, database),
                "Run `sluice recover` when the bucket answers again: it writes the entry. Nothing is lost.",
                e);
    }

    /// @param why the verdict is not known
    public static OperationFailed unconfirmed(String id, String why, Environment env, String database) {
        return new OperationFailed(
                FailureId.UNCONFIRMED,
                "All bytes of backup %s are stored, but SQL Server's verdict was lost: %s".formatted(id, why),
                where(env, database),
                null);
    }

    private static String errors(List<ServerMessage> said) {
        return said.stream()
                .filter(ServerMessage::isError)
                .map(ServerMessage::toString)
                .collect(Collectors.joining("\n"));
    }

    public static String where(Environment env, String database) {
        return "database %s on %s".formatted(database, env.server().address());
    }
}
