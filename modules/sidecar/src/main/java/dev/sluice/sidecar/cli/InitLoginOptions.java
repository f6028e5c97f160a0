package dev.sluice.sidecar.cli;

import dev.sluice.sidecar.init.InitFiles;
import dev.sluice.sidecar.init.InitLogin;
import dev.sluice.sidecar.init.SecretReference;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// As whom Sluice is to connect: options of `sluice init`.
final class InitLoginOptions {

    private static final String KEYTAB = "sluice.keytab";

    @Option(
            names = "--login",
            paramLabel = "NAME",
            description =
                    "The login that login.sql makes. Default: sluice; with --principal, DOMAIN\\NAME as the principal has"
                            + " them.")
    @Nullable
    String login;

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description =
                    "The file that has its password. Default: sql-password beside the other files, with a generated"
                            + " one, or on a terminal an existing login's, which is asked for. sa exists already.")
    @Nullable
    Path passwordFile;

    /// What was typed where an existing login's password was asked for.
    SecretReference.@Nullable ToFile existing;

    @Option(
            names = "--password-env",
            paramLabel = "VARIABLE",
            description = "The environment variable that has it instead.")
    @Nullable
    String passwordVariable;

    @Option(
            names = "--principal",
            paramLabel = "NAME@REALM",
            description = "Log in by Kerberos as this account of a domain, without a password.")
    @Nullable
    String principal;

    @Option(
            names = "--keytab",
            paramLabel = "FILE",
            description =
                    "The file that has the account's key. Default: sluice.keytab beside the other files; it is not"
                            + " made here.")
    @Nullable
    Path keytab;

    @Option(
            names = "--spn",
            paramLabel = "SPN",
            description =
                    "SQL Server's service principal name. Default: MSSQLSvc/HOST:PORT of --server; required if that is"
                            + " this machine.")
    @Nullable
    String spn;

    @Option(names = "--krb5-conf", paramLabel = "FILE", description = "Kerberos' configuration. Default: the system's.")
    @Nullable
    Path krb5Conf;

    void validate() {
        if (passwordFile != null && passwordVariable != null) {
            throw new UsageError("--password-file and --password-env exclude each other", "Say one of them.");
        }
        if (principal != null && (passwordFile != null || passwordVariable != null)) {
            throw new UsageError(
                    "--principal goes without a password", "Leave --password-file and --password-env away.");
        }
        if (principal == null && (keytab != null || spn != null || krb5Conf != null)) {
            throw new UsageError(
                    "--keytab, --spn and --krb5-conf belong to a login by Kerberos", "Say --principal NAME@REALM too.");
        }
    }

    /// What is still missing, or null.
    ///
    /// @param thisMachine whether SQL Server's address is this machine's, of which no domain knows a
    ///                    service
    @Nullable
    String missing(boolean thisMachine) {
        if (generatesPassword() && login != null && InitLogin.isBuiltIn(login)) {
            return "--password-file FILE (the login %s has a password already, so none is generated)".formatted(login);
        }
        return principal != null && spn == null && thisMachine
                ? "--spn MSSQLSvc/HOST:PORT (for localhost no domain has one)"
                : null;
    }

    /// The login's usual name.
    String proposed() {
        return principal == null ? "sluice" : InitLogin.OfDomain.proposedName(principal);
    }

    boolean generatesPassword() {
        return !hasProof() && existing == null;
    }

    /// Whether the options say how the login proves who it is.
    boolean hasProof() {
        return principal != null || passwordFile != null || passwordVariable != null;
    }

    /// @param target the directory of the files
    InitLogin answer(Path target) {
        String name = login == null ? proposed() : login;
        if (principal != null) {
            return new InitLogin.OfDomain(
                    name,
                    principal,
                    keytab == null ? target.resolve(KEYTAB) : absolute(keytab),
                    krb5Conf == null ? null : absolute(krb5Conf),
                    spn);
        }
        if (existing != null) {
            return new InitLogin.WithPassword(name, existing, InitLogin.Presence.THERE);
        }
        return new InitLogin.WithPassword(
                name,
                passwordVariable != null
                        ? new SecretReference.InEnvironment(passwordVariable)
                        : new SecretReference.InFile(
                                passwordFile == null ? target.resolve(InitFiles.PASSWORD) : absolute(passwordFile)),
                hasProof() ? InitLogin.Presence.UNKNOWN : InitLogin.Presence.NEW);
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }
}
