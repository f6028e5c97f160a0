package dev.sluice.simulator.server;

import static dev.sluice.simulator.server.ColumnTypes.DESCRIPTION;
import static dev.sluice.simulator.server.ColumnTypes.GUID;
import static dev.sluice.simulator.server.ColumnTypes.SYSNAME;
import static dev.sluice.simulator.tds.SqlType.BIT;
import static dev.sluice.simulator.tds.SqlType.INT;
import static dev.sluice.simulator.tds.SqlType.TINYINT;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.Membership;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.SqlType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Views of availability groups, as far as this server has a part in any.
final class GroupViews {

    private GroupViews() {}

    private record Member(Database database, Membership place) {
        String state() {
            return database.state().name();
        }
    }

    private static List<Member> members(Instance instance) {
        List<Member> members = new ArrayList<>();
        for (Database database : instance.databases().all()) {
            Membership place = database.membership();
            if (place != null) {
                members.add(new Member(database, place));
            }
        }
        return members;
    }

    static Relation groups(Instance instance) {
        Map<String, Membership> byName = new LinkedHashMap<>();
        members(instance).forEach(member -> byName.putIfAbsent(member.place().group(), member.place()));
        return Relation.of(byName.values())
                .column("group_id", GUID, Membership::groupId)
                .column("name", SYSNAME, Membership::group)
                .column("automated_backup_preference", TINYINT, _ -> 2)
                .column("automated_backup_preference_desc", DESCRIPTION, _ -> "secondary")
                .build();
    }

    static Relation replicas(Instance instance) {
        String server = instance.options().serverName();
        return Relation.of(members(instance))
                .column("replica_id", GUID, m -> m.place().replica())
                .column("group_id", GUID, m -> m.place().groupId())
                .column("replica_server_name", SqlType.nvarchar(256), _ -> server)
                .column("backup_priority", INT, _ -> 50)
                .build();
    }

    static Relation states(Instance instance) {
        return Relation.of(members(instance))
                .column("database_id", INT, m -> m.database().id())
                .column("group_id", GUID, m -> m.place().groupId())
                .column("replica_id", GUID, m -> m.place().replica())
                .column("is_local", BIT, _ -> true)
                .column("is_primary_replica", BIT, m -> m.place().primary())
                .column("synchronization_state_desc", DESCRIPTION, _ -> "SYNCHRONIZED")
                .column("database_state_desc", DESCRIPTION, m -> m.state())
                .build();
    }
}
