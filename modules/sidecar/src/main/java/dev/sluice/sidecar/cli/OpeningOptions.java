package dev.sluice.sidecar.cli;

import dev.sluice.engine.plan.Opening;
import dev.sluice.engine.plan.Opening.Broker;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What SQL Server is told about the database when it opens it.
final class OpeningOptions {

    @Option(
            names = "--restricted-user",
            description = "Open the database for members of db_owner, dbcreator and sysadmin alone: RESTRICTED_USER.")
    boolean restrictedUser;

    @Option(names = "--keep-replication", description = "Keep the settings of replication: KEEP_REPLICATION.")
    boolean keepReplication;

    @Option(
            names = "--keep-cdc",
            description = "Keep the settings of change data capture: KEEP_CDC. Its jobs are yours to make again"
                    + " (sys.sp_cdc_add_job).")
    boolean keepCdc;

    @Option(
            names = "--enable-broker",
            description = "Deliver Service Broker's messages from the end of the restore on: ENABLE_BROKER.")
    boolean enableBroker;

    @Option(
            names = "--new-broker",
            description =
                    "Give the database a new Service Broker identifier, and remove its conversations: NEW_BROKER.")
    boolean newBroker;

    @Option(
            names = "--error-broker-conversations",
            description = "End all conversations of Service Broker with an error: ERROR_BROKER_CONVERSATIONS.")
    boolean errorBrokerConversations;

    /// **Errors:** [UsageError] when several decide about Service Broker.
    Opening opening() {
        List<Broker> brokers = new ArrayList<>();
        if (enableBroker) {
            brokers.add(Broker.ENABLE_BROKER);
        }
        if (newBroker) {
            brokers.add(Broker.NEW_BROKER);
        }
        if (errorBrokerConversations) {
            brokers.add(Broker.ERROR_BROKER_CONVERSATIONS);
        }
        if (brokers.size() > 1) {
            throw new UsageError(
                    "one option decides about Service Broker: not both %s and %s"
                            .formatted(option(brokers.getFirst()), option(brokers.get(1))),
                    "Leave one of them away.");
        }
        @Nullable Broker broker = brokers.isEmpty() ? null : brokers.getFirst();
        return new Opening(restrictedUser, keepReplication, keepCdc, broker);
    }

    private static String option(Broker broker) {
        return switch (broker) {
            case ENABLE_BROKER -> "--enable-broker";
            case NEW_BROKER -> "--new-broker";
            case ERROR_BROKER_CONVERSATIONS -> "--error-broker-conversations";
        };
    }
}
