package dev.sluice.engine.backup;

import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.run.Storage;
import dev.sluice.engine.run.TransferOptions;
import org.jspecify.annotations.Nullable;

/// How a backup is taken. What concerns SQL Server is all said in the statement, so that no server default decides.
///
/// @param compression        whether SQL Server compresses
/// @param checksum           whether SQL Server checks pages as it reads them, and writes checksums
/// @param continueAfterError whether a damaged page is recorded and copied instead of ending the backup
/// @param encryption         null for none
/// @param maxTransferSize    MAXTRANSFERSIZE in bytes; 0 for the installation's
/// @param bufferCount        BUFFERCOUNT of the whole statement; 0 for the installation's
/// @param limits             when it is given up for the server's sake
/// @param chain              what follows when another program's backup has broken the chain
/// @param stripeRule         how the request's number of stripes is meant
/// @param storage            what its objects are to be like, where that differs from the installation's
/// @param verifyInFlight     whether SQL Server's checksums are computed again while the stream passes
public record BackupOptions(
        Compression compression,
        boolean checksum,
        boolean continueAfterError,
        @Nullable Encryption encryption,
        int maxTransferSize,
        int bufferCount,
        BackupLimits limits,
        ChainPolicy chain,
        StripeRule stripeRule,
        Storage.Choice storage,
        boolean verifyInFlight) {

    /// Checksums, no compression, no encryption, exactly as many stripes as asked for.
    public static final BackupOptions DEFAULT = new BackupOptions(
            Compression.NONE,
            true,
            false,
            null,
            0,
            0,
            BackupLimits.DEFAULT,
            ChainPolicy.REPORT,
            StripeRule.EXACT,
            Storage.Choice.NONE,
            false);

    public BackupOptions {
        if (bufferCount < 0) {
            throw new IllegalArgumentException("BUFFERCOUNT is positive, got " + bufferCount);
        }
        if (maxTransferSize != 0) {
            var _ = new TransferOptions(maxTransferSize, 1);
        }
    }

    public BackupOptions withCompression(Compression value) {
        return new BackupOptions(
                value,
                checksum,
                continueAfterError,
                encryption,
                maxTransferSize,
                bufferCount,
                limits,
                chain,
                stripeRule,
                storage,
                verifyInFlight);
    }

    public BackupOptions withChecksum(boolean value) {
        return new BackupOptions(
                compression,
                value,
                continueAfterError,
                encryption,
                maxTransferSize,
                bufferCount,
                limits,
                chain,
                stripeRule,
                storage,
                verifyInFlight);
    }

    public BackupOptions withContinueAfterError(boolean value) {
        return new BackupOptions(
                compression,
                checksum,
                value,
                encryption,
                maxTransferSize,
                bufferCount,
                limits,
                chain,
                stripeRule,
                storage,
                verifyInFlight);
    }

    public BackupOptions withEncryption(@Nullable Encryption value) {
        return new BackupOptions(
                compression,
                checksum,
                continueAfterError,
                value,
                maxTransferSize,
                bufferCount,
                limits,
                chain,
                stripeRule,
                storage,
                verifyInFlight);
    }

    /// @param transferSize 0 for the installation's
    /// @param buffers      0 for the installation's
    public BackupOptions withTransfer(int transferSize, int buffers) {
        return new BackupOptions(
                compression,
                checksum,
                continueAfterError,
                encryption,
                transferSize,
                buffers,
                limits,
                chain,
                stripeRule,
                storage,
                verifyInFlight);
    }

    public BackupOptions withLimits(BackupLimits value) {
        return new BackupOptions(
                compression,
                checksum,
                continueAfterError,
                encryption,
                maxTransferSize,
                bufferCount,
                value,
                chain,
                stripeRule,
                storage,
                verifyInFlight);
    }

    public BackupOptions withChain(ChainPolicy value) {
        return new BackupOptions(
                compression,
                checksum,
                continueAfterError,
                encryption,
                maxTransferSize,
                bufferCount,
                limits,
                value,
                stripeRule,
                storage,
                verifyInFlight);
    }

    public BackupOptions withStripeRule(StripeRule value) {
        return new BackupOptions(
                compression,
                checksum,
                continueAfterError,
                encryption,
                maxTransferSize,
                bufferCount,
                limits,
                chain,
                value,
                storage,
                verifyInFlight);
    }

    public BackupOptions withStorage(Storage.Choice value) {
        return new BackupOptions(
                compression,
                checksum,
                continueAfterError,
                encryption,
                maxTransferSize,
                bufferCount,
                limits,
                chain,
                stripeRule,
                value,
                verifyInFlight);
    }

    public BackupOptions withVerifyInFlight(boolean value) {
        return new BackupOptions(
                compression,
                checksum,
                continueAfterError,
                encryption,
                maxTransferSize,
                bufferCount,
                limits,
                chain,
                stripeRule,
                storage,
                value);
    }

    int transferSize(TransferOptions installation) {
        return maxTransferSize == 0 ? installation.maxTransferSize() : maxTransferSize;
    }

    int buffers(TransferOptions installation, int stripes) {
        return bufferCount == 0 ? installation.bufferCount(stripes) : bufferCount;
    }
}
