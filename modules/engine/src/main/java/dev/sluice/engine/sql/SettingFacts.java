package dev.sluice.engine.sql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Settings of `sp_configure`, and linked servers.
///
/// **Source:** the documentation of `sys.configurations`, `sys.servers` and `sys.linked_logins`.
public record SettingFacts(List<Setting> settings, List<Linked> linked) {

    public SettingFacts {
        settings = List.copyOf(settings);
        linked = List.copyOf(linked);
    }

    /// @param value as configured, in use or not
    public record Setting(String name, long value, boolean advanced) {}

    /// @param rpc options as `sp_serveroption` names them
    public record Linked(
            String name,
            String product,
            @Nullable String provider,
            @Nullable String source,
            @Nullable String location,
            @Nullable String providerString,
            @Nullable String catalog,
            boolean rpc,
            boolean rpcOut,
            boolean dataAccess,
            boolean collationCompatible,
            List<Login> logins) {}

    /// @param local  id of the login that it is for; 0 for all
    /// @param remote name there; null with the login's own credentials
    public record Login(int local, @Nullable String remote) {}

    public static SettingFacts read(SqlSession session) {
        List<Row> logins = session.query(
                "SELECT server_id, local_principal_id, uses_self_credential, remote_name FROM sys.linked_logins");
        return new SettingFacts(
                session
                        .query("SELECT name, CAST(value AS bigint) AS value, is_advanced FROM sys.configurations"
                                + " ORDER BY name")
                        .stream()
                        .map(row -> new Setting(row.text("name"), row.number("value"), row.flag("is_advanced")))
                        .toList(),
                session
                        .query("SELECT server_id, name, product, provider, data_source, location, provider_string,"
                                + " catalog, is_remote_login_enabled, is_rpc_out_enabled, is_data_access_enabled,"
                                + " is_collation_compatible FROM sys.servers WHERE is_linked = 1 ORDER BY name")
                        .stream()
                        .map(row -> linked(row, logins))
                        .toList());
    }

    private static Linked linked(Row row, List<Row> logins) {
        return new Linked(
                row.text("name"),
                row.optionalText("product").orElse(""),
                row.optionalText("provider").orElse(null),
                row.optionalText("data_source").orElse(null),
                row.optionalText("location").orElse(null),
                row.optionalText("provider_string").orElse(null),
                row.optionalText("catalog").orElse(null),
                row.flag("is_remote_login_enabled"),
                row.flag("is_rpc_out_enabled"),
                row.flag("is_data_access_enabled"),
                row.flag("is_collation_compatible"),
                logins.stream()
                        .filter(login -> login.number("server_id") == row.number("server_id"))
                        .map(login -> new Login(
                                Math.toIntExact(login.optionalNumber("local_principal_id")
                                        .orElse(0)),
                                login.flag("uses_self_credential")
                                        ? null
                                        : login.optionalText("remote_name").orElse("")))
                        .toList());
    }
}
