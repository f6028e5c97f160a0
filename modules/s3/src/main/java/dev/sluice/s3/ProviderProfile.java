package dev.sluice.s3;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a provider of the S3 protocol can be relied on for, beyond the operations that all of them have.
///
/// A profile only ever adds checks on the server's side: Sluice's own sums are computed, kept and compared
/// whatever it says.
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

    /// MinIO. Not measured: part checksums are sent, and nothing else is relied on.
    public static final ProviderProfile MINIO = new ProviderProfile(true, false, false, PartPlan.MAX_PARTS);

    /// Anything else: only what every server understands. Some providers stop at 1,000 parts; a stripe then simply has
    /// more segments.
    public static final ProviderProfile GENERIC = new ProviderProfile(false, false, false, 1_000);

    /// Cloudflare R2: 10,000 parts, all but the last of one length, which it finds out at the very end. What it
    /// can be relied on for beyond that is not measured, so nothing is.
    ///
    /// **Source:** developers.cloudflare.com/r2/objects/multipart-objects.
    public static final ProviderProfile R2 = new ProviderProfile(false, false, false, PartPlan.MAX_PARTS, true);

    private static final String R2_HOSTS = ".r2.cloudflarestorage.com";

    /// Of a server that takes parts of any length.
    public ProviderProfile(
            boolean partChecksums, boolean fullObjectChecksums, boolean conditionalWrites, int maxParts) {
        this(partChecksums, fullObjectChecksums, conditionalWrites, maxParts, false);
    }

    public ProviderProfile {
        if (maxParts < 1 || maxParts > PartPlan.MAX_PARTS) {
            throw new IllegalArgumentException("An upload has 1 to 10,000 parts, got " + maxParts);
        }
    }

    /// By the name in the configuration: `aws`, `ceph`, `minio`, `r2` or `generic`.
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
                        "A profile is aws, ceph, minio, r2 or generic, got '%s'".formatted(name));
        };
    }

    /// The name in the configuration; empty for a profile that has none.
    public String name() {
        return Stream.of("aws", "ceph", "minio", "r2", "generic")
                .filter(name -> equals(named(name)))
                .findFirst()
                .orElse("");
    }

    /// What the endpoint's address gives away: Cloudflare names itself alike for everything that stands behind
    /// it, so that its `Server` header is no evidence.
    static Optional<ProviderProfile> recognised(URI endpoint) {
        String host = String.valueOf(endpoint.getHost()).toLowerCase(Locale.ROOT);
        return host.endsWith(R2_HOSTS) ? Optional.of(R2) : Optional.empty();
    }

    /// What the server says about itself in an answer. A header is believed only where being wrong costs nothing but
    /// checks: what is not positively recognised is [#GENERIC].
    ///
    /// @param server the `Server` header
    /// @param ceph   whether a header that only Ceph's gateway sends was there
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
