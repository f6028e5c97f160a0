package dev.sluice.sidecar.cli;

import dev.sluice.sidecar.init.InitFiles;
import dev.sluice.sidecar.init.InitLogin;
import dev.sluice.sidecar.init.SecretReference;
import dev.sluice.sidecar.init.ServerAddress;
import dev.sluice.sidecar.report.Output;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Asks for what no option of `sluice init` has said, one thing after the other. A wrong answer is asked for
/// again.
final class InitQuestions {

    private static final String IDENTITY =
            "it is what this server is called in the bucket: every key begins with it, no two servers share one, and it"
                    + " stays when the host is replaced; ";

    private final InitCommand command;
    private final Path target;
    private final Prompt prompt;
    private final Output output;

    /// @param target the directory of the files
    InitQuestions(InitCommand command, Path target, Prompt prompt, Output output) {
        this.command = command;
        this.target = target;
        this.prompt = prompt;
        this.output = output;
    }

    void ask() {
        command.server = or(
                command.server,
                () -> answer("--server", "SQL Server (HOST, HOST:PORT or HOST\\INSTANCE)", "localhost"));
        command.logins.login =
                or(command.logins.login, () -> answer("--login", "Login of Sluice", command.logins.proposed()));
        askPassword();
        command.bucket = or(command.bucket, () -> answer("--bucket", "Bucket", null));
        if (command.endpoint == null && command.region == null) {
            command.endpoint = emptyAsNull(answer("--endpoint", "Address of the S3 server (empty for Amazon S3)", ""));
            command.region = emptyAsNull(
                    command.endpoint == null
                            ? answer("--region", "Region of the bucket", null)
                            : answer("--region", "Region of the bucket (empty if the server has none)", ""));
        }
        askKeys();
        command.prefix = or(command.prefix, () -> answer("--prefix", "Prefix of all keys (empty for none)", ""));
        command.identity = or(
                command.identity,
                () -> answer("--identity", "The server's name in the bucket, for ever", proposedIdentity()));
    }

    /// A login that is there has a password already; one that `login.sql` makes gets a generated one.
    private void askPassword() {
        if (command.logins.hasProof()) {
            return;
        }
        String login = String.valueOf(command.logins.login);
        if (InitLogin.isBuiltIn(login) || yes("Does the login %s exist already, yes or no".formatted(login))) {
            String password = secret("--password-file", "Its password (not shown): ");
            command.logins.existing = new SecretReference.ToFile(target.resolve(InitFiles.PASSWORD), password);
        }
    }

    private void askKeys() {
        if (command.accessKeyId != null) {
            return;
        }
        String id = answer(
                "--access-key-id",
                "Id of an access key (empty for what the AWS SDK finds: environment, profile, role)",
                "");
        if (!id.isEmpty()) {
            InitFiles.requireAbsent(target, List.of(InitFiles.SECRET_KEY));
            command.accessKeyId = id;
            command.typedSecretKey = new SecretReference.ToFile(
                    target.resolve(InitFiles.SECRET_KEY),
                    secret("--secret-key-file", "Its secret access key (not shown): "));
        }
    }

    private boolean yes(String question) {
        while (true) {
            switch (line("--login", "%s [no]: ".formatted(question)).toLowerCase(Locale.ROOT)) {
                case "y", "yes" -> {
                    return true;
                }
                case "", "n", "no" -> {
                    return false;
                }
                default -> output.notice("  answer yes or no");
            }
        }
    }

    private String secret(String option, String question) {
        while (true) {
            String typed = prompt.askSecret(question);
            if (typed == null) {
                throw ended(option);
            }
            if (!typed.isBlank() && typed.equals(typed.strip())) {
                return typed;
            }
            output.notice(
                    typed.isBlank()
                            ? "  there must be an answer"
                            : "  it begins or ends with a blank, which the file for it cannot keep");
        }
    }

    private String line(String option, String question) {
        String line = prompt.ask(question);
        if (line == null) {
            throw ended(option);
        }
        return line.strip();
    }

    private static UsageError ended(String option) {
        return new UsageError("the input ended before %s was answered".formatted(option), "Say it as an option.");
    }

    private static String or(@Nullable String said, Supplier<String> asked) {
        return said == null ? asked.get() : said;
    }

    /// @param usual what an empty line means; null where there must be an answer
    private String answer(String option, String question, @Nullable String usual) {
        while (true) {
            String line = line(
                    option,
                    usual == null || usual.isEmpty() ? question + ": " : "%s [%s]: ".formatted(question, usual));
            String answer = line.isEmpty() && usual != null ? usual : line;
            String problem = problem(option, answer);
            if (problem.isEmpty()) {
                return answer;
            }
            output.notice("  " + problem);
        }
    }

    /// What the configuration's own rules say about an answer, were it the only one.
    private String problem(String option, String answer) {
        if (answer.isEmpty()) {
            boolean canBeEmpty =
                    List.of("--endpoint", "--prefix", "--access-key-id").contains(option)
                            || (option.equals("--region") && command.endpoint != null);
            if (canBeEmpty) {
                return "";
            }
            return option.equals("--identity")
                    ? IDENTITY + "the host's name does, such as sql-prod-1"
                    : "there must be an answer";
        }
        InitCommand alone = new InitCommand(() -> null);
        alone.directory = command.directory;
        switch (option) {
            case "--server" -> alone.server = answer;
            case "--login" -> {
                alone.logins.login = answer;
                alone.logins.principal = command.logins.principal;
            }
            case "--bucket" -> alone.bucket = answer;
            case "--endpoint" -> alone.endpoint = answer;
            case "--region" -> alone.region = answer;
            case "--prefix" -> alone.prefix = answer;
            case "--access-key-id" -> {
                alone.accessKeyId = answer;
                alone.typedSecretKey = new SecretReference.ToFile(target.resolve(InitFiles.SECRET_KEY), "not-yet");
            }
            default -> alone.identity = answer;
        }
        try {
            alone.checked(alone.draft());
            return "";
        } catch (UsageError e) {
            return String.valueOf(e.getMessage());
        }
    }

    /// The host's own name without its domain, as far as it can be one.
    private @Nullable String proposedIdentity() {
        ServerAddress address = command.draft().server();
        String host = address.isThisMachine() ? ownName() : address.host();
        if (host == null || host.matches("[0-9.]+")) {
            return null;
        }
        String name = host.replaceFirst("\\..*", "").toLowerCase(Locale.ROOT)
                + (address.instance() == null ? "" : "-" + address.instance().toLowerCase(Locale.ROOT));
        return name.matches("[a-z0-9][a-z0-9_-]{0,62}") && !name.equals("localhost") ? name : null;
    }

    /// A shell seldom hands its HOSTNAME on.
    private static @Nullable String ownName() {
        String name = System.getenv("HOSTNAME");
        if (name != null) {
            return name;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (IOException _) {
            return null; // the host does not know its own name; the user does
        }
    }

    private static @Nullable String emptyAsNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
