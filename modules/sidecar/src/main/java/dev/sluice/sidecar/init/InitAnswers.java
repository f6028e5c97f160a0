package dev.sluice.sidecar.init;

import dev.sluice.catalog.Keys;
import org.jspecify.annotations.Nullable;

/// What a new installation is to be. The program's own configuration parser decides whether it can be; see
/// [ConfigurationText#check].
///
/// @param server           where SQL Server is
/// @param trustCertificate whether any certificate of SQL Server's is taken
/// @param login            as whom Sluice connects
/// @param bucket           an existing bucket
/// @param prefix           what all keys begin with; empty, or without a slash at its end
/// @param region           null where the endpoint needs none
/// @param endpoint         null for Amazon's own
/// @param keys             null for the AWS SDK's chain of credentials
/// @param identity         the server's name in the bucket
/// @param kmsKey           id, ARN or alias; null where the bucket decides about encryption
/// @param lock             null for no Object Lock
/// @param prune            whether Sluice may remove backups
public record InitAnswers(
        ServerAddress server,
        boolean trustCertificate,
        InitLogin login,
        String bucket,
        String prefix,
        @Nullable String region,
        @Nullable String endpoint,
        @Nullable StoreKeys keys,
        String identity,
        @Nullable String kmsKey,
        @Nullable Lock lock,
        boolean prune) {

    public InitAnswers {
        prefix = prefix.replaceFirst("/+$", "");
    }

    /// A key pair for the bucket.
    public record StoreKeys(String accessKeyId, SecretReference secret) {}

    /// Object Lock, as the configuration writes it.
    ///
    /// @param mode `governance` or `compliance`
    /// @param days from a backup's beginning
    public record Lock(String mode, String days) {}

    /// What the keys of all objects begin with that belong to this store: empty, or with a slash at its end.
    String storePrefix() {
        return prefix.isEmpty() ? "" : prefix + "/";
    }

    /// What the keys of this server's objects begin with.
    String directory() {
        return storePrefix() + new Keys(identity).root();
    }
}
