package dev.sluice.engine.sql;

import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Says of a login by Kerberos that failed what is wrong, and what to try.
///
/// Java's Kerberos tells the KDC's answer in the texts of its exceptions only, as in `Client not found in
/// Kerberos database (6)`.
///
/// **Source:** RFC 4120, section 7.5.9, for the KDC's numbers; the list of database engine errors for SQL
/// Server's.
final class KerberosProblem {

    private static final Pattern NUMBER = Pattern.compile("\\((\\d{1,3})\\)(?: |$|\\))");

    private static final int CLIENT_UNKNOWN = 6;
    private static final int SERVICE_UNKNOWN = 7;
    private static final int NO_SUCH_KEY_TYPE = 14;
    private static final int REVOKED = 18;
    private static final int KEY_EXPIRED = 23;
    private static final int WRONG_KEY = 24;
    private static final int UNDECIPHERABLE = 31;
    private static final int TICKET_EXPIRED = 32;
    private static final int CLOCK = 37;
    private static final int WRONG_REALM = 68;

    private KerberosProblem() {}

    static TicketUnavailable of(Exception e, KerberosAccount account, Duration patience) {
        if (e instanceof KerberosTickets.KeytabUnusable) {
            return new TicketUnavailable(
                    String.valueOf(e.getMessage()),
                    "Make the keytab with the account's key, let Sluice's user alone read it, and name it in"
                            + " server.kerberos.keytab; `klist -k -e FILE` lists what is in it.",
                    e);
        }
        if (e instanceof TimeoutException) {
            return new TicketUnavailable(
                    String.format(
                            Locale.ROOT,
                            "the KDC of %s had not answered after %d s",
                            account.realm(),
                            patience.toSeconds()),
                    unreachable(account),
                    e);
        }
        String said = said(e);
        return new TicketUnavailable("Kerberos says: " + said, remedy(e, said, account), e);
    }

    /// The first message with the KDC's number, else the innermost. Below the first, Java tells how it
    /// failed to read the KDC's error as an answer.
    private static String said(Throwable e) {
        String said = e.toString();
        int depth = 0;
        for (Throwable cause = e; cause != null && depth++ < 20; cause = cause.getCause()) {
            String message = cause.getMessage();
            if (message != null && !message.isBlank()) {
                said = message.lines().findFirst().orElse("").strip();
                if (number(said).isPresent()) {
                    return said;
                }
            }
        }
        return said;
    }

    /// Whether the KDC refused the account or its key, which only a change in the domain or of the keytab mends.
    static boolean isRefusalOfAccount(Exception e) {
        OptionalInt number = number(said(e));
        return number.isPresent()
                && switch (number.getAsInt()) {
                    case CLIENT_UNKNOWN, NO_SUCH_KEY_TYPE, REVOKED, KEY_EXPIRED, WRONG_KEY -> true;
                    default -> false;
                };
    }

    /// Whether the KDC takes the account's ticket, and knows no service of the name.
    static boolean isServiceUnknown(Exception e) {
        OptionalInt number = number(said(e));
        return number.isPresent() && number.getAsInt() == SERVICE_UNKNOWN;
    }

    /// Whether a KDC answered with an error, or none could be reached: then one is known.
    static boolean isOfKdc(Exception e) {
        return number(said(e)).isPresent() || isOfNetwork(e);
    }

    /// Whether another ticket-granting ticket may be accepted where this one was not.
    static boolean isOfTicket(Exception e) {
        return number(said(e)).isPresent() && !isServiceUnknown(e);
    }

    private static OptionalInt number(String text) {
        Matcher number = NUMBER.matcher(text);
        return number.find() ? OptionalInt.of(Integer.parseInt(number.group(1))) : OptionalInt.empty();
    }

    private static String remedy(Throwable e, String said, KerberosAccount account) {
        OptionalInt number = number(said);
        if (number.isPresent()) {
            return remedy(number.getAsInt(), account);
        }
        if (isOfNetwork(e)) {
            return unreachable(account);
        }
        String text = said.toLowerCase(Locale.ROOT);
        if (text.contains("classcastexception") || text.contains("configuration file")) {
            return "Correct %s: Java cannot read it. It wants `{` at the end of a realm's line, and each key on a line of its own."
                    .formatted(account.configuration());
        }
        if (text.contains("kdc") || text.contains("realm")) {
            return "Name a KDC of %s in %s (section [realms]), or let DNS name one; server.kerberos.krb5-conf names another file."
                    .formatted(account.realm(), account.configuration());
        }
        if (text.contains("checksum") || text.contains("decrypt") || text.contains("integrity")) {
            return wrongKey(account);
        }
        return "Try `kinit -k -t %s %s` as Sluice's user with KRB5_CONFIG=%s: it shows the same in the system's own words."
                .formatted(account.keytab(), account.principal(), account.configuration());
    }

    private static String remedy(int number, KerberosAccount account) {
        return switch (number) {
            case CLIENT_UNKNOWN ->
                "Correct server.kerberos.principal: the realm %s has no account of that name. Case counts, and realms are in capitals as a rule."
                        .formatted(account.realm());
            case SERVICE_UNKNOWN ->
                "Register SQL Server's service principal name in the domain (`setspn -S MSSQLSvc/HOST:PORT ACCOUNT`), or name in"
                        + " server.kerberos.spn the one that it has; Sluice asked for %s.".formatted(account.service());
            case NO_SUCH_KEY_TYPE ->
                "Allow AES for the account in the domain, and make the keytab %s anew.".formatted(account.keytab());
            case REVOKED -> "Enable or unlock the account %s in the domain.".formatted(account.principal());
            case KEY_EXPIRED ->
                "Give the account %s a password that does not expire, and make the keytab %s anew."
                        .formatted(account.principal(), account.keytab());
            case WRONG_KEY, UNDECIPHERABLE -> wrongKey(account);
            case TICKET_EXPIRED, CLOCK ->
                "Correct the clock of this machine, or the KDC's: Kerberos allows five minutes between them as a rule.";
            case WRONG_REALM ->
                "Correct the realm in server.kerberos.principal: the KDC that %s names is another realm's."
                        .formatted(account.configuration());
            default -> "Look the number up in RFC 4120, section 7.5.9, and the request in the KDC's log.";
        };
    }

    private static String wrongKey(KerberosAccount account) {
        return "Make the keytab %s anew: its key is no longer that of %s, whose password was changed since (compare `klist -k` with the"
                        .formatted(account.keytab(), account.principal())
                + " account's key version number).";
    }

    private static String unreachable(KerberosAccount account) {
        return ("Check that the KDC that %1$s names for %2$s runs and can be reached from here (port 88, TCP and UDP). If another KDC"
                        + " runs, write kdc_timeout = 3000 and max_retries = 1 into [libdefaults] of %1$s: else Java waits 90 s for a"
                        + " silent one before it asks the next.")
                .formatted(account.configuration(), account.realm());
    }

    private static boolean isOfNetwork(Throwable e) {
        int depth = 0;
        for (Throwable cause = e; cause != null && depth++ < 20; cause = cause.getCause()) {
            if (cause instanceof SocketException
                    || cause instanceof SocketTimeoutException
                    || cause instanceof UnknownHostException) {
                return true;
            }
        }
        return false;
    }

    /// There is a ticket, as far as one can see, and no session. What SQL Server answered, if it did, is lost in
    /// the driver, which tried again.
    static TicketUnavailable notAccepted(Exception e, KerberosAccount account) {
        return new TicketUnavailable(
                "SQL Server ended the login, or refused the ticket for %s".formatted(account.service()),
                "See whether SQL Server runs, or was restarted just now. If it runs: " + untrusting(account),
                e);
    }

    private static String untrusting(KerberosAccount account) {
        return ("Check that %s belongs to the account that SQL Server runs as, and to it alone (`setspn -Q %s`), that SQL"
                        + " Server's own keytab has that account's present key, and what SQL Server's error log says (18452).")
                .formatted(account.service(), account.service());
    }

    /// SQL Server had the ticket, and refused it.
    static Optional<String> remedyOfRefusal(int number, KerberosAccount account) {
        return switch (number) {
            case SqlServerUnavailable.LOGIN_FAILED ->
                Optional.of(
                        "Make a login for the account that the message names, as login.sql of `sluice init` does: CREATE LOGIN"
                                + " [DOMAIN\\NAME] FROM WINDOWS; and ALTER SERVER ROLE sysadmin ADD MEMBER [DOMAIN\\NAME].");
            case SqlServerUnavailable.UNTRUSTED -> Optional.of(untrusting(account));
            default -> Optional.empty();
        };
    }
}
