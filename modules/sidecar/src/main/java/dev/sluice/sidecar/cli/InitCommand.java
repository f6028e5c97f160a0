package dev.sluice.sidecar.cli;

import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.Misconfigured;
import dev.sluice.sidecar.config.Problem;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.init.AccessPolicy;
import dev.sluice.sidecar.init.ConfigurationText;
import dev.sluice.sidecar.init.GeneratedPassword;
import dev.sluice.sidecar.init.InitAnswers;
import dev.sluice.sidecar.init.InitFiles;
import dev.sluice.sidecar.init.InitFinding;
import dev.sluice.sidecar.init.InitLogin;
import dev.sluice.sidecar.init.InitLook;
import dev.sluice.sidecar.init.LoginScript;
import dev.sluice.sidecar.init.SecretReference;
import dev.sluice.sidecar.init.ServerAddress;
import dev.sluice.sidecar.log.Masking;
import dev.sluice.sidecar.report.Output;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Begins an installation: from a few answers to the files that everything else starts from.
@Command(
        name = "init",
        description = {
            "Asks for server and bucket, looks at both, and writes sluice.yaml, login.sql and policy.json. Replaces no file.",
            "Exit code 0 when all is well, 3 when a person should look at what was found, 2 when an answer is missing or wrong."
        })
final class InitCommand implements Callable<Integer> {

    /// Which answer a key of the configuration came from, the longest beginning first.
    private static final Map<String, String> OPTIONS = options();

    private final Supplier<@Nullable Prompt> terminal;

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(
            names = "--server",
            paramLabel = "HOST",
            description = "SQL Server: HOST, HOST:PORT or HOST\\INSTANCE. Default: localhost.")
    @Nullable
    String server;

    @Option(
            names = "--trust-server-certificate",
            description = "Do not check SQL Server's certificate. On this machine itself it is never checked.")
    boolean trustCertificate;

    @Mixin
    InitLoginOptions logins = new InitLoginOptions();

    @Option(names = "--bucket", paramLabel = "BUCKET", description = "The bucket. It must exist before a backup.")
    @Nullable
    String bucket;

    @Option(
            names = "--endpoint",
            paramLabel = "URL",
            description = "The S3 server, if it is not Amazon's own for the region.")
    @Nullable
    String endpoint;

    @Option(
            names = "--region",
            paramLabel = "REGION",
            description = "The bucket's region. Required without --endpoint.")
    @Nullable
    String region;

    @Option(
            names = "--prefix",
            paramLabel = "PREFIX",
            description = "What all keys begin with, so that a bucket can be shared. Default: none.")
    @Nullable
    String prefix;

    @Option(
            names = "--identity",
            paramLabel = "NAME",
            description = "The server's name in the bucket, for ever. Two servers never share one.")
    @Nullable
    String identity;

    @Option(
            names = "--access-key-id",
            paramLabel = "ID",
            description =
                    "A key pair's id, with --secret-key-file. Default: what the AWS SDK finds in the environment, a"
                            + " profile, or the role of the machine or pod.")
    @Nullable
    String accessKeyId;

    @Option(names = "--secret-key-file", paramLabel = "FILE", description = "The file that has the pair's secret.")
    @Nullable
    Path secretKeyFile;

    /// The secret of a pair that was asked for.
    SecretReference.@Nullable ToFile typedSecretKey;

    @Option(
            names = "--kms",
            paramLabel = "KEY",
            description = "Encrypt backups with this key of KMS: its id, ARN or alias. Default: as the bucket does.")
    @Nullable
    String kmsKey;

    @Option(
            names = "--object-lock",
            paramLabel = "MODE:DAYS",
            description =
                    "Lock every backup for so many days from its beginning, as in compliance:35 or governance:35. The"
                            + " bucket must have been made for it. Default: no lock.")
    @Nullable
    String objectLock;

    @Option(
            names = "--no-prune",
            description =
                    "Sluice is not to remove backups: the configuration keeps everything, and the policy allows no"
                            + " deletion of a backup.")
    boolean noPrune;

    @Option(names = "--no-look", description = "Connect to nothing, and only write the files.")
    boolean noLook;

    @Option(
            names = {"-y", "--yes"},
            description = "Ask nothing: options and defaults are the answers. So it is where there is no terminal.")
    boolean yes;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Where to write the files. Default: the current directory.")
    Path directory = Path.of("");

    @Option(names = "--json", description = "Print one JSON document on standard output, and nothing else there.")
    boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    InitCommand() {
        this(Prompt::ofTerminal);
    }

    /// @param terminal where to ask; yields null where there is none
    InitCommand(Supplier<@Nullable Prompt> terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        CommandSpec commands = Objects.requireNonNull(spec, "options are read after the command line was parsed");
        Output output = new Output(
                commands.commandLine().getOut(), commands.commandLine().getErr(), json);
        validate();
        InitFiles.requireAbsent(target(), names());
        Prompt prompt = yes || json ? null : terminal.get();
        if (prompt != null) {
            new InitQuestions(this, target(), prompt, output).ask();
        }
        requireAll();
        InitAnswers answers = draft();
        Configuration configuration = checked(answers);
        List<InitFinding> findings = noLook ? List.of() : look(answers, configuration, output);
        List<Path> written = InitFiles.write(target(), contents(answers));
        List<String> next = next();
        tell(output, written, next, answers.login());
        output.document(document(findings, written, next));
        return findings.stream().anyMatch(InitFinding::warns) ? Sluice.ATTENTION : Sluice.DONE;
    }

    // ---- the answers ----

    private void validate() {
        logins.validate();
        if ((accessKeyId == null) != (secretKeyFile == null)) {
            throw new UsageError(
                    "--access-key-id and --secret-key-file belong together",
                    "Say both, or neither for what the AWS SDK finds by itself.");
        }
    }

    private void requireAll() {
        List<String> missing = new ArrayList<>();
        String ofLogin = logins.missing(draft().server().isThisMachine());
        if (ofLogin != null) {
            missing.add(ofLogin);
        }
        if (bucket == null) {
            missing.add("--bucket BUCKET");
        }
        if (region == null && endpoint == null) {
            missing.add("--region REGION (or --endpoint URL for another server than Amazon's)");
        }
        if (identity == null) {
            missing.add("--identity NAME");
        }
        if (!missing.isEmpty()) {
            throw new UsageError(
                    "an answer is missing: %s".formatted(String.join(", ", missing)),
                    "Say it as an option, or run this on a terminal without --yes and --json to be asked.");
        }
    }

    /// The answers so far; where one is missing, a valid one that means nothing.
    InitAnswers draft() {
        try {
            ServerAddress address = ServerAddress.parse(or(server, "localhost"));
            boolean none = region == null && endpoint == null;
            return new InitAnswers(
                    address,
                    trustCertificate || address.isThisMachine(),
                    logins.answer(target()),
                    or(bucket, "missing"),
                    or(prefix, ""),
                    none ? "missing" : emptyAsNull(region),
                    emptyAsNull(endpoint),
                    keys(),
                    or(identity, "missing"),
                    kmsKey,
                    lock(),
                    !noPrune);
        } catch (IllegalArgumentException e) {
            throw new UsageError(String.valueOf(e.getMessage()), "See `sluice init --help`.");
        }
    }

    private InitAnswers.@Nullable StoreKeys keys() {
        if (accessKeyId == null) {
            return null;
        }
        if (typedSecretKey != null) {
            return new InitAnswers.StoreKeys(accessKeyId, typedSecretKey);
        }
        return secretKeyFile == null
                ? null
                : new InitAnswers.StoreKeys(accessKeyId, new SecretReference.InFile(absolute(secretKeyFile)));
    }

    private InitAnswers.@Nullable Lock lock() {
        if (objectLock == null) {
            return null;
        }
        int colon = objectLock.indexOf(':');
        if (colon < 0) {
            throw new UsageError(
                    "--object-lock %s does not say for how long".formatted(objectLock), "Write it like compliance:35.");
        }
        return new InitAnswers.Lock(
                objectLock.substring(0, colon).toLowerCase(Locale.ROOT), objectLock.substring(colon + 1));
    }

    Configuration checked(InitAnswers answers) {
        try {
            Configuration configuration = ConfigurationText.check(answers, name -> System.getenv(name));
            Secret password = configuration.server().password();
            if (password != null) {
                Masking.hide(List.of(password.reveal()));
            }
            return configuration;
        } catch (Misconfigured e) {
            throw new UsageError(
                    String.join(
                            "; ", e.problems().stream().map(InitCommand::told).toList()),
                    "Correct the option%s named above.".formatted(e.problems().size() == 1 ? "" : "s"));
        }
    }

    private static String told(Problem problem) {
        return "%s: %s%s"
                .formatted(
                        option(problem),
                        problem.what(),
                        problem.hint().isEmpty() ? "" : " (%s)".formatted(problem.hint()));
    }

    private static String option(Problem problem) {
        return OPTIONS.entrySet().stream()
                .filter(key -> problem.path().startsWith(key.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(problem.path());
    }

    private static Map<String, String> options() {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("server.url", "--server");
        options.put("server.kerberos.principal", "--principal");
        options.put("server.kerberos.keytab", "--keytab");
        options.put("server.kerberos.krb5-conf", "--krb5-conf");
        options.put("server.kerberos.spn", "--spn");
        options.put("server.user", "--login");
        options.put("server.password", "--password-file");
        options.put("server.identity", "--identity");
        options.put("vdi.instance", "--server");
        options.put("store.bucket", "--bucket");
        options.put("store.prefix", "--prefix");
        options.put("store.region", "--region");
        options.put("store.endpoint", "--endpoint");
        options.put("store.credentials.access-key-id", "--access-key-id");
        options.put("store.credentials", "--secret-key-file");
        options.put("store.sse", "--kms");
        options.put("store.object-lock", "--object-lock");
        return options;
    }

    // ---- what is done with them ----

    private static List<InitFinding> look(InitAnswers answers, Configuration configuration, Output output) {
        List<InitFinding> findings = new InitLook(answers, configuration).findings();
        for (InitFinding finding : findings) {
            output.tell("%-4s  %s".formatted(finding.warns() ? "warn" : "ok", finding.what()));
            if (finding.warns()) {
                output.tell("      -> %s".formatted(finding.remedy()));
            }
        }
        return findings;
    }

    private List<String> names() {
        List<String> names = new ArrayList<>(List.of(InitFiles.CONFIGURATION, InitFiles.LOGIN, InitFiles.POLICY));
        if (logins.generatesPassword()) {
            names.add(InitFiles.PASSWORD);
        }
        return names;
    }

    private Map<String, String> contents(InitAnswers answers) {
        Map<String, String> contents = new LinkedHashMap<>();
        if (logins.existing != null) {
            contents.put(InitFiles.PASSWORD, logins.existing.secret());
        } else if (logins.generatesPassword()) {
            contents.put(InitFiles.PASSWORD, GeneratedPassword.next());
        }
        if (typedSecretKey != null) {
            contents.put(InitFiles.SECRET_KEY, typedSecretKey.secret());
        }
        contents.put(InitFiles.LOGIN, LoginScript.of(answers));
        contents.put(InitFiles.POLICY, AccessPolicy.of(answers));
        contents.put(InitFiles.CONFIGURATION, ConfigurationText.of(answers));
        return contents;
    }

    private static void tell(Output output, List<Path> written, List<String> next, InitLogin login) {
        output.tell("");
        for (Path file : written) {
            output.tell("Wrote %s: %s".formatted(file, purpose(String.valueOf(file.getFileName()), login)));
        }
        output.tell("");
        output.tell("First %s%s goes to the user or role whose credentials"
                .formatted(
                        InitLogin.isBuiltIn(login.name())
                                ? ""
                                : "a sysadmin runs %s (its first lines say how), and ".formatted(InitFiles.LOGIN),
                        InitFiles.POLICY));
        output.tell("Sluice has for the bucket. The next three commands then are, run as SQL Server's own user:");
        next.forEach(command -> output.tell("  " + command));
    }

    private static String purpose(String name, InitLogin login) {
        return switch (name) {
            case InitFiles.PASSWORD ->
                login.presence() == InitLogin.Presence.THERE
                        ? "the login's password, for its owner alone to read"
                        : "the login's generated password, for its owner alone to read";
            case InitFiles.SECRET_KEY -> "the secret access key, for its owner alone to read";
            case InitFiles.LOGIN ->
                InitLogin.isBuiltIn(login.name())
                        ? "nothing to run, since %s is there already; says what each right is for"
                                .formatted(login.name())
                        : login.presence() == InitLogin.Presence.THERE
                                ? "makes the login a sysadmin, and says what each right is for"
                                : "makes the login, and says what each right is for";
            case InitFiles.POLICY -> "the rights in the bucket that Sluice needs, and no others";
            default -> "the configuration";
        };
    }

    private List<String> next() {
        Path file = target().resolve(InitFiles.CONFIGURATION);
        boolean found = target().equals(absolute(Path.of("")));
        String config = found ? "" : " --config " + (file.toString().contains(" ") ? "'" + file + "'" : file);
        return List.of("sluice doctor" + config, "sluice backup DATABASE" + config, "sluice serve" + config);
    }

    private static Map<String, Object> document(List<InitFinding> findings, List<Path> written, List<String> next) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("findings", findings);
        document.put("files", written.stream().map(Path::toString).toList());
        document.put("next", next);
        return document;
    }

    private Path target() {
        return absolute(directory);
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }

    private static String or(@Nullable String said, String usual) {
        return said == null ? usual : said;
    }

    private static @Nullable String emptyAsNull(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }
}
