package dev.sluice.sidecar.config;

import org.jspecify.annotations.Nullable;

/// `backup:`
public record BackupSection(
        @Key(value = "Devices, and so objects, of a backup.", initial = "1", min = "1", max = "64")
        int stripes,

        @Key(
                value = "Whether SQL Server compresses, and how: `xpress`, which `true` means as well, or `zstd`, which"
                        + " SQL Server 2025 began with.",
                initial = "none")
        Compression compression,

        @Key(value = "Whether SQL Server checks its pages as it reads them and writes checksums.", initial = "true")
        boolean checksum,

        @Key(
                value =
                        "Whether SQL Server's checksums are computed again while a backup passes. A backup whose bytes were"
                                + " damaged on the way fails then, before SQL Server is told that it is durable. Streams without"
                                + " checksums, compressed and encrypted ones pass unchecked. Over https a backup takes about a tenth"
                                + " more processor time with it.",
                initial = "false")
        boolean verifyInFlight,

        @Key(value = "Whether SQL Server encrypts. Without it, it does not.", optional = true) @Nullable
        Encryption encryption,

        @Key(
                value = "What follows when another program's backup has broken the chain: it is reported; or a"
                        + " `differential` is taken, `full` where that does not help; or a `full` backup.",
                initial = "report")
        BrokenChain onBrokenChain) {

    /// How SQL Server compresses.
    public enum Compression {
        NONE,
        XPRESS,
        ZSTD
    }

    /// What answers a broken chain.
    public enum BrokenChain {
        REPORT,
        DIFFERENTIAL,
        FULL
    }

    /// `backup.encryption:`
    public record Encryption(
            @Key(
                    value =
                            "The certificate's name in `master`. The server that restores needs it with its private key.",
                    pattern = "(?s).{1,128}",
                    bound = "1 to 128 characters",
                    example = "BackupCertificate")
            String certificate,

            @Key(value = "How. `triple-des` is what SQL Server calls TRIPLE_DES_3KEY.", initial = "aes-256")
            Algorithm algorithm) {}

    /// What SQL Server encrypts with.
    public enum Algorithm {
        AES_128,
        AES_192,
        AES_256,
        TRIPLE_DES
    }
}
