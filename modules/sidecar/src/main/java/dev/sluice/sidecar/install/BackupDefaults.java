package dev.sluice.sidecar.install;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupLimits;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.Compression;
import dev.sluice.engine.backup.Encryption;
import dev.sluice.sidecar.config.BackupSection;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.Policies;
import org.jspecify.annotations.Nullable;

/// How backups are taken where neither the command line nor a policy says otherwise.
///
/// @param stripes devices, 1 to 64
/// @param options what is said in the statement, and what ends it
public record BackupDefaults(int stripes, BackupOptions options) {

    public static final BackupDefaults PLAIN = new BackupDefaults(1, BackupOptions.DEFAULT);

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
                        .withChain(Policies.chain(backup.onBrokenChain())));
    }

    public BackupRequest request(String database, BackupType type, boolean copyOnly) {
        return BackupRequest.of(database, type)
                .withCopyOnly(copyOnly)
                .withStripes(stripes)
                .withOptions(options);
    }

    /// The last log backup before a restore.
    public BackupRequest tail(String database) {
        return request(database, BackupType.LOG, false).asTail();
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
