package dev.sluice.sidecar.init;

import dev.sluice.engine.sql.Tsql;
import java.util.Map;

/// The T-SQL that makes Sluice's login. It holds no password: sqlcmd puts it in.
public final class LoginScript {

    private LoginScript() {}

    /// Whether a script can hold the text. Quotes do not help against sqlcmd: it ends a batch at a line `GO`
    /// and puts variables in wherever they stand.
    static boolean isHarmless(String text) {
        return !text.contains("$(") && text.chars().noneMatch(Character::isISOControl);
    }

    public static String of(InitAnswers answers) {
        return Template.fill(
                "login.sql",
                Map.of(
                        "read-password", readPassword(answers.password()),
                        "sqlcmd-server", answers.server().forSqlcmd(),
                        "login-text", Tsql.literal(answers.login()),
                        "login-name", Tsql.identifier(answers.login())));
    }

    /// Without `$(…)`, which sqlcmd takes for a variable of its own in comments, too.
    private static String readPassword(SecretReference password) {
        return switch (password) {
            case SecretReference.InFile(var file) ->
                "read -r SLUICE_PASSWORD <'%s'; export SLUICE_PASSWORD"
                        .formatted(file.toString().replace("'", "'\\''"));
            case SecretReference.InEnvironment(String name) -> "export SLUICE_PASSWORD=\"$%s\"".formatted(name);
        };
    }
}
