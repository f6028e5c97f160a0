package dev.sluice.engine.sql;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import javax.security.auth.Subject;
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
/// For each connection, Sluice fetches a ticket for SQL Server, puts it into a subject that has nothing else,
/// and lets the driver log in within it. So a failure of the KDC and one of SQL Server are told apart; and when
/// the driver tries again, for which it has put the credential away, it finds this ticket and no other
/// account's.
///
/// **Threading:** any thread; who needs a new ticket waits while another thread fetches it.
public final class KerberosLogin extends ServerLogin {

    /// For the KDC: Java asks each of a realm's three times for 30 s.
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    /// For the driver to end what it has begun.
    private static final Duration BEYOND_LOGIN_TIMEOUT = Duration.ofSeconds(5);

    private final KerberosAccount account;
    private final Duration patience;
    private final TicketKeeper keeper;

    public KerberosLogin(KerberosAccount account) {
        this(account, PATIENCE);
    }

    KerberosLogin(KerberosAccount account, Duration patience) {
        this.account = account;
        this.patience = patience;
        this.keeper = new TicketKeeper(account);
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
        Optional<String> service = account.service(url);
        KerberosAccount asking = account.asking(service.orElse(null));
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            Attempt attempt = new Attempt(url, properties, keeper.current(deadline));
            return service.isPresent()
                    ? connect(attempt, service.get(), asking, deadline)
                    : connectToNamedInstance(attempt, asking, deadline);
        } catch (TimeoutException e) {
            throw KerberosProblem.of(e, account, patience);
        } catch (KerberosTickets.NotFetched e) {
            throw KerberosProblem.of(e.reason(), asking, patience);
        }
    }

    private Connection connect(Attempt attempt, String service, KerberosAccount asking, long deadline)
            throws SQLException, TicketUnavailable, TimeoutException, KerberosTickets.NotFetched {
        GSSException refusal = attempt.fetchTicketFor(service, deadline);
        Attempt last = attempt;
        if (refusal != null && KerberosProblem.isOfTicket(refusal)) {
            // A kept ticket may have become useless before its end, for instance when the KDC's database was
            // restored.
            Optional<KerberosTickets> fresh = keeper.insteadOf(attempt.tickets, deadline);
            if (fresh.isPresent()) {
                last = attempt.with(fresh.get());
                refusal = last.fetchTicketFor(service, deadline);
            }
        }
        // The driver may know the service by another name: that of the host to which an alias leads.
        boolean otherName = refusal != null && account.spn() == null && KerberosProblem.isServiceUnknown(refusal);
        if (refusal != null && !otherName) {
            throw KerberosProblem.of(refusal, asking, patience);
        }
        try {
            return last.connect(Duration.ZERO);
        } catch (SQLException e) {
            if (!isOfKerberos(e)) {
                throw e;
            }
            if (refusal != null) {
                e.addSuppressed(refusal);
                throw KerberosProblem.of(refusal, asking, patience);
            }
            throw KerberosProblem.notAccepted(e, asking);
        }
    }

    /// Only the driver asks for its port, which is part of the service's name, so the driver has to fetch the
    /// service's ticket, and keeps the KDC's answer to itself.
    private Connection connectToNamedInstance(Attempt attempt, KerberosAccount asking, long deadline)
            throws SQLException, TicketUnavailable, TimeoutException, KerberosTickets.NotFetched {
        try {
            return attempt.connect(patience);
        } catch (SQLException e) {
            if (!isOfKerberos(e)) {
                throw e;
            }
            Optional<KerberosTickets> fresh = keeper.insteadOf(attempt.tickets, deadline);
            if (fresh.isEmpty()) {
                throw KerberosProblem.notAccepted(e, asking);
            }
            try {
                return attempt.with(fresh.get()).connect(patience);
            } catch (SQLException again) {
                if (isOfKerberos(again)) {
                    throw KerberosProblem.notAccepted(again, asking);
                }
                throw again;
            }
        }
    }

    /// @param subject gets SQL Server's ticket
    private record Attempt(String url, Properties properties, KerberosTickets tickets, Subject subject) {

        Attempt(String url, Properties properties, KerberosTickets tickets) {
            this(url, properties, tickets, new Subject());
        }

        Attempt with(KerberosTickets other) {
            return new Attempt(url, properties, other);
        }

        /// Not interrupted at the deadline, for the reason of [TicketKeeper]'s thread. Null when it came.
        @Nullable
        GSSException fetchTicketFor(String service, long deadline) throws TimeoutException {
            CompletableFuture<Void> result = new CompletableFuture<>();
            Thread.ofVirtual().name("kerberos-service-ticket").start(() -> {
                try {
                    Subject.callAs(subject, () -> {
                        tickets.fetchTicketFor(service);
                        return null;
                    });
                    result.complete(null);
                } catch (CompletionException e) {
                    result.completeExceptionally(e.getCause());
                } catch (RuntimeException | Error e) {
                    result.completeExceptionally(e);
                }
            });
            try {
                TimeLimit.await(result, deadline);
                return null;
            } catch (ExecutionException e) {
                return switch (e.getCause()) {
                    case GSSException cause -> cause;
                    case RuntimeException cause -> throw cause;
                    case Error cause -> throw cause;
                    case null, default -> throw new IllegalStateException(e);
                };
            }
        }

        /// @param forTicket what the driver may need for the KDC
        Connection connect(Duration forTicket) throws SQLException {
            properties.put("gsscredential", tickets.credential());
            Duration limit = DriverTimeout.login(url, properties)
                    .plus(BEYOND_LOGIN_TIMEOUT)
                    .plus(forTicket);
            String session = properties.getProperty(CuttableSockets.SESSION);
            try {
                return TimeLimit.connect(limit, this::connectWithin, () -> CuttableSockets.forget(session));
            } catch (TimeoutException e) {
                CuttableSockets.cut(session);
                throw new SQLTimeoutException(
                        String.format(Locale.ROOT, "SQL Server had not let Sluice in after %d s", limit.toSeconds()),
                        e);
            }
        }

        private Connection connectWithin() throws SQLException {
            try {
                return Subject.callAs(subject, () -> DriverManager.getConnection(url, properties));
            } catch (CompletionException e) {
                switch (e.getCause()) {
                    case SQLException cause -> throw cause;
                    case RuntimeException cause -> throw cause;
                    case null, default -> throw e;
                }
            }
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
