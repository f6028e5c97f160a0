package dev.sluice.engine.sql;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import javax.security.auth.login.LoginException;
import org.ietf.jgss.GSSException;
import org.jspecify.annotations.Nullable;

/// A login by Kerberos: the domain vouches for the account whose key is in a keytab, and SQL Server never
/// sees a password.
///
/// The ticket-granting ticket is fetched with the first connection and kept in memory for the following
/// ones. Shortly before its end, another is fetched with the key, so that a process may run for longer than
/// any ticket. No ticket cache is read or written, and no JAAS file is needed.
///
/// **Threading:** any thread; who needs a new ticket waits while another thread fetches it.
public final class KerberosLogin extends ServerLogin {

    /// For the KDC and SQL Server together: the driver bounds only the latter, by its `loginTimeout`, and
    /// Java asks each KDC of a realm three times for 30 s.
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final KerberosAccount account;
    private final Duration patience;
    private final ReentrantLock fetching = new ReentrantLock();
    private @Nullable KerberosTickets tickets;

    public KerberosLogin(KerberosAccount account) {
        this(account, PATIENCE);
    }

    KerberosLogin(KerberosAccount account, Duration patience) {
        this.account = account;
        this.patience = patience;
    }

    @Override
    public String name() {
        return account.principal();
    }

    public KerberosAccount account() {
        return account;
    }

    @Override
    Connection connect(String url, Properties properties) throws SQLException, TicketUnavailable {
        properties.setProperty("integratedSecurity", "true");
        properties.setProperty("authenticationScheme", "JavaKerberos");
        if (account.spn() != null) {
            properties.setProperty("serverSpn", account.spn());
        }
        try {
            return TimeLimit.connect(patience, () -> connectWithTicket(url, properties));
        } catch (TimeoutException e) {
            throw KerberosProblem.of(e, account, patience);
        }
    }

    private Connection connectWithTicket(String url, Properties properties) throws SQLException, TicketUnavailable {
        KerberosTickets kept = current();
        KerberosTickets used = kept == null ? renewed(null) : kept;
        try {
            return connect(url, properties, used);
        } catch (SQLException e) {
            if (!isOfKerberos(e)) {
                throw e;
            }
            if (kept == null) {
                throw explained(e, url, used);
            }
        }
        // A kept ticket may have become useless before its end, for instance when the KDC's database was
        // restored.
        KerberosTickets fresh = renewed(kept);
        try {
            return connect(url, properties, fresh);
        } catch (SQLException e) {
            if (isOfKerberos(e)) {
                throw explained(e, url, fresh);
            }
            throw e;
        }
    }

    /// The driver tries again without the ticket, and tells only what became of that. So Kerberos is asked
    /// once more.
    private TicketUnavailable explained(SQLException e, String url, KerberosTickets tickets) {
        Optional<String> service = account.service(url);
        KerberosAccount asking = account.asking(service.orElse(null));
        if (service.isPresent()) {
            try {
                tickets.requireTicketFor(service.get());
            } catch (GSSException reason) {
                e.addSuppressed(reason);
                return KerberosProblem.of(reason, asking, patience);
            }
        }
        return KerberosProblem.notAccepted(e, asking);
    }

    private static Connection connect(String url, Properties properties, KerberosTickets tickets) throws SQLException {
        properties.put("gsscredential", tickets.credential());
        return DriverManager.getConnection(url, properties);
    }

    /// Null when there is none, or it ends soon.
    private @Nullable KerberosTickets current() {
        fetching.lock();
        try {
            return tickets == null || tickets.endSoon() ? null : tickets;
        } finally {
            fetching.unlock();
        }
    }

    /// @param useless not to be returned again
    private KerberosTickets renewed(@Nullable KerberosTickets useless) throws TicketUnavailable {
        fetching.lock();
        try {
            KerberosTickets known = tickets;
            if (known == null || known.equals(useless) || known.endSoon()) {
                known = KerberosTickets.fetch(account);
                tickets = known;
            }
            return known;
        } catch (KerberosTickets.NotFetched e) {
            throw KerberosProblem.of(e.reason(), account, patience);
        } finally {
            fetching.unlock();
        }
    }

    private static boolean isOfKerberos(SQLException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof GSSException || cause instanceof LoginException) {
                return true;
            }
        }
        return false;
    }

    @Override
    Optional<String> remedy(int number) {
        return KerberosProblem.remedyOfRefusal(number, account);
    }

    @Override
    public String toString() {
        return "KerberosLogin[%s]".formatted(account.principal());
    }
}
