package dev.sluice.engine;

import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.OwnerDocument;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Keeps two servers that were configured with the same identity apart: whoever comes first claims the
/// directory in the bucket, and the other one is turned away before it writes, or decides, anything.
///
/// Replicas of one availability group share an identity on purpose, and are let in by the group.
final class Ownership {

    private static final String BROKER = "msdb_service_broker_guid";
    private static final String NAME = "server_name";
    private static final String GROUPS = "availability_groups";

    private Ownership() {}

    /// Claims the directory, or finds it claimed by this server.
    ///
    /// **Errors:** [OperationFailed] when it is another's.
    static void claim(Environment env, SqlSession session, Instant now) {
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
                    "object " + env.catalog().keys().owner(),
                    "Give every server an identity of its own. If this is the same server under a new name, or made anew,"
                            + " and nothing else writes there: delete the object, and it is claimed again.",
                    null);
        }
    }

    /// A server is itself when msdb's broker says so; without that, when it has the name.
    static boolean isSame(Map<String, Object> owner, Map<String, Object> server) {
        if (shareGroup(owner.get(GROUPS), server.get(GROUPS))) {
            return true;
        }
        if (owner.containsKey(BROKER) && server.containsKey(BROKER)) {
            return Objects.equals(owner.get(BROKER), server.get(BROKER));
        }
        return String.valueOf(owner.get(NAME)).equalsIgnoreCase(String.valueOf(server.get(NAME)));
    }

    private static boolean shareGroup(@Nullable Object one, @Nullable Object other) {
        return one instanceof List<?> groups
                && other instanceof List<?> others
                && groups.stream().anyMatch(others::contains);
    }
}
