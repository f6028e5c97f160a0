package dev.sluice.simulator.database;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/// A database's place in an availability group. There is no group behind it: every server of a test is told its own
/// part, and no log goes from one to another.
///
/// @param group     name of the group; the same name is the same group on every server
/// @param replica   of this server
/// @param primary   whether this server has the primary replica
/// @param preferred whether backups should be taken here
public record Membership(String group, UUID replica, boolean primary, boolean preferred) {

    public UUID groupId() {
        return UUID.nameUUIDFromBytes(group.getBytes(StandardCharsets.UTF_8));
    }
}
