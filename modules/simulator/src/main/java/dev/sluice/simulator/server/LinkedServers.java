package dev.sluice.simulator.server;

import static dev.sluice.simulator.server.ColumnTypes.SYSNAME;
import static dev.sluice.simulator.tds.SqlType.BIT;
import static dev.sluice.simulator.tds.SqlType.INT;

import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Linked servers: their definitions and logins. Nothing can be asked of them.
///
/// **Threading:** any thread.
final class LinkedServers {

    private static final Set<String> OPTIONS = Set.of("rpc", "rpc out", "data access", "collation compatible");

    /// @param options by name, true or false
    record Linked(
            int id,
            String name,
            String product,
            @Nullable String provider,
            @Nullable String source,
            @Nullable String location,
            @Nullable String providerString,
            @Nullable String catalog,
            Map<String, Boolean> options) {

        boolean option(String name, boolean otherwise) {
            return options.getOrDefault(name, otherwise);
        }
    }

    /// @param local  id of the login that it is for; 0 for all
    /// @param remote null with the login's own credentials
    record LinkedLogin(int server, int local, @Nullable String remote) {}

    record Saved(List<Linked> servers, List<LinkedLogin> logins) {
        static final Saved NOTHING = new Saved(List.of(), List.of());
    }

    private final Collation collation;
    private final String local;
    private final List<Linked> servers = new ArrayList<>();
    private final List<LinkedLogin> logins = new ArrayList<>();

    LinkedServers(Collation collation, String local, Saved saved) {
        this.collation = collation;
        this.local = local;
        servers.addAll(saved.servers());
        logins.addAll(saved.logins());
    }

    synchronized Saved saved() {
        return new Saved(List.copyOf(servers), List.copyOf(logins));
    }

    private Linked required(String name) {
        return servers.stream()
                .filter(one -> collation.equal(one.name(), name))
                .findFirst()
                .orElseThrow(() -> SqlFailure.error(
                        15015,
                        "The server '%s' does not exist. Use sp_helpserver to show available servers."
                                .formatted(name)));
    }

    /// `sp_addlinkedserver`.
    synchronized void add(Procedures.Arguments arguments) {
        String name = arguments.text("@server", 0, "");
        if (servers.stream().anyMatch(one -> collation.equal(one.name(), name)) || collation.equal(local, name)) {
            throw SqlFailure.error(15028, "The server '%s' already exists.".formatted(name));
        }
        String product = arguments.text("@srvproduct", 1, "SQL Server");
        String provider = text(arguments, "@provider", 2);
        if (product.equals("SQL Server") && provider != null) {
            throw SqlFailure.error(
                    15428, "You cannot specify a provider or any properties for product '%s'.".formatted(product));
        }
        if (!product.equals("SQL Server") && provider == null) {
            throw SqlFailure.error(
                    15427, "You must specify a provider name for unknown product '%s'.".formatted(product));
        }
        servers.add(new Linked(
                servers.stream().mapToInt(Linked::id).max().orElse(0) + 1,
                name,
                product,
                provider == null ? "SQLNCLI" : provider,
                provider == null ? name : text(arguments, "@datasrc", 3),
                text(arguments, "@location", 4),
                text(arguments, "@provstr", 5),
                text(arguments, "@catalog", 6),
                Map.of()));
    }

    private static @Nullable String text(Procedures.Arguments arguments, String name, int place) {
        Object value = arguments.get(name, place);
        return value == null ? null : String.valueOf(value);
    }

    /// `sp_serveroption`.
    synchronized void option(Procedures.Arguments arguments) {
        Linked before = required(arguments.text("@server", 0, ""));
        String option = arguments.text("@optname", 1, "");
        String value = arguments.text("@optvalue", 2, "");
        if (!OPTIONS.contains(option) || !Set.of("true", "false").contains(value)) {
            throw SqlFailure.error(
                    15600, "An invalid parameter or option was specified for procedure 'sys.sp_serveroption'.");
        }
        Map<String, Boolean> options = new HashMap<>(before.options());
        options.put(option, value.equals("true"));
        servers.set(
                servers.indexOf(before),
                new Linked(
                        before.id(),
                        before.name(),
                        before.product(),
                        before.provider(),
                        before.source(),
                        before.location(),
                        before.providerString(),
                        before.catalog(),
                        Map.copyOf(options)));
    }

    /// `sp_addlinkedsrvlogin`.
    ///
    /// @param principal id of the local login; 0 for all
    synchronized void login(Procedures.Arguments arguments, int principal) {
        Linked server = required(arguments.text("@rmtsrvname", 0, ""));
        boolean self = !arguments.text("@useself", 1, "TRUE").equalsIgnoreCase("FALSE");
        String remote = self ? null : text(arguments, "@rmtuser", 3);
        logins.removeIf(old -> old.server() == server.id() && old.local() == principal);
        logins.add(new LinkedLogin(server.id(), principal, remote));
    }

    synchronized Relation view() {
        List<Linked> all = new ArrayList<>();
        all.add(new Linked(0, local, "SQL Server", "SQLNCLI", local, null, null, null, Map.of()));
        all.addAll(servers);
        return Relation.of(all)
                .column("server_id", INT, Linked::id)
                .column("name", SYSNAME, Linked::name)
                .column("product", SYSNAME, Linked::product)
                .column("provider", SYSNAME, Linked::provider)
                .column("data_source", SqlType.nvarchar(4000), Linked::source)
                .column("location", SqlType.nvarchar(4000), Linked::location)
                .column("provider_string", SqlType.nvarchar(4000), Linked::providerString)
                .column("catalog", SYSNAME, Linked::catalog)
                .column("is_linked", BIT, one -> one.id() != 0)
                .column("is_remote_login_enabled", BIT, one -> one.option("rpc", one.id() == 0))
                .column("is_rpc_out_enabled", BIT, one -> one.option("rpc out", one.id() == 0))
                .column("is_data_access_enabled", BIT, one -> one.option("data access", one.id() != 0))
                .column("is_collation_compatible", BIT, one -> one.option("collation compatible", false))
                .build();
    }

    synchronized Relation logins() {
        return Relation.of(List.copyOf(logins))
                .column("server_id", INT, LinkedLogin::server)
                .column("local_principal_id", INT, LinkedLogin::local)
                .column("uses_self_credential", BIT, one -> one.remote() == null)
                .column("remote_name", SYSNAME, LinkedLogin::remote)
                .build();
    }
}
