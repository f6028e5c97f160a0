package dev.sluice.engine.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What SQL Server is told about a database in the statement that opens it.
///
/// **Source:** the documentation of RESTORE's arguments. KEEP_REPLICATION and KEEP_CDC are not permitted with
/// NORECOVERY, and RESTRICTED_USER is for RECOVERY. What STANDBY does with any of them it does not say, so they
/// belong to RECOVERY alone here.
///
/// @param restrictedUser  whether only members of db_owner, dbcreator and sysadmin may use the database
/// @param keepReplication whether the settings of replication stay
/// @param keepCdc         whether the settings of change data capture stay
/// @param broker          what becomes of Service Broker; null to leave it switched off, as RESTORE does
public record Opening(
        boolean restrictedUser,
        boolean keepReplication,
        boolean keepCdc,
        @Nullable Broker broker) {

    /// Service Broker's message delivery and identifier.
    public enum Broker {
        /// Messages are delivered from the end of the restore on.
        ENABLE_BROKER,
        /// As a new broker: conversations are removed without a word to their other ends.
        NEW_BROKER,
        /// Conversations end with an error, then messages are delivered.
        ERROR_BROKER_CONVERSATIONS
    }

    /// As RESTORE opens a database by itself.
    public static final Opening PLAIN = new Opening(false, false, false, null);

    /// The options of RESTORE, in its own words.
    public List<String> options() {
        List<String> options = new ArrayList<>();
        if (restrictedUser) {
            options.add("RESTRICTED_USER");
        }
        if (keepReplication) {
            options.add("KEEP_REPLICATION");
        }
        if (keepCdc) {
            options.add("KEEP_CDC");
        }
        if (broker != null) {
            options.add(broker.name());
        }
        return options;
    }

    /// The option that RESTORE DATABASE takes, and RESTORE LOG does not.
    public Optional<Broker> ofDatabasesOnly() {
        return Optional.ofNullable(broker);
    }
}
