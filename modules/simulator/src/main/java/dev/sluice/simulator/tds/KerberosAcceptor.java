package dev.sluice.simulator.tds;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionException;
import javax.security.auth.Subject;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSCredential;
import org.ietf.jgss.GSSException;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.Oid;

/// Accepts Kerberos tickets for one service principal name, as a SQL Server does that has joined a domain.
///
/// The KDC is not asked: a ticket that the keytab's key opens was made by the KDC.
///
/// **Threading:** any thread.
public final class KerberosAcceptor {

    private static final String MODULE = "com.sun.security.auth.module.Krb5LoginModule";
    private static final String KERBEROS = "1.2.840.113554.1.2.2";
    private static final String SPNEGO = "1.3.6.1.5.5.2";

    private final String realm;
    private final String domain;
    private final GSSCredential credential;

    private KerberosAcceptor(String realm, GSSCredential credential) {
        this.realm = realm;
        this.domain = realm.replaceFirst("\\..*", "").toUpperCase(Locale.ROOT);
        this.credential = credential;
    }

    /// @param service such as `MSSQLSvc/sql.example.test:1433@EXAMPLE.TEST`. Accounts of that realm are
    ///                logins of `EXAMPLE`
    /// @param keytab  is read again when it changes
    /// @throws IOException when the keytab has no key of that name
    public static KerberosAcceptor of(String service, Path keytab) throws IOException {
        int at = service.lastIndexOf('@');
        if (at < 0) {
            throw new IOException("the service principal name %s has no @REALM".formatted(service));
        }
        try {
            LoginContext login = new LoginContext("stand-in", null, null, configuration(service, keytab));
            login.login();
            Oid[] mechanisms = {new Oid(KERBEROS), new Oid(SPNEGO)};
            return new KerberosAcceptor(
                    service.substring(at + 1),
                    Subject.callAs(
                            login.getSubject(),
                            () -> GSSManager.getInstance()
                                    .createCredential(
                                            null,
                                            GSSCredential.INDEFINITE_LIFETIME,
                                            mechanisms,
                                            GSSCredential.ACCEPT_ONLY)));
        } catch (LoginException | GSSException | CompletionException e) {
            throw new IOException(
                    "the keytab %s gives no key for %s: %s".formatted(keytab, service, e.getMessage()), e);
        }
    }

    private static Configuration configuration(String service, Path keytab) {
        Map<String, String> options = new HashMap<>();
        options.put("principal", service);
        options.put("useKeyTab", "true");
        options.put("keyTab", keytab.toString());
        options.put("storeKey", "true");
        options.put("doNotPrompt", "true");
        options.put("isInitiator", "false");
        AppConfigurationEntry entry = new AppConfigurationEntry(MODULE, LoginModuleControlFlag.REQUIRED, options);
        return new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return new AppConfigurationEntry[] {entry};
            }
        };
    }

    GSSContext begin() throws GSSException {
        return GSSManager.getInstance().createContext(credential);
    }

    /// The Windows account of the client, such as `EXAMPLE\sluice`.
    ///
    /// @throws GSSException for one of another realm, whom this server's domain does not trust
    String account(GSSContext established) throws GSSException {
        String principal = established.getSrcName().toString();
        int at = principal.lastIndexOf('@');
        if (at < 0 || !principal.substring(at + 1).equals(realm)) {
            throw new GSSException(GSSException.UNAUTHORIZED);
        }
        return domain + "\\" + principal.substring(0, at);
    }
}
