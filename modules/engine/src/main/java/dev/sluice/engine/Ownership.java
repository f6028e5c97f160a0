package dev.sluice.engine;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.OwnerDocument;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlSession;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Keeps two servers that were configured with the same identity apart: whoever comes first claims the
/// directory in the bucket, and the other one is turned away before it writes, or decides, anything.
///
/// Replicas of one availability group share an identity on purpose, and are let in by the group. Each of them has
/// locks, requests and an msdb of its own, so what one of them has begun only that one can decide about.
///
/// @param owner  facts of the server that has claimed the directory
/// @param server facts of this one
record Ownership(Map<String, Object> owner, Map<String, Object> server) {

    private static final String BROKER = "msdb_service_broker_guid";
    private static final String NAME = "server_name";
    private static final String GROUPS = "availability_groups";

    /// In a pending document: the server that has begun the backup.
    private static final String TAKER = "taken_by";

    /// Claims the directory, or finds it claimed by this server.
    ///
    /// **Errors:** [OperationFailed] when it is another's.
    static Ownership claim(Environment env, SqlSession session, Instant now) {
        Map<String, Object> facts = new LinkedHashMap<>(ServerFacts.identity(session));
        facts.put(
                GROUPS,
                session.query("SELECT group_id FROM sys.availability_groups").stream()
                        .map(row -> String.valueOf(row.get("group_id")))
                        .toList());
        OwnerDocument owner = env.catalog()
                .owner()
                .switchIfEmpty(env.catalog()
                        .claim(new OwnerDocument(BackupDocument.SCHEMA_VERSION, env.identity(), now, facts)))
                .blockOptional()
                .orElseThrow();
        if (!isSame(owner.facts(), facts)) {
            throw new OperationFailed(
                    "identity-taken",
                    "The identity %s belongs to another server (%s, since %s), and this one is %s"
                            .formatted(env.identity(), owner.facts().get(NAME), owner.claimedAt(), facts.get(NAME)),
                    "object " + env.store().config().prefix()
                            + env.catalog().keys().owner(),
                    "Give every server an identity of its own. If this is the same server under a new name, or made anew,"
                            + " and nothing else writes there: delete the object, and it is claimed again.",
                    null);
        }
        return new Ownership(owner.facts(), facts);
    }

    /// Whether the identity may be this server's: its own, or that of a group that it belongs to.
    static boolean isSame(Map<String, Object> owner, Map<String, Object> server) {
        return shareGroup(owner.get(GROUPS), server.get(GROUPS)) || isItself(owner, server);
    }

    /// A server is itself when msdb's broker says so; without that, when it has the name.
    private static boolean isItself(Map<?, ?> one, Map<?, ?> other) {
        if (one.containsKey(BROKER) && other.containsKey(BROKER)) {
            return Objects.equals(one.get(BROKER), other.get(BROKER));
        }
        return String.valueOf(one.get(NAME)).equalsIgnoreCase(String.valueOf(other.get(NAME)));
    }

    private static boolean shareGroup(@Nullable Object one, @Nullable Object other) {
        return one instanceof List<?> groups
                && other instanceof List<?> others
                && groups.stream().anyMatch(others::contains);
    }

    /// Whether the directory was claimed by another replica. Databases outside of the group have their namesakes
    /// there, `master` for one.
    boolean isShared() {
        return !isItself(owner, server);
    }

    /// Notes in a pending document who has begun the backup.
    void sign(Map<String, Object> inspected) {
        Map<String, Object> signature = new LinkedHashMap<>(server);
        signature.remove(GROUPS);
        inspected.put(TAKER, signature);
    }

    /// The name of the replica that alone can decide about the backup; null when this server can. A server outside of
    /// all groups has nobody beside it, whatever it was called when it began.
    @Nullable
    String otherReplica(BackupDocument pending) {
        boolean alone = !(server.get(GROUPS) instanceof List<?> groups) || groups.isEmpty();
        if (alone || !(pending.inspected().get(TAKER) instanceof Map<?, ?> taker) || isItself(taker, server)) {
            return null;
        }
        return String.valueOf(taker.get(NAME));
    }
}
