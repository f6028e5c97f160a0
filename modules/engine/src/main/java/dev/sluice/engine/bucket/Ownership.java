package dev.sluice.engine.bucket;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.OwnerDocument;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlSession;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Keeps two servers that were configured with the same identity apart: the first one claims the
/// directory in the bucket, and the other one is turned away before it writes, or decides, anything.
///
/// Replicas of one availability group share an identity on purpose, and are let in by the group. Each of them has
/// locks, requests and an msdb of its own, so what one of them has begun only that one can decide about.
///
/// @param owner  the server that has claimed the directory
/// @param server this one
public record Ownership(ServerIdentity owner, ServerIdentity server) {

    /// As [#claim], for a backup: the bucket is not asked again when this process knows that the directory is this
    /// server's.
    ///
    /// The document changes only when a person deletes it, which the message above allows for a directory that
    /// nothing else writes to. Who SQL Server is, it is asked each time. What deletes asks the bucket each time
    /// too: a backup only adds objects, all of them named by an id of its own.
    public static Ownership known(
            Environment env, Blocking blocking, ProcessState processState, SqlSession session, Instant now) {
        OwnerDocument owner = processState.owner().orElse(null);
        if (owner == null) {
            return claim(env, blocking, processState, session, now);
        }
        Ownership ownership = new Ownership(owner.identity(), ServerFacts.identity(session));
        return isSame(ownership.owner, ownership.server) ? ownership : claim(env, blocking, processState, session, now);
    }

    /// Claims the directory, or finds it claimed by this server.
    ///
    /// **Errors:** [OperationFailed] when it is another's.
    public static Ownership claim(Environment env, Blocking blocking, SqlSession session, Instant now) {
        return claim(env, blocking, new ProcessState(), session, now);
    }

    /// @param processState is told who has it
    public static Ownership claim(
            Environment env, Blocking blocking, ProcessState processState, SqlSession session, Instant now) {
        ServerIdentity server = ServerFacts.identity(session);
        // Until it is read: one that cannot be read is no longer believed.
        processState.forgetOwner();
        OwnerDocument owner = blocking.read(env.catalog().owner())
                .or(() -> Blocking.uncancellably(env.catalog()
                        .claim(new OwnerDocument(BackupDocument.SCHEMA_VERSION, env.identity(), now, server))))
                .orElseThrow();
        processState.owner(owner);
        Ownership ownership = new Ownership(owner.identity(), server);
        if (!isSame(ownership.owner, ownership.server)) {
            throw new OperationFailed(
                    FailureId.IDENTITY_TAKEN,
                    "The identity %s belongs to another server (%s, since %s), and this one is %s"
                            .formatted(
                                    env.identity(), ownership.owner.name(), owner.claimedAt(), ownership.server.name()),
                    "object " + env.store().config().prefix()
                            + env.catalog().keys().owner(),
                    null);
        }
        return ownership;
    }

    /// Whether the identity may be this server's: its own, or that of a group that it belongs to.
    public static boolean isSame(ServerIdentity owner, ServerIdentity server) {
        return owner.sharesGroup(server) || owner.isItself(server);
    }

    /// Whether the directory was claimed by another replica. Databases outside of the group have their namesakes
    /// there, `master` for one.
    public boolean isShared() {
        return !owner.isItself(server);
    }

    /// This server, as a pending document names it: who has begun the backup.
    public ServerIdentity taker() {
        return server.withoutGroups();
    }

    /// The name of the replica that alone can decide about the backup; null when this server can. A server
    /// outside of all groups has no replica beside it, under whichever name the backup began.
    @Nullable
    public String otherReplica(BackupDocument pending) {
        ServerIdentity taker = pending.taker().orElse(server);
        return server.groups().isEmpty() || taker.isItself(server) ? null : taker.name();
    }
}
