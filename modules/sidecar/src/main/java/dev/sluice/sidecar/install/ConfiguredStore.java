package dev.sluice.sidecar.install;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Storage;
import dev.sluice.s3.Network;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.ProxyChoice;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.s3.UnusableProxyException;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ObjectTag;
import dev.sluice.sidecar.config.Rate;
import dev.sluice.sidecar.config.Size;
import dev.sluice.sidecar.config.StoreSection;
import dev.sluice.sidecar.config.UploadSection;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The bucket that a configuration names, the way there, and what is to be put into it.
public final class ConfiguredStore {

    private ConfiguredStore() {}

    /// **Errors:** [OperationFailed] when the certificates to trust cannot be read, or the proxy cannot be used.
    public static S3Store open(StoreConfig config) {
        return open(config, null);
    }

    /// @param asOf an instant as of which the bucket is read; null for the bucket as it is
    static S3Store open(StoreConfig config, @Nullable Instant asOf) {
        try {
            return asOf == null ? S3Store.open(config) : S3Store.openAsOf(config, asOf);
        } catch (UnusableProxyException e) {
            throw new OperationFailed(
                    FailureId.STORE_PROXY, String.valueOf(e.getMessage()), "the way to the bucket", e);
        } catch (IllegalArgumentException e) {
            throw new OperationFailed(FailureId.STORE_CERTIFICATES, String.valueOf(e.getMessage()), "store.ca", e);
        }
    }

    public static StoreConfig of(Configuration configuration) {
        Integer concurrency = configuration.upload().concurrency();
        StoreConfig.Limits limits = StoreConfig.Limits.DEFAULT;
        return of(
                configuration,
                new StoreConfig.Limits(
                        concurrency == null ? limits.transfers() : concurrency,
                        limits.calls(),
                        limits.connect(),
                        limits.stall(),
                        limits.attempt()),
                RetryPolicy.DEFAULT);
    }

    /// For a person who waits for the answer: gives up after seconds, not minutes.
    public static StoreConfig impatient(Configuration configuration) {
        return of(
                configuration,
                new StoreConfig.Limits(1, 1, Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(20)),
                new RetryPolicy(2, Duration.ofMillis(200), Duration.ofSeconds(1), Duration.ofSeconds(10)));
    }

    public static StoreConfig of(Configuration configuration, StoreConfig.Limits limits, RetryPolicy retries) {
        return of(configuration.store(), configuration.upload(), limits, retries);
    }

    public static StoreConfig of(
            StoreSection store, UploadSection upload, StoreConfig.Limits limits, RetryPolicy retries) {
        String prefix = store.prefix() == null ? "" : store.prefix();
        return new StoreConfig(
                store.endpoint(),
                store.region() == null ? "us-east-1" : store.region(),
                store.bucket(),
                prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/",
                store.pathStyle() == null ? store.endpoint() != null : store.pathStyle(),
                credentials(store.credentials()),
                profile(store.profile()),
                limits,
                retries,
                network(store, upload.rateLimit()));
    }

    /// What the objects of backups are to be like.
    public static Storage storage(Configuration configuration) {
        StoreSection store = configuration.store();
        Size part = configuration.upload().partSize();
        return new Storage(
                part == null ? 0 : Math.toIntExact(part.bytes()),
                new ObjectOptions(
                        store.storageClass(),
                        encryption(store.sse()),
                        store.tags().stream().collect(Collectors.toMap(ObjectTag::key, ObjectTag::value)),
                        null),
                lock(store.objectLock()));
    }

    static Storage.@Nullable Lock lock(StoreSection.@Nullable ObjectLock lock) {
        return lock == null
                ? null
                : new Storage.Lock(
                        switch (lock.mode()) {
                            case GOVERNANCE -> ObjectOptions.LockMode.GOVERNANCE;
                            case COMPLIANCE -> ObjectOptions.LockMode.COMPLIANCE;
                        },
                        Duration.ofDays(lock.days()));
    }

    private static ObjectOptions.@Nullable Encryption encryption(StoreSection.@Nullable Sse sse) {
        if (sse == null) {
            return null;
        }
        return sse.kms() == null
                ? new ObjectOptions.Encryption.S3Managed()
                : new ObjectOptions.Encryption.Kms(sse.kms(), false);
    }

    private static Network network(StoreSection store, @Nullable Rate limit) {
        return new Network(store.ca(), proxy(store.proxy()), limit == null ? 0 : limit.bytesPerSecond());
    }

    private static ProxyChoice proxy(StoreSection.@Nullable Proxy proxy) {
        if (proxy == null) {
            return new ProxyChoice.OfTheMachine();
        }
        URI url = proxy.url();
        if (url == null) {
            return new ProxyChoice.None();
        }
        if (proxy.user() == null || proxy.password() == null) {
            return new ProxyChoice.Named(url);
        }
        try {
            // This constructor escapes what cannot stand in a URL.
            return new ProxyChoice.Named(new URI(
                    url.getScheme(),
                    proxy.user() + ":" + proxy.password().reveal(),
                    url.getHost(),
                    url.getPort(),
                    null,
                    null,
                    null));
        } catch (URISyntaxException e) {
            // Neither the cause nor its message: they repeat the password.
            throw new IllegalStateException("a proxy's URL cannot be made of its parts: " + e.getReason());
        }
    }

    private static StoreConfig.@Nullable Credentials credentials(StoreSection.@Nullable Credentials credentials) {
        return credentials == null
                ? null
                : new StoreConfig.Credentials(
                        credentials.accessKeyId(),
                        credentials.secretAccessKey().reveal(),
                        credentials.sessionToken() == null
                                ? null
                                : credentials.sessionToken().reveal());
    }

    private static ProviderProfile profile(StoreSection.Profile profile) {
        return switch (profile) {
            case AWS -> ProviderProfile.AWS;
            case CEPH -> ProviderProfile.CEPH;
            case MINIO -> ProviderProfile.MINIO;
            case R2 -> ProviderProfile.R2;
            case GENERIC -> ProviderProfile.GENERIC;
        };
    }
}
