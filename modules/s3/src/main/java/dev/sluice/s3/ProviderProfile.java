package dev.sluice.s3;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The features of an S3 provider that Sluice relies on, beyond the operations that all providers have.
///
/// A profile only adds checks on the server's side: with every profile, Sluice computes, keeps and compares its own
/// sums.
///
/// @param partChecksums       the server compares a part with the CRC32C that came along
/// @param fullObjectChecksums a multipart upload may ask for one CRC32C of the whole object, which the server
///                            computes and compares on completion
/// @param conditionalWrites   `If-None-Match: *` keeps an existing object from being overwritten
/// @param maxParts            parts that an upload may have
/// @param equalParts          all parts of an upload but the last must have the same length
public record ProviderProfile(
        boolean partChecksums,
        boolean fullObjectChecksums,
        boolean conditionalWrites,
        int maxParts,
        boolean equalParts) {

    /// Amazon S3, and servers that follow it closely (S3Proxy 4.1 does).
    public static final ProviderProfile AWS = new ProviderProfile(true, true, true, PartPlan.MAX_PARTS);

    /// Ceph's RADOS gateway. Version 16.2 accepts checksum headers and compares nothing, and ignores
    /// `If-None-Match`.
    public static final ProviderProfile CEPH = new ProviderProfile(false, false, false, PartPlan.MAX_PARTS);

    /// MinIO. Not measured: Sluice sends part checksums, and relies on nothing else.
    public static final ProviderProfile MINIO = new ProviderProfile(true, false, false, PartPlan.MAX_PARTS);

    /// Any other server: Sluice uses only features that every server has. Some providers allow 1,000 parts; a
    /// stripe then has more segments.
    public static final ProviderProfile GENERIC = new ProviderProfile(false, false, false, 1_000);

    /// Cloudflare R2: 10,000 parts, all but the last of the same length, which the server checks only at
    /// completion. Nothing else is measured, so Sluice relies on nothing else.
    ///
    /// **Source:** developers.cloudflare.com/r2/objects/multipart-objects.
    public static final ProviderProfile R2 = new ProviderProfile(false, false, false, PartPlan.MAX_PARTS, true);

    private static final String R2_HOSTS = ".r2.cloudflarestorage.com";

    /// A profile of a server that accepts parts of any length.
    public ProviderProfile(
            boolean partChecksums, boolean fullObjectChecksums, boolean conditionalWrites, int maxParts) {
        this(partChecksums, fullObjectChecksums, conditionalWrites, maxParts, false);
    }

    public ProviderProfile {
        if (maxParts < 1 || maxParts > PartPlan.MAX_PARTS) {
            throw new IllegalArgumentException("An upload must have 1 to 10,000 parts, got " + maxParts);
        }
    }

    /// The profile of this name in the configuration: `aws`, `ceph`, `minio`, `r2` or `generic`.
    ///
    /// **Errors:** [IllegalArgumentException] for any other.
    public static ProviderProfile named(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "aws" -> AWS;
            case "ceph" -> CEPH;
            case "minio" -> MINIO;
            case "r2" -> R2;
            case "generic" -> GENERIC;
            default ->
                throw new IllegalArgumentException(
                        "A profile must be aws, ceph, minio, r2 or generic, got '%s'".formatted(name));
        };
    }

    /// The name in the configuration; empty for a profile that has none.
    public String name() {
        return Stream.of("aws", "ceph", "minio", "r2", "generic")
                .filter(name -> equals(named(name)))
                .findFirst()
                .orElse("");
    }

    /// The profile by the endpoint's address. Cloudflare sends the same `Server` header for every server behind
    /// it, so that the header is no evidence of R2.
    static Optional<ProviderProfile> recognised(URI endpoint) {
        String host = String.valueOf(endpoint.getHost()).toLowerCase(Locale.ROOT);
        return host.endsWith(R2_HOSTS) ? Optional.of(R2) : Optional.empty();
    }

    /// The profile by a response's headers. A server that the headers do not identify is [#GENERIC], since a wrong
    /// guess then costs only some of the server's checks.
    ///
    /// @param server the `Server` header
    /// @param ceph   whether the response had a header that only Ceph's gateway sends
    static ProviderProfile recognised(@Nullable String server, boolean ceph) {
        String name = server == null ? "" : server.toLowerCase(Locale.ROOT);
        if (name.equals("amazons3")) {
            return AWS;
        }
        if (name.startsWith("minio")) {
            return MINIO;
        }
        return ceph || name.startsWith("ceph") ? CEPH : GENERIC;
    }
}
