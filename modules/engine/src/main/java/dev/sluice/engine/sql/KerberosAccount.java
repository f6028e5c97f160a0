package dev.sluice.engine.sql;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An account of a domain, and where its key is.
///
/// @param principal `NAME@REALM`
/// @param keytab    the file with its key
/// @param krb5Conf  Kerberos' configuration; null for the one that Java finds. Java has one for the whole
///                  process: of two accounts
///                  that name one each, the last one to log in decides
/// @param spn       SQL Server's service principal name; null for `MSSQLSvc/HOST:PORT` of the URL
public record KerberosAccount(
        String principal,
        Path keytab,
        @Nullable Path krb5Conf,
        @Nullable String spn) {

    String configuration() {
        if (krb5Conf != null) {
            return krb5Conf.toString();
        }
        return System.getProperty("java.security.krb5.conf", "/etc/krb5.conf");
    }

    private static final Pattern SERVER =
            Pattern.compile("jdbc:sqlserver://(\\[[^]]+]|[^:;\\\\]+)(\\\\[^:;]*)?(?::(\\d+))?(?:;.*)?", Pattern.DOTALL);

    private static final String USUAL_PORT = "1433";

    /// The name as messages have it.
    String service() {
        return spn == null ? "MSSQLSvc/HOST:PORT with host and port of server.url" : spn;
    }

    /// The name that the driver asks for; empty where the instance's port must be asked for first.
    Optional<String> service(String url) {
        if (spn != null) {
            return Optional.of(spn);
        }
        Matcher server = SERVER.matcher(url);
        if (!server.matches() || (server.group(2) != null && server.group(3) == null)) {
            return Optional.empty();
        }
        String port = server.group(3) == null ? USUAL_PORT : server.group(3);
        return Optional.of("MSSQLSvc/%s:%s".formatted(server.group(1), port));
    }

    /// The same account, with the name that SQL Server is asked for by.
    KerberosAccount asking(@Nullable String service) {
        return new KerberosAccount(principal, keytab, krb5Conf, service);
    }

    /// Everything that tells whose account and which domain it is.
    public List<String> names() {
        String host = spn == null ? "" : spn.replaceAll("^.*/|[:@].*$", "");
        return List.of(
                principal,
                principal.substring(0, principal.lastIndexOf('@')),
                realm(),
                realm().replaceFirst("\\..*", ""),
                host);
    }

    String realm() {
        return principal.substring(principal.lastIndexOf('@') + 1);
    }
}
