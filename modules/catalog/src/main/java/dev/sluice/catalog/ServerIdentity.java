package dev.sluice.catalog;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The facts that tell one server from others.
///
/// @param name    `SERVERPROPERTY('ServerName')`
/// @param machine `SERVERPROPERTY('MachineName')`; null when unknown
/// @param broker  `service_broker_guid` of msdb, which stays when the names change; null when unknown
/// @param groups  the server's availability groups
public record ServerIdentity(
        String name, @Nullable String machine, @Nullable String broker, List<String> groups) {

    private static final String NAME = "server_name";
    private static final String MACHINE = "machine_name";
    private static final String BROKER = "msdb_service_broker_guid";
    private static final String GROUPS = "availability_groups";
    private static final int LONGEST = 256;

    public ServerIdentity {
        groups = List.copyOf(groups);
    }

    /// **Errors:** [IllegalArgumentException], which names the member.
    public static ServerIdentity of(Map<?, ?> facts) {
        facts.forEach((name, value) -> {
            boolean sound = GROUPS.equals(name)
                    ? (value instanceof List<?> all && all.stream().allMatch(ServerIdentity::isText))
                    : isText(value);
            if (!sound) {
                throw new IllegalArgumentException("%s must be %s, but is '%s'"
                        .formatted(
                                PrintableText.text(String.valueOf(name)),
                                GROUPS.equals(name) ? "a list of texts" : "a text",
                                PrintableText.text(String.valueOf(value))));
            }
        });
        if (!(facts.get(NAME) instanceof String name) || name.isBlank()) {
            throw new IllegalArgumentException(NAME + " is missing");
        }
        return new ServerIdentity(
                name,
                facts.get(MACHINE) instanceof String machine ? machine : null,
                facts.get(BROKER) instanceof String broker ? broker : null,
                facts.get(GROUPS) instanceof List<?> groups
                        ? groups.stream().map(String::valueOf).toList()
                        : List.of());
    }

    /// Under the names of [FactSchema#IDENTITY]; what is not known is absent. A backup's document does not say that
    /// there are no groups: the owner document does.
    Map<String, Object> members(boolean ofOwner) {
        Map<String, Object> members = new LinkedHashMap<>();
        FactSchema.put(members, MACHINE, machine);
        members.put(NAME, name);
        FactSchema.put(members, BROKER, broker);
        FactSchema.put(members, GROUPS, groups.isEmpty() && !ofOwner ? null : groups);
        return members;
    }

    /// The same server, without its groups.
    public ServerIdentity withoutGroups() {
        return new ServerIdentity(name, machine, broker, List.of());
    }

    private static boolean isText(@Nullable Object value) {
        return value instanceof String text && text.length() <= LONGEST;
    }

    /// Two identities are the same server if they have the same msdb broker GUID; if one has none, if they have
    /// the same name.
    public boolean isItself(ServerIdentity other) {
        return (broker != null && other.broker != null)
                ? Objects.equals(broker, other.broker)
                : name.equalsIgnoreCase(other.name);
    }

    public boolean sharesGroup(ServerIdentity other) {
        return groups.stream().anyMatch(other.groups::contains);
    }
}
