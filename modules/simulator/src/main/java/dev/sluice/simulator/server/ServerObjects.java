package dev.sluice.simulator.server;

import dev.sluice.simulator.query.Relation;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a server has beside its databases: logins and roles, settings, linked servers, jobs.
///
/// **Threading:** any thread.
///
/// @param principals     logins, roles, permissions
/// @param configurations settings
/// @param linked         linked servers
/// @param jobs           of SQL Server Agent
record ServerObjects(Principals principals, Configurations configurations, LinkedServers linked, AgentJobs jobs) {

    /// What survives the process; null in what older versions wrote.
    record Saved(
            Principals.Saved principals,
            Map<String, Integer> configuration,
            LinkedServers.Saved linked,
            AgentJobs.Saved jobs) {
        static final Saved NOTHING =
                new Saved(Principals.Saved.NOTHING, Map.of(), LinkedServers.Saved.NOTHING, AgentJobs.Saved.NOTHING);
    }

    static ServerObjects of(ServerOptions options, @Nullable Saved before) {
        Saved saved = before == null ? Saved.NOTHING : before;
        Principals principals = new Principals(options, saved.principals());
        return new ServerObjects(
                principals,
                new Configurations(options.collation(), saved.configuration()),
                new LinkedServers(options.collation(), options.serverName(), saved.linked()),
                new AgentJobs(options.collation(), principals, saved.jobs()));
    }

    Saved saved() {
        return new Saved(principals.saved(), configurations.saved(), linked.saved(), jobs.saved());
    }

    /// A view of `sys`, or null.
    @Nullable
    Relation view(String name) {
        return switch (name) {
            case "configurations" -> configurations.view();
            case "server_principals" -> principals.principals();
            case "sql_logins" -> principals.sqlLogins();
            case "server_role_members" -> principals.roleMembers();
            case "server_permissions" -> principals.permissions();
            case "servers" -> linked.view();
            case "linked_logins" -> linked.logins();
            default -> null;
        };
    }
}
