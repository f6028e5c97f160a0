package dev.sluice.s3;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Where backups go, and how patient to be about it.
///
/// @param endpoint    the server's address; null means Amazon's own for the region
/// @param region      region name; servers other than Amazon's mostly take any
/// @param bucket      an existing bucket
/// @param prefix      what all keys begin with: empty, or ending in `/`
/// @param pathStyle   bucket in the path rather than in the host name
/// @param credentials static keys; null means the SDK's default chain (environment, profile, container, instance)
/// @param profile     what the server can be relied on for
/// @param limits      requests at once, and time
/// @param retries     how often to try
/// @param network     the way there
public record StoreConfig(
        @Nullable URI endpoint,
        String region,
        String bucket,
        String prefix,
        boolean pathStyle,
        @Nullable Credentials credentials,
        ProviderProfile profile,
        Limits limits,
        RetryPolicy retries,
        Network network) {

    /// With the machine's own network.
    public StoreConfig(
            @Nullable URI endpoint,
            String region,
            String bucket,
            String prefix,
            boolean pathStyle,
            @Nullable Credentials credentials,
            ProviderProfile profile,
            Limits limits,
            RetryPolicy retries) {
        this(endpoint, region, bucket, prefix, pathStyle, credentials, profile, limits, retries, Network.DEFAULT);
    }

    /// The same store, over another network.
    public StoreConfig over(Network other) {
        return new StoreConfig(
                endpoint, region, bucket, prefix, pathStyle, credentials, profile, limits, retries, other);
    }

    /// The same store, with another profile.
    public StoreConfig with(ProviderProfile other) {
        return new StoreConfig(
                endpoint, region, bucket, prefix, pathStyle, credentials, other, limits, retries, network);
    }

    public StoreConfig {
        if (bucket.isBlank() || region.isBlank()) {
            throw new IllegalArgumentException("A store has a bucket and a region");
        }
        if (!prefix.isEmpty() && (!prefix.endsWith("/") || prefix.startsWith("/"))) {
            throw new IllegalArgumentException(
                    "A prefix is empty, or ends with a slash and does not begin with one; got '%s'".formatted(prefix));
        }
    }

    /// A static key pair. The secret does not show in [#toString()].
    ///
    /// @param sessionToken only with temporary credentials
    public record Credentials(
            String accessKeyId,
            String secretAccessKey,
            @Nullable String sessionToken) {
        @Override
        public String toString() {
            return "Credentials[accessKeyId=%s, secretAccessKey=***]".formatted(accessKeyId);
        }
    }

    /// @param transfers requests at once that carry backup bytes, up and down together
    /// @param calls     other requests at once
    /// @param connect   until a TCP connection stands
    /// @param stall     a connection on which nothing moves for this long is given up, also while waiting for an
    ///                  answer
    /// @param attempt   one attempt of one request is given up after this long even if bytes trickle
    public record Limits(int transfers, int calls, Duration connect, Duration stall, Duration attempt) {

        public static final Limits DEFAULT =
                new Limits(8, 8, Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(15));

        public Limits {
            if (transfers < 1 || calls < 1) {
                throw new IllegalArgumentException("At least one request must be allowed at once");
            }
        }
    }
}
