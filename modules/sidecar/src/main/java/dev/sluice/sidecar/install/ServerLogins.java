package dev.sluice.sidecar.install;

import dev.sluice.engine.sql.KerberosAccount;
import dev.sluice.engine.sql.KerberosLogin;
import dev.sluice.engine.sql.ServerLogin;
import dev.sluice.engine.sql.SqlLogin;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.sidecar.config.KerberosSection;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.config.ServerAccess;

/// A SQL Server with the login that the configuration has for it.
final class ServerLogins {

    private ServerLogins() {}

    static SqlServer server(ServerAccess access) {
        return new SqlServer(access.url().text(), login(access));
    }

    private static ServerLogin login(ServerAccess access) {
        KerberosSection kerberos = access.kerberos();
        if (kerberos != null) {
            return new KerberosLogin(
                    new KerberosAccount(kerberos.principal(), kerberos.keytab(), kerberos.krb5Conf(), kerberos.spn()));
        }
        String user = access.user();
        Secret password = access.password();
        if (user == null || password == null) {
            throw new IllegalStateException("the configuration was read without a login");
        }
        return new SqlLogin(user, password.reveal());
    }
}
