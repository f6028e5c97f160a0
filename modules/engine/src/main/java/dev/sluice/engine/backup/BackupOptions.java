package dev.sluice.engine.backup;

import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.run.Storage;
import dev.sluice.engine.run.TransferOptions;
import java.util.function.Consumer;
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
        return with(copy -> copy.compression = value);
    }

    public BackupOptions withChecksum(boolean value) {
        return with(copy -> copy.checksum = value);
    }

    public BackupOptions withContinueAfterError(boolean value) {
        return with(copy -> copy.continueAfterError = value);
    }

    public BackupOptions withEncryption(@Nullable Encryption value) {
        return with(copy -> copy.encryption = value);
    }

    /// @param transferSize 0 for the installation's
    /// @param buffers      0 for the installation's
    public BackupOptions withTransfer(int transferSize, int buffers) {
        return with(copy -> {
            copy.maxTransferSize = transferSize;
            copy.bufferCount = buffers;
        });
    }

    public BackupOptions withLimits(BackupLimits value) {
        return with(copy -> copy.limits = value);
    }

    public BackupOptions withChain(ChainPolicy value) {
        return with(copy -> copy.chain = value);
    }

    public BackupOptions withStripeRule(StripeRule value) {
        return with(copy -> copy.stripeRule = value);
    }

    public BackupOptions withStorage(Storage.Choice value) {
        return with(copy -> copy.storage = value);
    }

    public BackupOptions withVerifyInFlight(boolean value) {
        return with(copy -> copy.verifyInFlight = value);
    }

    int transferSize(TransferOptions installation) {
        return maxTransferSize == 0 ? installation.maxTransferSize() : maxTransferSize;
    }

    int buffers(TransferOptions installation, int stripes) {
        return bufferCount == 0 ? installation.bufferCount(stripes) : bufferCount;
    }

    private BackupOptions with(Consumer<Copy> change) {
        var copy = new Copy(this);
        change.accept(copy);
        return copy.done();
    }

    /// The components of changed options, until there are all of them.
    private static final class Copy {
        private Compression compression;
        private boolean checksum;
        private boolean continueAfterError;
        private @Nullable Encryption encryption;
        private int maxTransferSize;
        private int bufferCount;
        private BackupLimits limits;
        private ChainPolicy chain;
        private StripeRule stripeRule;
        private Storage.Choice storage;
        private boolean verifyInFlight;

        Copy(BackupOptions from) {
            compression = from.compression;
            checksum = from.checksum;
            continueAfterError = from.continueAfterError;
            encryption = from.encryption;
            maxTransferSize = from.maxTransferSize;
            bufferCount = from.bufferCount;
            limits = from.limits;
            chain = from.chain;
            stripeRule = from.stripeRule;
            storage = from.storage;
            verifyInFlight = from.verifyInFlight;
        }

        BackupOptions done() {
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
                    verifyInFlight);
        }
    }
}
