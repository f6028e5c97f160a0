package dev.sluice.simulator.database;

import java.util.UUID;

/// Who may use a database, and whether its Service Broker delivers messages.
///
/// @param restricted whether only members of db_owner, dbcreator and sysadmin may use it
/// @param broker     whether messages are delivered
/// @param brokerId   the broker's identifier
public record Access(boolean restricted, boolean broker, UUID brokerId) {

    static Access fresh() {
        return new Access(false, false, UUID.randomUUID());
    }

    public Access restricted(boolean other) {
        return new Access(other, broker, brokerId);
    }

    public Access broker(boolean other) {
        return new Access(restricted, other, brokerId);
    }

    public Access newBroker() {
        return new Access(restricted, true, UUID.randomUUID());
    }
}
