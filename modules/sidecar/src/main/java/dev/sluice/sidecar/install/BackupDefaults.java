package dev.sluice.sidecar.install;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupLimits;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.Compression;
import dev.sluice.engine.backup.Encryption;
import dev.sluice.engine.backup.StripeRule;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.run.Storage;
import dev.sluice.sidecar.config.BackupSection;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.config.PolicyBackup;
import org.jspecify.annotations.Nullable;

/// How backups are taken where the command line does not say otherwise: as the policy of the database says, or else
/// as all are. Backups of a schedule, those that are asked for over HTTP, and those of commands get their options here
/// and nowhere else.
///
/// @param stripes  devices, 1 to 64
/// @param options  what is said in the statement, and what ends it
/// @param policies what differs for some databases and types
public record BackupDefaults(int stripes, BackupOptions options, Policies policies) {

    public static final BackupDefaults PLAIN = new BackupDefaults(1, BackupOptions.DEFAULT, Policies.NONE);

    public static BackupDefaults of(Configuration configuration) {
        BackupSection backup = configuration.backup();
        return new BackupDefaults(
                backup.stripes(),
                BackupOptions.DEFAULT
                        .withCompression(compression(backup.compression()))
                        .withChecksum(backup.checksum())
                        .withVerifyInFlight(backup.verifyInFlight())
                        .withEncryption(encryption(backup.encryption()))
                        .withLimits(new BackupLimits(
                                configuration.limits().stall(),
                                configuration.limits().logPercent()))
                        .withChain(Policies.chain(backup.onBrokenChain())),
                Policies.of(configuration));
    }

    /// @param copyOnly whether the backup is to be copy-only although its policy may not say so
    public BackupRequest request(String database, BackupType type, boolean copyOnly) {
        return asked(database, type, copyOnly ? Boolean.TRUE : null);
    }

    /// @param copyOnly null for what the policy says
    public BackupRequest asked(String database, BackupType type, @Nullable Boolean copyOnly) {
        PolicyBackup.OfType policy = policies.backup(database, type);
        boolean byPolicy = Boolean.TRUE.equals(policy.copyOnly());
        boolean outside = copyOnly == null ? byPolicy : copyOnly;
        // Of other log backups the number is the most that they may have.
        boolean exactly = type != BackupType.LOG
                || policies.backupOfItsOwn(database, type).stripes() != null;
        return BackupRequest.of(database, type)
                .withCopyOnly(outside)
                .withStripes(or(policy.stripes(), stripes))
                .withOptions(options.withCompression(
                                policy.compression() == null
                                        ? options.compression()
                                        : compression(policy.compression()))
                        .withChecksum(or(policy.checksum(), options.checksum()))
                        .withStripeRule(exactly ? StripeRule.EXACT : StripeRule.BY_LOG_SIZE)
                        .withStorage(
                                new Storage.Choice(policy.storageClass(), ConfiguredStore.lock(policy.objectLock())))
                        .withChain(
                                outside && byPolicy
                                        ? ChainPolicy.IGNORE
                                        : policies.onBrokenChain(database).orElse(options.chain())));
    }

    private static <T> T or(@Nullable T policy, T all) {
        return policy == null ? all : policy;
    }

    /// The last log backup before a restore.
    public BackupRequest tail(String database) {
        return asked(database, BackupType.LOG, false).asTail();
    }

    private static Compression compression(BackupSection.Compression compression) {
        return switch (compression) {
            case NONE -> Compression.NONE;
            case XPRESS -> Compression.XPRESS;
            case ZSTD -> Compression.ZSTD;
        };
    }

    private static @Nullable Encryption encryption(BackupSection.@Nullable Encryption encryption) {
        return encryption == null
                ? null
                : new Encryption(
                        switch (encryption.algorithm()) {
                            case AES_128 -> Encryption.Algorithm.AES_128;
                            case AES_192 -> Encryption.Algorithm.AES_192;
                            case AES_256 -> Encryption.Algorithm.AES_256;
                            case TRIPLE_DES -> Encryption.Algorithm.TRIPLE_DES_3KEY;
                        },
                        encryption.certificate());
    }
}
