package dev.sluice.s3;

/// What a provider of the S3 protocol can be relied on for, beyond the operations that all of them have.
///
/// A profile only ever adds checks on the server's side: Sluice's own sums are computed, kept and compared
/// whatever it says.
///
/// @param partChecksums       the server compares a part with the CRC32C that came along
/// @param fullObjectChecksums a multipart upload may ask for one CRC32C of the whole object, which the server
///                            computes and compares on completion
/// @param conditionalWrites   `If-None-Match: *` keeps an existing object from being overwritten
public record ProviderProfile(boolean partChecksums, boolean fullObjectChecksums, boolean conditionalWrites) {

    /// Amazon S3, and servers that follow it closely (S3Proxy 4.1 does).
    public static final ProviderProfile AWS = new ProviderProfile(true, true, true);

    /// Ceph's RADOS gateway. Version 16.2 accepts checksum headers and compares nothing, and ignores
    /// `If-None-Match`.
    public static final ProviderProfile CEPH = new ProviderProfile(false, false, false);

    /// MinIO. Not measured: part checksums are sent, and nothing else is relied on.
    public static final ProviderProfile MINIO = new ProviderProfile(true, false, false);

    /// Anything else: only what every server understands.
    public static final ProviderProfile GENERIC = new ProviderProfile(false, false, false);
}
