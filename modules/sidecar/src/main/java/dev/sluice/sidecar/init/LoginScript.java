package dev.sluice.sidecar.init;

import dev.sluice.engine.sql.Tsql;
import java.nio.file.Path;
import java.util.Map;

/// The T-SQL that makes Sluice's login. It holds no password: sqlcmd puts it in.
public final class LoginScript {

    private static final String GUARD = """
            IF N'$(SLUICE_PASSWORD)' = N'$' + N'(SLUICE_PASSWORD)' OR N'$(SLUICE_PASSWORD)' = N''
            BEGIN
                RAISERROR(N'SLUICE_PASSWORD is not set: run this with sqlcmd, as the lines above say. Nothing was changed.', 16, 1);
                RETURN;
            END;
            """;

    private LoginScript() {}

    /// Whether a script can hold the text. Quotes do not help against sqlcmd: it ends a batch at a line `GO`
    /// and puts variables in wherever they stand.
    static boolean isHarmless(String text) {
        return !text.contains("$(") && text.chars().noneMatch(Character::isISOControl);
    }

    public static String of(InitAnswers answers) {
        InitLogin login = answers.login();
        String name = login.name();
        boolean makes = login.presence() != InitLogin.Presence.THERE;
        return Template.fill(
                "login.sql",
                Map.of(
                        "begin", begin(answers),
                        "guard", makes && login instanceof InitLogin.WithPassword ? GUARD.stripTrailing() : "",
                        "login-text", Tsql.literal(name),
                        "create", makes ? create(login) : "",
                        "member", InitLogin.isBuiltIn(name) ? "" : member(name)));
    }

    private static String create(InitLogin login) {
        return """
                IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = %s)
                    CREATE LOGIN %s %s;""".formatted(Tsql.literal(login.name()), Tsql.identifier(login.name()), proof(login));
    }

    private static String member(String name) {
        return """
                IF IS_SRVROLEMEMBER(N'sysadmin', %s) = 0
                    ALTER SERVER ROLE [sysadmin] ADD MEMBER %s;""".formatted(Tsql.literal(name), Tsql.identifier(name));
    }

    private static String begin(InitAnswers answers) {
        String sqlcmd =
                "--   sqlcmd -S %s -b -i login.sql   (and -U NAME, where the sysadmin does not log in by Windows or Kerberos)"
                        .formatted(answers.server().forSqlcmd());
        return switch (answers.login()) {
            case InitLogin.WithPassword(String name, var _, var _)
            when InitLogin.isBuiltIn(name) -> """
                -- Written by `sluice init`: nothing is to be made, and running this changes nothing. Every SQL Server has the login %s, a
                -- member of sysadmin. A login that only Sluice uses is better: `sluice init --login sluice`, in another directory.""".formatted(name);
            case InitLogin.WithPassword(String name, var _, InitLogin.Presence presence)
            when presence == InitLogin.Presence.THERE -> """
                -- Written by `sluice init`: the login %s, which exists already and stays as it is but for its membership in sysadmin.
                -- A sysadmin runs it once:
                %s""".formatted(name, sqlcmd);
            case InitLogin.WithPassword login -> """
                -- Written by `sluice init`: the login of Sluice. A sysadmin runs it once, with sqlcmd, which puts the password in for its
                -- variable. So the password stands neither here nor in a command line (a quote in it would have to be doubled):
                --   %s
                %s""".formatted(readPassword(login.password()), sqlcmd);
            case InitLogin.OfDomain domain -> """
                -- Written by `sluice init`: the login of Sluice, for the account %s of a domain that SQL Server has joined.
                -- A sysadmin runs it once:
                %s
                -- Before the backslash stands the domain's short (NetBIOS) name. Correct it below if it is not the first word of the realm.""".formatted(domain.principal(), sqlcmd);
        };
    }

    private static String readFile(Path file) {
        return "read -r SLUICE_PASSWORD <'%s'; export SLUICE_PASSWORD"
                .formatted(file.toString().replace("'", "'\\''"));
    }

    private static String proof(InitLogin login) {
        return switch (login) {
            case InitLogin.WithPassword _ -> "WITH PASSWORD = N'$(SLUICE_PASSWORD)', DEFAULT_DATABASE = [master]";
            case InitLogin.OfDomain _ -> "FROM WINDOWS WITH DEFAULT_DATABASE = [master]";
        };
    }

    /// Without `$(…)`, which sqlcmd takes for a variable of its own in comments, too.
    private static String readPassword(SecretReference password) {
        return switch (password) {
            case SecretReference.InFile(var file) -> readFile(file);
            case SecretReference.ToFile(var file, var _) -> readFile(file);
            case SecretReference.InEnvironment(String name) -> "export SLUICE_PASSWORD=\"$%s\"".formatted(name);
        };
    }
}
