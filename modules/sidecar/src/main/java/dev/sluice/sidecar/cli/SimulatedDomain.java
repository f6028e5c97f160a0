package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.tds.KerberosAcceptor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The domain that the stand-in for SQL Server has joined, if it has.
final class SimulatedDomain {

    @Option(
            names = "--kerberos",
            paramLabel = "SPN=KEYTAB",
            description = "Accept Kerberos tickets for this service principal name, such as"
                    + " MSSQLSvc/sql.example.com:1433@EXAMPLE.COM, with its key in this keytab. Accounts of that realm are"
                    + " logins of EXAMPLE.")
    @Nullable
    String kerberos;

    @Option(
            names = "--windows-login",
            paramLabel = "DOMAIN\\NAME",
            description = "A login for an account of the domain, which is sysadmin. Repeatable.")
    List<String> logins = new ArrayList<>();

    ServerOptions applied(ServerOptions options) {
        ServerOptions joined = options;
        for (String login : logins) {
            if (!login.contains("\\")) {
                throw new UsageError("--windows-login %s has no domain".formatted(login), "Write it DOMAIN\\NAME.");
            }
            joined = joined.withLogin(new ServerOptions.Login(login, "", true));
        }
        return kerberos == null ? joined : joined.withKerberos(acceptor(kerberos));
    }

    private static KerberosAcceptor acceptor(String written) {
        int at = written.indexOf('=');
        if (at <= 0 || at == written.length() - 1) {
            throw new UsageError("--kerberos %s: write it as SPN=KEYTAB".formatted(written), "See --help.");
        }
        try {
            return KerberosAcceptor.of(written.substring(0, at), Path.of(written.substring(at + 1)));
        } catch (IOException e) {
            throw new OperationFailed(
                    FailureId.START_FAILED,
                    String.valueOf(e.getMessage()),
                    "simulate",
                    "Name a keytab that has the key of that name; `klist -k FILE` lists what is in it.",
                    e);
        }
    }
}
