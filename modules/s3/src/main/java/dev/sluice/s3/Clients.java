package dev.sluice.s3;

import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslProvider;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.ServiceMetadata;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/// How the SDK's clients are set up, so that they do what is asked of them and nothing on their own account.
final class Clients {
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+");

    private Clients() {}

    /// Where requests go to: with the bucket in front of the host if it belongs there.
    static URI address(StoreConfig config) {
        URI endpoint = config.endpoint() == null
                ? URI.create("https://" + ServiceMetadata.of("s3").endpointFor(Region.of(config.region())))
                : config.endpoint();
        String host = String.valueOf(endpoint.getHost());
        boolean inPath = config.pathStyle()
                || host.startsWith("[")
                || ADDRESS.matcher(host).matches();
        try {
            return inPath
                    ? endpoint
                    : new URI(
                            endpoint.getScheme(),
                            null,
                            config.bucket() + "." + host,
                            endpoint.getPort(),
                            null,
                            null,
                            null);
        } catch (URISyntaxException _) {
            return endpoint; // a bucket whose name cannot stand in a host's: the SDK leaves it in the path, too
        }
    }

    /// @param tls null where connections are not encrypted
    static SdkAsyncHttpClient http(
            StoreConfig config, Wire wire, @Nullable ForwardProxy proxy, @Nullable TlsProvider tls) {
        boolean forwarded = proxy != null && "http".equals(address(config).getScheme());
        StoreConfig.Limits limits = config.limits();
        NettyNioAsyncHttpClient.Builder builder = NettyNioAsyncHttpClient.builder()
                .eventLoopGroup(wire.sdkGroup())
                // Never short of connections: our own permits are the limit, and waiting for one of those is not an
                // error.
                .maxConcurrency(limits.transfers() + limits.calls())
                .connectionTimeout(limits.connect())
                .connectionAcquisitionTimeout(limits.connect().plus(limits.stall()))
                .readTimeout(limits.stall())
                .writeTimeout(limits.stall())
                .tcpKeepAlive(true)
                .putChannelOption(ChannelOption.RCVBUF_ALLOCATOR, WideChunks.reads());
        if (tls != null) {
            builder.sslProvider(
                    switch (tls) {
                        case TlsProvider.BoringSsl _ -> SslProvider.OPENSSL;
                        case TlsProvider.JdkInstead _, TlsProvider.JdkAsAsked _ -> SslProvider.JDK;
                    });
        }
        config.network().applyTo(builder, forwarded ? null : proxy);
        SdkAsyncHttpClient client = builder.build();
        return proxy != null && forwarded ? new ForwardedHttp(client, proxy) : client;
    }

    /// The SDK asks `credentials` for every request, and the default chain renews in the background what expires, so a
    /// backup may outlive any of its keys.
    static S3AsyncClient s3(
            StoreConfig config,
            SdkAsyncHttpClient http,
            AwsCredentialsProvider credentials,
            ServerClock clock,
            DirectBodies bodies) {
        S3AsyncClientBuilder builder = S3AsyncClient.builder()
                .authSchemeProvider(clock.signers())
                .httpClient(http)
                .region(Region.of(config.region()))
                .credentialsProvider(credentials)
                .forcePathStyle(config.pathStyle())
                // Checksums travel as headers that we computed on arrival; anything else would hash the bytes again,
                // and copy them to the heap. Chunked encoding stays on, or the body would be gathered and hashed for
                // signing.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                // Without it, a server that never answers the expectation would keep a part waiting with no timeout
                // running.
                .serviceConfiguration(
                        S3Configuration.builder().expectContinueEnabled(false).build())
                .asyncConfiguration(async ->
                        async.advancedOption(SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, Runnable::run))
                .overrideConfiguration(override ->
                        override.retryStrategy(AwsRetryStrategy.doNotRetry()).addExecutionInterceptor(bodies));
        if (config.endpoint() != null) {
            builder.endpointOverride(config.endpoint());
        }
        return builder.build();
    }

    static AwsCredentialsProvider credentials(StoreConfig.@Nullable Credentials keys) {
        if (keys == null) {
            return DefaultCredentialsProvider.builder().build();
        }
        return StaticCredentialsProvider.create(
                keys.sessionToken() == null
                        ? AwsBasicCredentials.create(keys.accessKeyId(), keys.secretAccessKey())
                        : AwsSessionCredentials.create(
                                keys.accessKeyId(), keys.secretAccessKey(), keys.sessionToken()));
    }
}
