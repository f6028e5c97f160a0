package dev.sluice.sidecar.config;

import org.jspecify.annotations.Nullable;

/// Where a SQL Server is and as whom to connect: with `user` and `password`, or with `kerberos`.
public sealed interface ServerAccess permits Configuration.Server, ProveSection.Server {

    JdbcUrl url();

    /// Null with another kind of login.
    @Nullable
    String user();

    /// Null with another kind of login.
    @Nullable
    Secret password();

    /// Null with another kind of login.
    @Nullable
    KerberosSection kerberos();
}
