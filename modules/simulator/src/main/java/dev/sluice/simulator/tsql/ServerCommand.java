package dev.sluice.simulator.tsql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A statement about the server's own objects: logins, roles, permissions, settings.
public sealed interface ServerCommand {

    /// CREATE LOGIN.
    ///
    /// @param windows whether it is FROM WINDOWS; then it has no password
    record CreateLogin(
            String name, boolean windows, @Nullable Password password, LoginOptions options) implements ServerCommand {}

    /// @param text   in plain; null for a hash
    /// @param hash   with HASHED, in hexadecimal; null for a text
    record Password(@Nullable String text, @Nullable String hash) {}

    /// @param sid in hexadecimal; null to have one made
    record LoginOptions(
            @Nullable String sid,
            @Nullable String defaultDatabase,
            @Nullable String defaultLanguage,
            @Nullable Boolean policy,
            @Nullable Boolean expiration) {}

    /// ALTER LOGIN name ENABLE, DISABLE or WITH options.
    ///
    /// @param disabled null for WITH
    record AlterLogin(String name, @Nullable Boolean disabled, LoginOptions options) implements ServerCommand {}

    record DropLogin(String name) implements ServerCommand {}

    /// @param owner null for the one who creates it
    record CreateRole(String name, @Nullable String owner) implements ServerCommand {}

    /// ALTER SERVER ROLE role ADD or DROP MEMBER member.
    record AlterRole(String role, String member, boolean adds) implements ServerCommand {}

    /// GRANT, DENY or REVOKE of permissions of the server, or of one of its principals.
    ///
    /// @param on      the principal that they are about; null for the server
    /// @param onKind  LOGIN or SERVER ROLE; empty for the server
    /// @param grantee who gets them
    record Permission(
            Verb verb,
            List<String> permissions,
            String onKind,
            @Nullable String on,
            String grantee,
            boolean option) implements ServerCommand {
        public Permission {
            permissions = List.copyOf(permissions);
        }
    }

    /// What becomes of a permission.
    enum Verb {
        GRANT,
        DENY,
        REVOKE
    }

    record Reconfigure() implements ServerCommand {}
}
