package dev.sluice.simulator.tsql;

import dev.sluice.simulator.tsql.ServerCommand.LoginOptions;
import dev.sluice.simulator.tsql.ServerCommand.Password;
import dev.sluice.simulator.tsql.ServerCommand.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/// Reads statements about logins, server roles, permissions and settings, as far as the grammar in the product
/// documentation is known here.
final class ServerParser {

    private final TokenStream in;

    ServerParser(TokenStream in) {
        this.in = in;
    }

    /// CREATE has been taken; null when it is of something else.
    @Nullable
    Statement create() {
        if (in.takeWord("LOGIN")) {
            return new Statement.OfServer(createLogin());
        }
        if (in.takeWords("SERVER", "ROLE")) {
            String name = in.name();
            String owner = in.takeWord("AUTHORIZATION") ? in.name() : null;
            return new Statement.OfServer(new ServerCommand.CreateRole(name, owner));
        }
        return null;
    }

    /// ALTER has been taken; null when it is of something else.
    @Nullable
    Statement alter() {
        if (in.takeWords("SERVER", "ROLE")) {
            String role = in.name();
            boolean adds = in.takeWord("ADD");
            if (!adds) {
                in.expectWord("DROP");
            }
            in.expectWord("MEMBER");
            return new Statement.OfServer(new ServerCommand.AlterRole(role, in.name(), adds));
        }
        if (!in.takeWord("LOGIN")) {
            return null;
        }
        String name = in.name();
        LoginOptions none = new LoginOptions(null, null, null, null, null);
        if (in.takeWord("DISABLE")) {
            return new Statement.OfServer(new ServerCommand.AlterLogin(name, true, none));
        }
        if (in.takeWord("ENABLE")) {
            return new Statement.OfServer(new ServerCommand.AlterLogin(name, false, none));
        }
        in.expectWord("WITH");
        return new Statement.OfServer(new ServerCommand.AlterLogin(name, null, options()));
    }

    /// DROP has been taken; null when it is of something else.
    @Nullable
    Statement drop() {
        return in.takeWord("LOGIN") ? new Statement.OfServer(new ServerCommand.DropLogin(in.name())) : null;
    }

    private ServerCommand createLogin() {
        String name = in.name();
        if (in.takeWords("FROM", "WINDOWS")) {
            LoginOptions options = in.takeWord("WITH") ? options() : new LoginOptions(null, null, null, null, null);
            return new ServerCommand.CreateLogin(name, true, null, options);
        }
        in.expectWord("WITH");
        in.expectWord("PASSWORD");
        in.expectSymbol("=");
        Password password =
                in.peek().kind() == Token.Kind.BINARY ? new Password(null, binary()) : new Password(text(), null);
        if (password.hash() != null) {
            in.expectWord("HASHED"); // the documentation allows a binary for hashes alone
        }
        LoginOptions options = in.takeSymbol(",") ? options() : new LoginOptions(null, null, null, null, null);
        return new ServerCommand.CreateLogin(name, false, password, options);
    }

    private LoginOptions options() {
        String sid = null;
        String database = null;
        String language = null;
        Boolean policy = null;
        Boolean expiration = null;
        do {
            String option = in.next().upper();
            in.expectSymbol("=");
            switch (option) {
                case "SID" -> sid = binary();
                case "DEFAULT_DATABASE" -> database = in.name();
                case "DEFAULT_LANGUAGE" -> language = in.name();
                case "CHECK_POLICY" -> policy = onOrOff();
                case "CHECK_EXPIRATION" -> expiration = onOrOff();
                default -> throw SqlFailure.syntaxNear(in.previous());
            }
        } while (in.takeSymbol(","));
        return new LoginOptions(sid, database, language, policy, expiration);
    }

    private boolean onOrOff() {
        if (in.takeWord("ON")) {
            return true;
        }
        in.expectWord("OFF");
        return false;
    }

    /// In lower-case hexadecimal.
    String binary() {
        Token token = in.peek();
        if (token.kind() != Token.Kind.BINARY) {
            throw in.unexpected();
        }
        String digits = in.next().text().substring(2).toLowerCase(Locale.ROOT);
        return digits.length() % 2 == 0 ? digits : "0" + digits;
    }

    private String text() {
        if (!in.peek().isString()) {
            throw in.unexpected();
        }
        return in.next().text();
    }

    /// GRANT, DENY or REVOKE is next.
    Statement permission() {
        Verb verb = Verb.valueOf(in.next().upper());
        List<String> permissions = new ArrayList<>();
        do {
            StringJoiner words = new StringJoiner(" ");
            while (in.peek().kind() == Token.Kind.WORD && !in.isWord("ON") && !in.isWord("TO") && !in.isWord("FROM")) {
                words.add(in.next().upper());
            }
            if (words.length() == 0) {
                throw in.unexpected();
            }
            permissions.add(words.toString());
        } while (in.takeSymbol(","));
        String kind = "";
        String on = null;
        if (in.takeWord("ON")) {
            kind = in.takeWords("SERVER", "ROLE") ? "SERVER ROLE" : in.takeWord("LOGIN") ? "LOGIN" : "";
            if (kind.isEmpty()) {
                throw in.unexpected();
            }
            in.expectSymbol(":");
            in.expectSymbol(":");
            on = in.name();
        }
        if (!in.takeWord("TO") && !(verb == Verb.REVOKE && in.takeWord("FROM"))) {
            throw in.unexpected();
        }
        String grantee = in.name();
        boolean option = verb == Verb.GRANT && in.takeWords("WITH", "GRANT", "OPTION");
        return new Statement.OfServer(new ServerCommand.Permission(verb, permissions, kind, on, grantee, option));
    }
}
