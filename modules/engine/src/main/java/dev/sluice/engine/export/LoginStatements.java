package dev.sluice.engine.export;

import static dev.sluice.engine.sql.Tsql.identifier;
import static dev.sluice.engine.sql.Tsql.literal;

import dev.sluice.engine.sql.PrincipalFacts;
import dev.sluice.engine.sql.PrincipalFacts.Principal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Logins with their SIDs and the hashes of their passwords, server roles, members, and permissions.
///
/// A user of a database belongs to a login by its SID, so a restored database's users work again when the
/// logins come back with theirs.
final class LoginStatements {

    /// Permissions of the server are granted in master alone.
    private static final String USE_MASTER = "USE [master];";

    private static final int OF_SERVER = 100;
    private static final int OF_PRINCIPAL = 101;
    private static final Map<String, String> VERBS = Map.of("G", "GRANT", "W", "GRANT", "D", "DENY");

    private final PrincipalFacts facts;
    private final Consumer<String> notes;

    /// @param notes what is left out, and why
    LoginStatements(PrincipalFacts facts, Consumer<String> notes) {
        this.facts = facts;
        this.notes = notes;
    }

    private boolean isExported(Principal one) {
        return !one.isServersOwn() && BatchText.isPlain(one.name());
    }

    List<String> logins() {
        List<String> batches = new ArrayList<>();
        for (Principal one : facts.principals()) {
            if (one.isServersOwn() || one.isRole()) {
                continue;
            }
            if (!BatchText.isPlain(one.name())) {
                notes.accept("the login with SID 0x%s is left out: its name has letters that no script can hold"
                        .formatted(one.sid()));
                continue;
            }
            create(one).ifPresent(create -> batches.add(login(one, create)));
        }
        return batches;
    }

    private Optional<String> create(Principal one) {
        String name = identifier(one.name());
        PrincipalFacts.Password password = one.password();
        return switch (one.type()) {
            case "U", "G" -> Optional.of("CREATE LOGIN %s FROM WINDOWS;".formatted(name));
            case "S" -> {
                String hash = password == null ? null : password.hash();
                if (password == null || hash == null) {
                    notes.accept(
                            "login %s is left out: the server does not show its password's hash".formatted(one.name()));
                    yield Optional.empty();
                }
                yield Optional.of(
                        "CREATE LOGIN %s WITH PASSWORD = 0x%s HASHED, SID = 0x%s, CHECK_POLICY = %s, CHECK_EXPIRATION = %s;"
                                .formatted(
                                        name,
                                        hash,
                                        one.sid(),
                                        password.policy() ? "ON" : "OFF",
                                        password.policy() && password.expiration() ? "ON" : "OFF"));
            }
            default -> {
                notes.accept("login %s is left out: it is of a certificate, a key or an external provider (type %s)"
                        .formatted(one.name(), one.type()));
                yield Optional.empty();
            }
        };
    }

    /// What is there already stays: only a login that the batch makes is disabled, and only one of the same SID
    /// gets anything.
    private static String login(Principal one, String create) {
        String name = identifier(one.name());
        String text = literal(one.name());
        BatchText batch = new BatchText()
                .line("IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = %s)".formatted(text))
                .line("BEGIN")
                .line("    " + create);
        if (one.disabled()) {
            batch.line("    IF %s".formatted(isSame(one))).line("        ALTER LOGIN %s DISABLE;".formatted(name));
        }
        batch.line("END;")
                .line("IF EXISTS (SELECT 1 FROM sys.server_principals WHERE name = %s) AND NOT %s"
                        .formatted(text, isSame(one)))
                .line(
                        "    PRINT N'login %s exists with another SID: users of restored databases do not belong to it, and it gets no roles and permissions';"
                                .formatted(one.name().replace("'", "''")));
        String language = one.language();
        if (language != null && BatchText.isPlain(language)) {
            batch.line("IF %s".formatted(isSame(one)))
                    .line("    ALTER LOGIN %s WITH DEFAULT_LANGUAGE = %s;".formatted(name, identifier(language)));
        }
        String database = one.database();
        if (database != null && !database.equals("master") && BatchText.isPlain(database)) {
            // It may come back later, with the restores: then this is run again.
            batch.line("IF DB_ID(%s) IS NOT NULL AND %s".formatted(literal(database), isSame(one)))
                    .line("    ALTER LOGIN %s WITH DEFAULT_DATABASE = %s;".formatted(name, identifier(database)));
        }
        return batch.build();
    }

    private static String isSame(Principal login) {
        return "EXISTS (SELECT 1 FROM sys.server_principals WHERE name = %s AND sid = 0x%s)"
                .formatted(literal(login.name()), login.sid());
    }

    /// Roles have SIDs that no script can set, so one that is there already cannot be told from another of its
    /// name: only a role that the batch makes gets members and permissions. That takes variables, and so all of
    /// it is one batch.
    List<String> roles() {
        List<Principal> roles = facts.principals().stream()
                .filter(one -> one.isRole() && isExported(one))
                .toList();
        List<String> batches = new ArrayList<>();
        batches.add(USE_MASTER);
        if (!roles.isEmpty()) {
            BatchText batch = new BatchText();
            roles.forEach(role -> batch.line("DECLARE %s bit = 0;".formatted(variable(role))));
            roles.forEach(role -> role(batch, role));
            for (PrincipalFacts.Member member : facts.members()) {
                member(member, true).ifPresent(one -> one.addTo(batch));
            }
            for (PrincipalFacts.Permission permission : facts.permissions()) {
                permission(permission, true, _ -> {}).ifPresent(one -> one.addTo(batch));
            }
            batches.add(batch.build());
        }
        for (PrincipalFacts.Member member : facts.members()) {
            member(member, false).ifPresent(one -> batches.add(one.alone()));
        }
        return batches;
    }

    private static String variable(Principal role) {
        return String.format(Locale.ROOT, "@role%d", role.id());
    }

    private void role(BatchText batch, Principal role) {
        String create = "CREATE SERVER ROLE " + identifier(role.name());
        batch.line("IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = %s)"
                        .formatted(literal(role.name())))
                .line("BEGIN");
        Principal owner = facts.principal(role.owner())
                .filter(one -> !one.isRole() && isExported(one))
                .orElse(null);
        if (owner == null) {
            batch.line("    %s;".formatted(create));
        } else {
            batch.line("    IF %s".formatted(isSame(owner)))
                    .line("        %s AUTHORIZATION %s;".formatted(create, identifier(owner.name())))
                    .line("    ELSE")
                    .line("        %s;".formatted(create));
        }
        batch.line("    SET %s = 1;".formatted(variable(role))).line("END;");
    }

    /// @param guard    under which the statement runs; empty for always
    /// @param existing whether the principals are there
    /// @param lacking  a query that has rows when what it does is there
    /// @param what     a message for when it is left out
    private record Guarded(String guard, String statement, String existing, String lacking, String what) {

        String alone() {
            return guard.isEmpty()
                    ? statement
                    : "IF %s%n    %s".formatted(guard, statement).replace("\r\n", "\n");
        }

        void addTo(BatchText batch) {
            batch.line("IF " + guard)
                    .line("    " + statement)
                    .line("ELSE IF %s AND NOT EXISTS (%s)".formatted(existing, lacking))
                    .line("    PRINT N'%s';".formatted(what.replace("'", "''")));
        }
    }

    private boolean isOurRole(Principal one) {
        return one.isRole() && isExported(one);
    }

    /// Whether this is the old server's principal; empty for one that every server has.
    private String guard(Principal one) {
        if (one.isRole()) {
            return isOurRole(one) ? variable(one) + " = 1" : "";
        }
        return isSame(one);
    }

    private static String both(String one, String other) {
        return one.isEmpty() ? other : other.isEmpty() ? one : one + " AND " + other;
    }

    /// Whether it is there, a role by its name.
    private String existing(Principal one) {
        return one.isRole()
                ? "EXISTS (SELECT 1 FROM sys.server_principals WHERE name = %s AND type = 'R')"
                        .formatted(literal(one.name()))
                : isSame(one);
    }

    /// @param ofRoles whether those are meant in which a role has a part that is not every server's
    private Optional<Guarded> member(PrincipalFacts.Member member, boolean ofRoles) {
        Principal role = facts.principal(member.role()).orElse(null);
        Principal of = facts.principal(member.member()).orElse(null);
        if (role == null || of == null || !isExported(of) || !(role.fixedRole() || isExported(role))) {
            return Optional.empty();
        }
        if ((isOurRole(role) || isOurRole(of)) != ofRoles) {
            return Optional.empty();
        }
        return Optional.of(new Guarded(
                both(guard(role), guard(of)),
                "ALTER SERVER ROLE %s ADD MEMBER %s;".formatted(identifier(role.name()), identifier(of.name())),
                both(existing(role), existing(of)),
                ("SELECT 1 FROM sys.server_role_members AS m"
                                + " JOIN sys.server_principals AS r ON r.principal_id = m.role_principal_id"
                                + " JOIN sys.server_principals AS p ON p.principal_id = m.member_principal_id"
                                + " WHERE r.name = %s AND p.name = %s")
                        .formatted(literal(role.name()), literal(of.name())),
                "server role %s or its member %s was there before: the membership is left out"
                        .formatted(role.name(), of.name())));
    }

    List<String> permissions() {
        List<String> batches = new ArrayList<>();
        batches.add(USE_MASTER);
        for (PrincipalFacts.Permission each : facts.permissions()) {
            permission(each, false, notes).ifPresent(one -> batches.add(one.alone()));
        }
        return batches;
    }

    private Optional<Guarded> permission(PrincipalFacts.Permission each, boolean ofRoles, Consumer<String> left) {
        Principal grantee = facts.principal(each.grantee()).orElse(null);
        boolean toPublic = grantee != null && grantee.name().equals("public") && grantee.isRole();
        if (grantee == null || !(toPublic || isExported(grantee))) {
            return Optional.empty();
        }
        String verb = VERBS.get(each.state());
        String on = on(each).orElse(null);
        if (verb == null || on == null || !each.name().matches("[A-Z ]+")) {
            // What every server has from its setup on, such as the endpoints of public, is no loss.
            if (!toPublic) {
                left.accept("%s of %s is left out: it is about an object of class %s"
                        .formatted(each.name(), grantee.name(), each.securable()));
            }
            return Optional.empty();
        }
        Principal securable =
                each.securable() == OF_PRINCIPAL ? facts.principal(each.major()).orElse(null) : null;
        if ((isOurRole(grantee) || (securable != null && isOurRole(securable))) != ofRoles) {
            return Optional.empty();
        }
        String lacking = ("SELECT 1 FROM sys.server_permissions AS p"
                        + " JOIN sys.server_principals AS g ON g.principal_id = p.grantee_principal_id"
                        + " WHERE g.name = %s AND p.permission_name = %s AND p.class = %s")
                .formatted(literal(grantee.name()), literal(each.name()), each.securable());
        return Optional.of(new Guarded(
                securable == null ? guard(grantee) : both(guard(grantee), guard(securable)),
                "%s %s%s TO %s%s;"
                        .formatted(
                                verb,
                                each.name(),
                                on,
                                identifier(grantee.name()),
                                each.state().equals("W") ? " WITH GRANT OPTION" : ""),
                securable == null ? existing(grantee) : both(existing(grantee), existing(securable)),
                lacking,
                "a server role was there before: %s %s%s to %s is left out"
                        .formatted(verb, each.name(), on, grantee.name())));
    }

    private Optional<String> on(PrincipalFacts.Permission permission) {
        if (permission.securable() == OF_SERVER) {
            return Optional.of("");
        }
        return permission.securable() != OF_PRINCIPAL
                ? Optional.empty()
                : facts.principal(permission.major())
                        .filter(one -> BatchText.isPlain(one.name()))
                        .map(one ->
                                " ON %s::%s".formatted(one.isRole() ? "SERVER ROLE" : "LOGIN", identifier(one.name())));
    }
}
