package dev.sluice.engine.export;

import static dev.sluice.engine.sql.Tsql.identifier;
import static dev.sluice.engine.sql.Tsql.literal;

import dev.sluice.engine.sql.PrincipalFacts;
import dev.sluice.engine.sql.PrincipalFacts.Principal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Logins with their SIDs and the hashes of their passwords, server roles, members, and permissions.
///
/// A user of a database belongs to a login by its SID, so a restored database's users work again when the
/// logins come back with theirs.
final class LoginStatements {

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

    private static String login(Principal one, String create) {
        String name = identifier(one.name());
        String text = literal(one.name());
        BatchText batch = new BatchText()
                .line("IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = %s)".formatted(text))
                .line("    " + create);
        if (one.type().equals("S")) {
            batch.line("IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = %s AND sid = 0x%s)"
                            .formatted(text, one.sid()))
                    .line(
                            "    PRINT N'login %s exists with another SID: users of restored databases do not belong to it';"
                                    .formatted(one.name().replace("'", "''")));
        }
        if (one.disabled()) {
            batch.line("ALTER LOGIN %s DISABLE;".formatted(name));
        }
        String language = one.language();
        if (language != null && BatchText.isPlain(language)) {
            batch.line("ALTER LOGIN %s WITH DEFAULT_LANGUAGE = %s;".formatted(name, identifier(language)));
        }
        String database = one.database();
        if (database != null && !database.equals("master") && BatchText.isPlain(database)) {
            // It may come back later, with the restores: then this is run again.
            batch.line("IF DB_ID(%s) IS NOT NULL".formatted(literal(database)))
                    .line("    ALTER LOGIN %s WITH DEFAULT_DATABASE = %s;".formatted(name, identifier(database)));
        }
        return batch.build();
    }

    List<String> roles() {
        List<String> batches = new ArrayList<>();
        facts.principals().stream()
                .filter(one -> one.isRole() && isExported(one))
                .forEach(role -> batches.add(new BatchText()
                        .line("IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = %s)"
                                .formatted(literal(role.name())))
                        .line("    CREATE SERVER ROLE %s%s;"
                                .formatted(
                                        identifier(role.name()),
                                        facts.principal(role.owner())
                                                .filter(this::isExported)
                                                .map(owner -> " AUTHORIZATION " + identifier(owner.name()))
                                                .orElse("")))
                        .build()));
        for (PrincipalFacts.Member member : facts.members()) {
            Principal role = facts.principal(member.role()).orElse(null);
            Principal of = facts.principal(member.member()).orElse(null);
            if (role == null || of == null || !isExported(of) || !(role.fixedRole() || isExported(role))) {
                continue;
            }
            batches.add(
                    "ALTER SERVER ROLE %s ADD MEMBER %s;".formatted(identifier(role.name()), identifier(of.name())));
        }
        return batches;
    }

    List<String> permissions() {
        List<String> batches = new ArrayList<>();
        for (PrincipalFacts.Permission each : facts.permissions()) {
            Principal grantee = facts.principal(each.grantee()).orElse(null);
            boolean toPublic = grantee != null && grantee.name().equals("public") && grantee.isRole();
            if (grantee == null || !(toPublic || isExported(grantee))) {
                continue;
            }
            String verb = VERBS.get(each.state());
            String on = on(each).orElse(null);
            if (verb == null || on == null || !each.name().matches("[A-Z ]+")) {
                // What every server has from its setup on, such as the endpoints of public, is no loss.
                if (!toPublic) {
                    notes.accept("%s of %s is left out: it is about an object of class %s"
                            .formatted(each.name(), grantee.name(), each.securable()));
                }
                continue;
            }
            batches.add("%s %s%s TO %s%s;"
                    .formatted(
                            verb,
                            each.name(),
                            on,
                            identifier(grantee.name()),
                            each.state().equals("W") ? " WITH GRANT OPTION" : ""));
        }
        return batches;
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
