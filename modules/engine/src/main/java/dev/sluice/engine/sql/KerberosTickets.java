package dev.sluice.engine.sql;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import javax.security.auth.Subject;
import javax.security.auth.kerberos.KerberosPrincipal;
import javax.security.auth.kerberos.KerberosTicket;
import javax.security.auth.kerberos.KeyTab;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A ticket-granting ticket, as the driver takes it.
///
/// @param credential holds the ticket; never disposed of, for connections may use it until they are made
/// @param renewAt    from when on another is to be fetched
/// @param until      its end
record KerberosTickets(GSSCredential credential, Instant renewAt, Instant until) {

    private static final Logger log = LoggerFactory.getLogger(KerberosTickets.class);

    private static final String MODULE = "com.sun.security.auth.module.Krb5LoginModule";
    private static final String MECHANISM = "1.2.840.113554.1.2.2";

    /// Before its end; of a short ticket, half of its life. Clocks may differ by as much.
    private static final Duration EARLY = Duration.ofMinutes(5);

    /// There is no ticket.
    static final class NotFetched extends Exception {

        private static final long serialVersionUID = 1L;

        private final Exception reason;

        NotFetched(Exception reason) {
            this.reason = reason;
            super(reason);
        }

        Exception reason() {
            return reason;
        }
    }

    /// Asks the KDC, with the key in the keytab. Blocks for as long as Java's Kerberos waits.
    static KerberosTickets fetch(KerberosAccount account) throws NotFetched {
        if (account.krb5Conf() != null) {
            System.setProperty("java.security.krb5.conf", account.krb5Conf().toString());
        }
        // Else Java would look for other accounts' tickets where the given ones do not do.
        System.setProperty("javax.security.auth.useSubjectCredsOnly", "true");
        try {
            requireKey(account);
            LoginContext login = login(account);
            Subject subject = login.getSubject();
            KerberosTicket ticket = subject.getPrivateCredentials(KerberosTicket.class).stream()
                    .max(Comparator.comparing(KerberosTicket::getEndTime))
                    .orElseThrow(() -> new LoginException("the KDC gave no ticket"));
            Instant until = ticket.getEndTime().toInstant();
            GSSCredential credential = Subject.callAs(
                    subject,
                    () -> GSSManager.getInstance()
                            .createCredential(
                                    null,
                                    GSSCredential.DEFAULT_LIFETIME,
                                    new Oid(MECHANISM),
                                    GSSCredential.INITIATE_ONLY));
            log.atInfo()
                    .addKeyValue("principal", account.principal())
                    .addKeyValue("until", until)
                    .log("Kerberos ticket fetched");
            return new KerberosTickets(credential, renewAt(Instant.now(), until), until);
        } catch (CompletionException e) {
            throw new NotFetched(e.getCause() instanceof GSSException gss ? gss : e);
        } catch (LoginException e) {
            throw new NotFetched(e);
        }
    }

    private static LoginContext login(KerberosAccount account) throws LoginException {
        LoginContext login = new LoginContext("sluice", null, null, configuration(account));
        try {
            login.login();
        } catch (LoginException e) {
            if (!KerberosProblem.isOfKdc(e)) {
                Krb5Configuration.unread();
            }
            throw e;
        }
        return login;
    }

    static Instant renewAt(Instant now, Instant until) {
        Duration half = Duration.between(now, until).dividedBy(2);
        return until.minus(half.compareTo(EARLY) < 0 ? half : EARLY);
    }

    boolean endSoon() {
        return !Instant.now().isBefore(renewAt);
    }

    boolean isOver() {
        return !Instant.now().isBefore(until);
    }

    /// Fetches a ticket for a service. It gets into the current [Subject], from where the driver takes it.
    void fetchTicketFor(String service) throws GSSException {
        GSSManager manager = GSSManager.getInstance();
        GSSContext context = manager.createContext(
                manager.createName(service, null), new Oid(MECHANISM), credential, GSSContext.DEFAULT_LIFETIME);
        try {
            context.requestCredDeleg(false);
            context.initSecContext(new byte[0], 0, 0);
        } finally {
            context.dispose();
        }
    }

    /// Java itself says only that it got no password.
    private static void requireKey(KerberosAccount account) throws LoginException {
        Path keytab = account.keytab();
        if (!Files.exists(keytab)) {
            throw new KeytabUnusable("the keytab %s does not exist".formatted(keytab));
        }
        if (!Files.isReadable(keytab) || !Files.isRegularFile(keytab)) {
            throw new KeytabUnusable("the keytab %s cannot be read".formatted(keytab));
        }
        KerberosPrincipal principal = new KerberosPrincipal(account.principal());
        if (KeyTab.getInstance(principal, keytab.toFile()).getKeys(principal).length == 0) {
            throw new KeytabUnusable(
                    "the keytab %s has no key of %s that Java can use".formatted(keytab, account.principal()));
        }
    }

    /// The keytab is the reason.
    static final class KeytabUnusable extends LoginException {

        private static final long serialVersionUID = 1L;

        KeytabUnusable(String message) {
            super(message);
        }
    }

    private static Configuration configuration(KerberosAccount account) {
        Map<String, String> options = new HashMap<>();
        options.put("principal", account.principal());
        options.put("useKeyTab", "true");
        options.put("keyTab", account.keytab().toString());
        options.put("doNotPrompt", "true");
        options.put("isInitiator", "true");
        // A KDC that moved is found without a restart.
        options.put("refreshKrb5Config", String.valueOf(Krb5Configuration.isToBeRead(account)));
        AppConfigurationEntry entry = new AppConfigurationEntry(MODULE, LoginModuleControlFlag.REQUIRED, options);
        return new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return new AppConfigurationEntry[] {entry};
            }
        };
    }
}
