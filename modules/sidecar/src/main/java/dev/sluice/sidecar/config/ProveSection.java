package dev.sluice.sidecar.config;

import org.jspecify.annotations.Nullable;

/// `prove:`
public record ProveSection(
        @Key(
                value =
                        "Another SQL Server on which drills restore, reached through the virtual devices of this machine."
                                + " Default: `server`.",
                optional = true)
        @Nullable
        Server server,

        @Key(
                value = "Where the drills of policies end: at the end of all backups, or at an instant that is drawn by"
                        + " chance. `sluice prove` says it itself.",
                initial = "end")
        Point point) {

    /// `prove.server:`
    public record Server(
            @Key(
                    value = "Where it is, as in `server.url`.",
                    bound = "begins with `jdbc:sqlserver://`",
                    example = "jdbc:sqlserver://localhost:1434;trustServerCertificate=true")
            JdbcUrl url,

            @Key(
                    value = "A login of SQL Server's own. It must be a member of sysadmin.",
                    optional = true,
                    bound = "required without `kerberos`",
                    example = "sluice")
            @Nullable
            String user,

            @Key(
                    value = "Its password.",
                    optional = true,
                    bound = "required without `kerberos`",
                    example = "${file:/run/secrets/prove}")
            @Nullable
            Secret password,

            @Key(value = "A login by Kerberos, as in `server.kerberos`.", optional = true) @Nullable
            KerberosSection kerberos)
            implements ServerAccess {

        public Server {
            LoginRules.check(url, user, password, kerberos);
        }
    }

    /// Where drills end.
    public enum Point {
        END,
        RANDOM
    }
}
