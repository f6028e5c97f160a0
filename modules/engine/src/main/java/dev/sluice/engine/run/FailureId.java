package dev.sluice.engine.run;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/// Every way in which a command, a request over HTTP or a job of `serve` can fail.
///
/// The list is closed, and each name is for good: scripts and alerts rest on it. `docs/operations.md` explains each.
public enum FailureId {
    BACKUP_DAMAGED(
            1,
            500,
            Level.ERROR,
            "Do not count on it: take a full backup now. If the bucket keeps versions, bring the " + "older one back."),
    BUSY(1, 409, Level.WARN, "Wait for it, or find its session by the application lock in sys.dm_tran_locks."),
    CANCELLED(1, 409, Level.INFO, "Nothing of it is kept."),
    CANNOT_JOIN(
            1, 409, Level.ERROR, "Leave it as it is: restore, verify and fetch read its segments one after the other."),
    CANNOT_LISTEN(1, 500, Level.ERROR, "Name a free port of this machine in http.listen."),
    CATALOG_UNREADABLE(
            1, 503, Level.ERROR, "Update Sluice if a newer one wrote it; else bring the object's older version back."),
    CERTIFICATE_MISSING(1, 409, Level.ERROR, "Create it in master from its backup, with the private key."),
    COMPRESSION_NOT_AVAILABLE(
            1, 409, Level.ERROR, "Set backup.compression to what this server has, or say --no-compression."),
    CONFIGURATION(2, 500, Level.ERROR, "`sluice config schema` describes what belongs there"),
    CORRUPT_BLOCK(
            1,
            500,
            Level.ERROR,
            "If the bucket keeps versions, bring the older one back; otherwise restore from another backup."),
    CORRUPT_OBJECT(
            1,
            500,
            Level.ERROR,
            "If the bucket keeps versions, bring the stored one back; otherwise restore without this "
                    + "backup: --without ID."),
    DATABASE_DAMAGED(
            1,
            500,
            Level.ERROR,
            "Run DBCC CHECKDB in the database itself: what it finds there too was damaged before the backup. Keep older"
                    + " backups until you know."),
    DATABASE_EXISTS(1, 409, Level.ERROR, "Restore under another name with --as NAME, or say --replace."),
    DATABASE_IN_USE(1, 409, Level.ERROR, "End the sessions that the message names."),
    DATABASE_IS_SNAPSHOT(1, 409, Level.ERROR, "Back up the database that the snapshot belongs to."),
    DATABASE_NOT_ONLINE(1, 409, Level.ERROR, "Bring it online, or finish its restore, first."),
    DATABASE_NOT_RESTORING(
            1, 409, Level.ERROR, "Leave --continue away, and restore under another name with --as NAME."),
    DATABASE_RESTORING(1, 409, Level.ERROR, "Go on where it stands with --continue, or begin anew with --replace."),
    DESTINATION_FOREIGN(1, 409, Level.ERROR, "Leave its --move away, or name a place on SQL Server's machine."),
    DESTINATION_TAKEN(1, 409, Level.ERROR, "Name another place with --move, or say --default-paths."),
    DIFFERENT(1, 500, Level.ERROR, "This is a defect of Sluice's; keep the bucket with --keep and report it."),
    DIRECTORY_NOT_WRITABLE(1, 500, Level.ERROR, "Name a directory that this user may write to."),
    ENCRYPTION_NOT_AVAILABLE(1, 409, Level.ERROR, "Leave backup.encryption out, or say --no-encrypt."),
    EXPORT_DAMAGED(
            1,
            500,
            Level.ERROR,
            "Take an older export (`sluice export list`), or bring the object's older version back."),
    EXPORT_UNREADABLE(
            1,
            500,
            Level.ERROR,
            "The message says why. If it is too large, look for jobs with commands of many megabytes."),
    FILE_EXISTS(1, 409, Level.ERROR, "Fetch into an empty directory."),
    FILE_IS_THERE(
            1,
            409,
            Level.ERROR,
            "Leave its --move away. To have it elsewhere, begin anew with --replace in place of --continue."),
    HELD(1, 409, Level.ERROR, "Look at the hold with `sluice show ID`; `sluice release ID` ends it."),
    HOOK_FAILED(
            1,
            500,
            Level.ERROR,
            "Run the program by hand as Sluice's user; on-failure: continue takes the backup all the same."),
    IDENTITY_TAKEN(
            1,
            409,
            Level.ERROR,
            "Give every server an identity of its own. If this is the same server under a new name, "
                    + "or made anew, and nothing else writes there: delete the object, and it is claimed again."),
    IN_AVAILABILITY_GROUP(
            1, 409, Level.ERROR, "Remove it from the group first, or restore under another name with --as NAME."),
    IN_SEGMENTS(1, 409, Level.ERROR, "Print the script for plain files, and get them with `sluice fetch`."),
    KERBEROS_FAILED(
            1,
            503,
            Level.WARN,
            "Run `sluice doctor`: it fetches a ticket with server.kerberos and says what is in the way."),
    LOG_FILLING_UP(
            1,
            503,
            Level.ERROR,
            "Take a log backup now. Make the log larger, or back up when less is written; the limit "
                    + "is limits.log-percent."),
    MASTER_BY_HAND(
            1,
            409,
            Level.ERROR,
            "Get the plain file with `sluice fetch ID DIR`, start SQL Server in single-user mode, "
                    + "and restore the file as SQL Server's documentation of master says; `sluice restore "
                    + "master --replace --script --files DIR` prints the statement. To look into the backup, "
                    + "restore it under another name with --as NAME."),
    MEMORY_BUDGET(1, 500, Level.ERROR, "Raise the limit of Java that the message names, in SLUICE_JVM_FLAGS."),
    NO_SPACE(1, 409, Level.ERROR, "Put some of them elsewhere with --move LOGICAL=PATH, or make room."),
    NO_STORE_CREDENTIALS(
            1,
            503,
            Level.WARN,
            "Name access-key-id and secret-access-key under store.credentials, or give the process a "
                    + "role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."),
    NO_SUCH_BACKUP(1, 404, Level.ERROR, "List them with `sluice list`."),
    NO_SUCH_DATABASE(1, 404, Level.ERROR, "List the databases with SELECT name FROM sys.databases."),
    NO_SUCH_EXPORT(1, 404, Level.ERROR, "List them with `sluice export list`; `sluice export instance` makes one."),
    NO_SUCH_FILE(1, 409, Level.ERROR, "Say --move with a logical name that the backup has."),
    NO_SUMS(1, 409, Level.ERROR, "Read it with another program, or have the sums made first."),
    NO_VERSIONS(1, 409, Level.ERROR, "Leave --as-of away, or name a bucket that keeps versions."),
    NO_VIRTUAL_DEVICES(1, 409, Level.ERROR, "Use an edition of SQL Server that has virtual devices."),
    NOT_ENOUGH_MEMORY(1, 503, Level.ERROR, "Raise memory.budget, or use fewer stripes."),
    NOT_HELD(1, 404, Level.ERROR, "`sluice list` shows which backups are held, and by whose hold."),
    NOT_IN_AVAILABILITY_GROUP(
            1,
            409,
            Level.ERROR,
            "Back it up under an identity that is this server's alone, from a configuration of its own."),
    NOT_IN_CATALOG(1, 503, Level.ERROR, "Look with `sluice list`; `sluice recover` writes entries that are missing."),
    NOT_LOCKED(
            1,
            503,
            Level.ERROR,
            "Enter the same again when the reason is gone: what is done stays done. docs/operations.md has the rights."),
    NOT_ON_SECONDARY(
            1,
            409,
            Level.ERROR,
            "Take it on the primary replica, or say --no-copy-only: ordinary log backups may be taken on any replica."),
    NOT_PAUSED(1, 404, Level.ERROR, "`sluice pause list` shows what is paused, until when and why."),
    NOT_STORED(
            1,
            503,
            Level.ERROR,
            "Take a full backup as soon as the bucket answers: SQL Server may have truncated its log."),
    NOT_SYSADMIN(1, 409, Level.ERROR, "Make the login a member of sysadmin: virtual devices ask for no less."),
    NOT_UNCONFIRMED(
            1, 409, Level.ERROR, "Run `sluice recover`: it commits or deletes it, or says that it stays unconfirmed."),
    NOTHING_RESTORED_YET(1, 409, Level.ERROR, "Begin anew: leave --continue away and say --replace."),
    OBJECT_ARCHIVED(1, 409, Level.ERROR, "Thaw the objects that the message names."),
    OBJECT_CHANGED(1, 409, Level.ERROR, "If the bucket keeps versions, bring the stored objects back."),
    OBJECT_MISSING(
            1,
            503,
            Level.ERROR,
            "If the bucket keeps versions, bring the object back; otherwise plan without this "
                    + "backup: --without ID."),
    OBJECT_REFUSED(
            1,
            503,
            Level.ERROR,
            "Look at this object: its storage class, its lock, its key of encryption, and the " + "bucket's policy."),
    OTHER_DATABASE(
            1,
            409,
            Level.ERROR,
            "Begin anew: leave --continue away, and say --replace, or restore under another name " + "with --as NAME."),
    OTHER_RECOVERY_FORK(
            1,
            409,
            Level.ERROR,
            "Begin anew: leave --continue away, and say --replace, or restore under another name " + "with --as NAME."),
    POINT_NOT_REACHED(1, 409, Level.ERROR, "Take another log backup and go on with --continue and the same --to."),
    RESTORED_DIFFERS(
            1, 500, Level.ERROR, "Keep the backups, restore them under another name with --as NAME, and look there."),
    SCRIPT_UNSAFE(1, 409, Level.ERROR, "Restore with Sluice itself."),
    SERVER_TOO_OLD(
            1,
            409,
            Level.ERROR,
            "SQL Server restores backups of its own and of older versions only; restore on a newer server."),
    SQL_SERVER_BLOCKED(
            1,
            503,
            Level.WARN,
            "Look for who holds the lock: blocking_session_id and wait_resource in sys.dm_exec_requests."),
    SQL_SERVER_REFUSED(1, 503, Level.ERROR, "The first message is SQL Server's reason; its error log may say more."),
    SQL_SERVER_UNAVAILABLE(
            1, 503, Level.WARN, "Check server.url, the login and the network: `sluice doctor` tries each of them."),
    STALLED(
            1,
            503,
            Level.ERROR,
            "Look at what it waits for (sys.dm_exec_requests, or the endpoint); a longer limit is " + "limits.stall."),
    START_FAILED(1, 500, Level.ERROR, "Name a port that is free, and a directory that can be written."),
    STORE_CERTIFICATES(1, 500, Level.ERROR, "Name a PEM file of certificates that this user may read."),
    STORE_FAILED(1, 503, Level.WARN, "Check that the endpoint answers: `sluice doctor` tries each step."),
    STORE_PROXY(1, 500, Level.ERROR, "Name an HTTP proxy in store.proxy, or write store.proxy: none."),
    STORE_REFUSED(
            1,
            503,
            Level.WARN,
            "Check store.credentials, store.bucket, store.region and this machine's clock: `sluice "
                    + "doctor` tries each of them."),
    STREAM_DAMAGED(
            1,
            500,
            Level.ERROR,
            "Take it again. If it fails again, look at the machine's memory; if always at one place, say so in an issue,"
                    + " and set backup.verify-in-flight to false until then."),
    SUMS_UNREADABLE(
            1,
            503,
            Level.ERROR,
            "If the bucket keeps versions, bring the older one back; otherwise plan without this "
                    + "backup: --without ID."),
    TAIL_WOULD_BE_LOST(
            1, 409, Level.ERROR, "Say --tail to back up the tail of the log first, or --discard-tail to lose it."),
    TEMPDB_NOT_RESTORABLE(1, 409, Level.ERROR, "Restore under another name with --as NAME."),
    UNCONFIRMED(
            1,
            503,
            Level.ERROR,
            "Run `sluice recover` when SQL Server answers again: it asks msdb, and keeps the backup " + "until then."),
    UNEXPECTED(
            1,
            500,
            Level.ERROR,
            "This is a defect of Sluice's; run again with -Dsluice.log=DEBUG in JAVA_TOOL_OPTIONS "
                    + "and report what it prints."),
    UNREACHABLE(1, 409, Level.ERROR, "List what can be reached with `sluice list`."),
    USAGE(2, 400, Level.ERROR, "See the command's --help."),
    VDI_UNAVAILABLE(
            1, 500, Level.ERROR, "Run `sluice doctor`: it looks at the library, this user's rights and /dev/shm."),
    WRONG_PASSPHRASE(
            1,
            409,
            Level.ERROR,
            "Give the passphrase that it was exported with. Nothing else opens it: take an export anew where the server still"
                    + " runs."),
    BAD_REQUEST(1, 400, Level.WARN, "see /openapi.json"),
    FORBIDDEN(1, 403, Level.WARN, "ask 127.0.0.1 or localhost, or set http.token"),
    JOB_OVER(1, 409, Level.INFO, "look at the job: it says how it ended"),
    METHOD_NOT_ALLOWED(1, 405, Level.WARN, "see /openapi.json"),
    NO_SUCH_JOB(1, 404, Level.INFO, "jobs are numbered anew when the program starts, and the oldest are forgotten"),
    NOT_FOUND(1, 404, Level.INFO, "see /openapi.json"),
    UNAUTHORIZED(1, 401, Level.WARN, "send the header Authorization: Bearer with http.token");

    private final String text = name().toLowerCase(Locale.ROOT).replace('_', '-');
    private final int exitCode;
    private final int httpStatus;
    private final Level level;
    private final String remedy;

    FailureId(int exitCode, int httpStatus, Level level, String remedy) {
        this.exitCode = exitCode;
        this.httpStatus = httpStatus;
        this.level = level;
        this.remedy = remedy;
    }

    /// As it is printed: `store-failed`.
    public String text() {
        return text;
    }

    /// Of a command that fails so.
    public int exitCode() {
        return exitCode;
    }

    /// Of a request over HTTP that fails so.
    public int httpStatus() {
        return httpStatus;
    }

    /// Of a line in the log about it.
    public Level level() {
        return level;
    }

    /// What to try, where the failure at hand says nothing more specific.
    public String remedy() {
        return remedy;
    }

    /// Whether the bucket answers no request at all, or refuses each.
    public boolean isStoreOutage() {
        return this == STORE_FAILED || this == STORE_REFUSED || this == NO_STORE_CREDENTIALS;
    }

    /// Whether SQL Server gives no answer, or none of use.
    public boolean isSqlServerOutage() {
        return this == SQL_SERVER_UNAVAILABLE
                || this == SQL_SERVER_BLOCKED
                || this == SQL_SERVER_REFUSED
                || this == KERBEROS_FAILED;
    }

    /// Whether the reason lies in the server, the bucket or this machine, and not in one database.
    public boolean concernsEveryDatabase() {
        return switch (this) {
            case CERTIFICATE_MISSING,
                    COMPRESSION_NOT_AVAILABLE,
                    ENCRYPTION_NOT_AVAILABLE,
                    IDENTITY_TAKEN,
                    KERBEROS_FAILED,
                    NO_STORE_CREDENTIALS,
                    NO_VIRTUAL_DEVICES,
                    NOT_ENOUGH_MEMORY,
                    NOT_SYSADMIN,
                    SERVER_TOO_OLD,
                    SQL_SERVER_UNAVAILABLE,
                    STORE_CERTIFICATES,
                    STORE_FAILED,
                    STORE_PROXY,
                    STORE_REFUSED,
                    VDI_UNAVAILABLE -> true;
            default -> false;
        };
    }

    /// Tells, of work on several databases, when to try no other one: after a cancel, or after two failures in a row
    /// for the same reason that concerns every database.
    ///
    /// **Threading:** one thread at a time.
    public static final class Repetition {

        private @Nullable FailureId last;
        private boolean over;

        public void succeeded() {
            last = null;
        }

        public void failed(FailureId id) {
            over |= id == CANCELLED || (id == last && id.concernsEveryDatabase());
            last = id;
        }

        public boolean concernsTheOthersToo() {
            return over;
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
