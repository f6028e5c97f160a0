package dev.sluice.sidecar.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// `notify[].email:`
public record EmailSection(
        @Key(
                value =
                        "The SMTP server. `smtp://` begins in plain text and goes over to TLS (STARTTLS), `smtps://` begins"
                                + " with TLS. The port is 587 or 465 where it is not said.",
                pattern = "[sS][mM][tT][pP][sS]?://.+",
                bound = "`smtp://` or `smtps://`, a host, and a port if need be",
                example = "smtp://mail.example.com:587")
        URI server,

        @Key(
                value =
                        "`required`: nothing is sent before the connection is encrypted, and the server's certificate and"
                                + " name are checked. `none`: neither, for a relay on this machine or in a network that you trust.",
                initial = "required",
                bound = "`none` only with `smtp://`, and without `password`")
        Tls tls,

        @Key(
                value = "The sender's address, which also gets what cannot be delivered.",
                pattern = EmailSection.ADDRESS,
                bound = "an address alone, in ASCII: `name@host`",
                example = "sluice@example.com")
        String from,

        @Key(
                value = "Who gets the mails.",
                pattern = EmailSection.ADDRESS,
                bound = "1 to 50 addresses, each as `from`",
                example = "[dba@example.com]")
        List<String> to,

        @Key(value = "As whom to log in.", optional = true, bound = "only beside `password`", example = "sluice")
        @Nullable
        String user,

        @Key(
                value = "Its password.",
                optional = true,
                bound = "only beside `user`",
                example = "${file:/run/secrets/smtp-password}")
        @Nullable
        Secret password,

        @Key(
                value =
                        "Certificates of the authorities that may vouch for the server, instead of those that Java trusts.",
                optional = true,
                bound = "an absolute path of a PEM file; only with TLS",
                example = "/etc/sluice/mail-ca.pem")
        @Nullable
        Path ca,

        @Key(
                value = "How long one attempt may take, from the connection to the server's last answer.",
                initial = "30s",
                min = "1s",
                max = "5m")
        Duration timeout) {

    /// What every server takes: no quoting, no comment, no language but ASCII, no two dots in a row.
    static final String ADDRESS = "[A-Za-z0-9!#$&'*+/=?^_{}~-]+(\\.[A-Za-z0-9!#$&'*+/=?^_{}~-]+)*"
            + "@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*";

    /// RFC 5321: of the part before `@`, and of the whole.
    private static final int LONGEST_NAME = 64;

    private static final int LONGEST_ADDRESS = 254;
    private static final int LAST_PORT = 65_535;
    private static final int MOST_RECIPIENTS = 50;
    private static final int SUBMISSION = 587;
    private static final int SUBMISSIONS = 465;

    public EmailSection {
        to = List.copyOf(to);
        if (server.getHost() == null
                || server.getRawUserInfo() != null
                || !List.of("", "/").contains(server.getRawPath())
                || server.getRawQuery() != null
                || server.getRawFragment() != null) {
            throw new Invalid(
                    "server",
                    "is no address of an SMTP server: only a host and a port belong behind the scheme",
                    "write it like smtp://mail.example.com:587");
        }
        if (server.getPort() == 0 || server.getPort() > LAST_PORT) {
            throw new Invalid(
                    "server",
                    String.format(Locale.ROOT, "has the port %d, and ports are 1 to %d", server.getPort(), LAST_PORT),
                    "write it like smtp://mail.example.com:587");
        }
        checkLength("from", from);
        for (int i = 0; i < to.size(); i++) {
            checkLength(String.format(Locale.ROOT, "to[%d]", i), to.get(i));
        }
        if (to.isEmpty() || to.size() > MOST_RECIPIENTS) {
            throw new Invalid(
                    "to",
                    String.format(Locale.ROOT, "names %d recipients, and takes 1 to %d", to.size(), MOST_RECIPIENTS),
                    "name at least one; a list of your mail system serves many");
        }
        if ((user == null) != (password == null)) {
            throw new Invalid(
                    user == null ? "password" : "user",
                    "stands alone: a login has a user and a password",
                    "give both, or neither");
        }
        if (tls == Tls.NONE && implicitTls(server)) {
            throw new Invalid("tls", "cannot be none: smtps:// begins with TLS", "write the server with smtp://");
        }
        if (tls == Tls.NONE && password != null) {
            throw new Invalid(
                    "password", "would cross the network unencrypted", "leave tls out, or leave user and password out");
        }
        if (ca != null && tls == Tls.NONE) {
            throw new Invalid("ca", "there are no certificates without TLS", "leave the key out, or leave tls out");
        }
        if (ca != null && !ca.isAbsolute()) {
            throw new Invalid("ca", "%s is not absolute".formatted(ca), "begin it with a slash");
        }
    }

    /// Whether a connection is encrypted.
    public enum Tls {
        REQUIRED,
        NONE
    }

    private static void checkLength(String key, String address) {
        if (address.indexOf('@') > LONGEST_NAME || address.length() > LONGEST_ADDRESS) {
            throw new Invalid(
                    key,
                    String.format(
                            Locale.ROOT,
                            "is too long: an address has at most %d characters before the @, and %d in all",
                            LONGEST_NAME,
                            LONGEST_ADDRESS),
                    "take a shorter one");
        }
    }

    private static boolean implicitTls(URI server) {
        return "smtps".equalsIgnoreCase(server.getScheme());
    }

    /// Whether TLS begins with the connection.
    public boolean implicitTls() {
        return implicitTls(server);
    }

    /// Of the server, without the brackets of an IPv6 address.
    public String host() {
        String host = server.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /// Where the server listens.
    public int port() {
        if (server.getPort() >= 0) {
            return server.getPort();
        }
        return implicitTls() ? SUBMISSIONS : SUBMISSION;
    }
}
