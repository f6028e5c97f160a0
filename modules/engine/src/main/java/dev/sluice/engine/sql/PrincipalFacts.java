package dev.sluice.engine.sql;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Logins, server roles, their members, and permissions.
///
/// **Source:** the documentation of `sys.server_principals`, `sys.sql_logins`, `sys.server_role_members` and
/// `sys.server_permissions`.
///
/// @param principals all, the server's own too
/// @param members    id of a role, id of a member
public record PrincipalFacts(List<Principal> principals, List<Member> members, List<Permission> permissions) {

    static final HexFormat HEX = HexFormat.of().withUpperCase();

    private static final int SA = 1;

    public PrincipalFacts {
        principals = List.copyOf(principals);
        members = List.copyOf(members);
        permissions = List.copyOf(permissions);
    }

    /// @param type     `S` a login of SQL Server's, `U` and `G` of Windows, `R` a role, others keys and Entra
    ///                 ID
    /// @param sid      in hexadecimal
    /// @param database the default database
    /// @param owner    id of a role's owner; 0 for others
    /// @param password of a login of SQL Server's
    public record Principal(
            int id,
            String name,
            String type,
            String sid,
            boolean disabled,
            @Nullable String database,
            @Nullable String language,
            int owner,
            boolean fixedRole,
            @Nullable Password password) {

        public boolean isRole() {
            return type.equals("R");
        }

        /// What every server has: `sa`, fixed roles, `public`, and the `##…##` that its setup makes.
        public boolean isServersOwn() {
            return id == SA || fixedRole || name.equals("public") || (name.startsWith("##") && name.endsWith("##"));
        }
    }

    /// @param hash as the server keeps it, in hexadecimal; null where it shows none
    public record Password(@Nullable String hash, boolean policy, boolean expiration) {}

    public record Member(int role, int member) {}

    /// @param securable class: 100 the server, 101 one of its principals, others
    /// @param major     id of that principal
    /// @param state     `G` granted, `W` with the option to grant it on, `D` denied
    public record Permission(int securable, int major, int grantee, String name, String state) {}

    public static PrincipalFacts read(SqlSession session) {
        Map<Integer, Password> passwords = new HashMap<>();
        for (Row row : session.query(
                "SELECT principal_id, password_hash, is_policy_checked, is_expiration_checked FROM sys.sql_logins")) {
            passwords.put(
                    id(row, "principal_id"),
                    new Password(
                            row.optionalBytes("password_hash")
                                    .map(HEX::formatHex)
                                    .orElse(null),
                            row.optionalFlag("is_policy_checked").orElse(false),
                            row.optionalFlag("is_expiration_checked").orElse(false)));
        }
        List<Principal> principals = new ArrayList<>();
        for (Row row : session.query(
                "SELECT principal_id, name, type, sid, is_disabled, default_database_name, default_language_name,"
                        + " owning_principal_id, is_fixed_role FROM sys.server_principals ORDER BY principal_id")) {
            int id = id(row, "principal_id");
            principals.add(new Principal(
                    id,
                    row.text("name"),
                    row.text("type").strip(),
                    row.optionalBytes("sid").map(HEX::formatHex).orElse(""),
                    row.optionalFlag("is_disabled").orElse(false),
                    row.optionalText("default_database_name").orElse(null),
                    row.optionalText("default_language_name").orElse(null),
                    Math.toIntExact(row.optionalNumber("owning_principal_id").orElse(0)),
                    row.optionalFlag("is_fixed_role").orElse(false),
                    passwords.get(id)));
        }
        return new PrincipalFacts(
                principals,
                session.query("SELECT role_principal_id, member_principal_id FROM sys.server_role_members").stream()
                        .map(row -> new Member(id(row, "role_principal_id"), id(row, "member_principal_id")))
                        .toList(),
                session
                        .query("SELECT class, major_id, grantee_principal_id, permission_name, state"
                                + " FROM sys.server_permissions")
                        .stream()
                        .map(row -> new Permission(
                                id(row, "class"),
                                id(row, "major_id"),
                                id(row, "grantee_principal_id"),
                                row.text("permission_name").strip(),
                                row.text("state").strip()))
                        .toList());
    }

    private static int id(Row row, String column) {
        return Math.toIntExact(row.number(column));
    }

    public Optional<Principal> principal(int id) {
        return principals.stream().filter(one -> one.id() == id).findFirst();
    }
}
