package dev.sluice.sidecar.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// `server.kerberos:` and `prove.server.kerberos:`
public record KerberosSection(
        @Key(
                value = "The account's name in its domain. SQL Server must have a login for it, a member of sysadmin.",
                pattern = "[^@\\s]+@[^@\\s]+",
                bound = "`NAME@REALM`; case counts",
                example = "sluice@EXAMPLE.COM")
        String principal,

        @Key(
                value = "The file with the account's key. It is read again for every ticket.",
                bound = "an absolute path",
                example = "/etc/sluice/sluice.keytab")
        Path keytab,

        @Key(
                value = "Kerberos' configuration, where it is not at its usual place. The program has one: `server` and"
                        + " `prove.server` cannot name two.",
                optional = true,
                bound = "an absolute path",
                example = "/etc/krb5.conf")
        @Nullable
        Path krb5Conf,

        @Key(
                value =
                        "SQL Server's service principal name, where it is not `MSSQLSvc/HOST:PORT` of `url`: always if `url`"
                                + " says `localhost`.",
                optional = true,
                pattern = "[^/@\\s]+/[^/@\\s]+(@[^@\\s]+)?",
                bound = "`SERVICE/HOST:PORT`, perhaps with `@REALM`",
                example = "MSSQLSvc/sql1.example.com:1433")
        @Nullable
        String spn) {

    public KerberosSection {
        requireAbsolute("keytab", keytab);
        if (krb5Conf != null) {
            requireAbsolute("krb5-conf", krb5Conf);
        }
    }

    private static void requireAbsolute(String key, Path path) {
        if (!path.isAbsolute()) {
            throw new Invalid(key, "%s is not absolute".formatted(path), "begin it with a slash");
        }
    }
}
