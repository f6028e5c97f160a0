package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.Membership;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.SqlType;
import java.util.HashSet;
import java.util.Set;

/// Views of availability groups, as far as this server has a part in any.
final class GroupViews {

    private static final SqlType NAME = SqlType.nvarchar(128);
    private static final SqlType DESCRIPTION = SqlType.nvarchar(60);

    private GroupViews() {}

    static Relation groups(Instance instance) {
        Relation.Builder rows = Relation.of(
                "group_id",
                SqlType.UNIQUEIDENTIFIER,
                "name",
                NAME,
                "automated_backup_preference",
                SqlType.TINYINT,
                "automated_backup_preference_desc",
                DESCRIPTION);
        Set<String> told = new HashSet<>();
        for (Database database : instance.databases().all()) {
            Membership membership = database.membership();
            if (membership != null && told.add(membership.group())) {
                rows.row(membership.groupId(), membership.group(), (short) 2, "secondary");
            }
        }
        return rows.build();
    }

    static Relation replicas(Instance instance) {
        Relation.Builder rows = Relation.of(
                "replica_id",
                SqlType.UNIQUEIDENTIFIER,
                "group_id",
                SqlType.UNIQUEIDENTIFIER,
                "replica_server_name",
                SqlType.nvarchar(256),
                "backup_priority",
                SqlType.INT);
        for (Database database : instance.databases().all()) {
            Membership membership = database.membership();
            if (membership != null) {
                rows.row(
                        membership.replica(),
                        membership.groupId(),
                        instance.options().serverName(),
                        50);
            }
        }
        return rows.build();
    }

    static Relation states(Instance instance) {
        Relation.Builder rows = Relation.of(
                "database_id",
                SqlType.INT,
                "group_id",
                SqlType.UNIQUEIDENTIFIER,
                "replica_id",
                SqlType.UNIQUEIDENTIFIER,
                "is_local",
                SqlType.BIT,
                "is_primary_replica",
                SqlType.BIT,
                "synchronization_state_desc",
                DESCRIPTION,
                "database_state_desc",
                DESCRIPTION);
        for (Database database : instance.databases().all()) {
            Membership membership = database.membership();
            if (membership != null) {
                rows.row(
                        database.id(),
                        membership.groupId(),
                        membership.replica(),
                        true,
                        membership.primary(),
                        "SYNCHRONIZED",
                        database.state().name());
            }
        }
        return rows.build();
    }
}
