package dev.sluice.s3;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.ProxyConfiguration;

/// The way to the server.
///
/// @param certificates   PEM file with the certificates of the authorities to trust, and no others; null for those
///                       that Java trusts
/// @param proxy          whether requests go through a proxy, and through which
/// @param bytesPerSecond the most that is sent, over all uploads together; 0 for no limit
public record Network(@Nullable Path certificates, ProxyChoice proxy, long bytesPerSecond) {

    /// As the machine has it, and as fast as it goes.
    public static final Network DEFAULT = new Network(null, new ProxyChoice.OfTheMachine(), 0);

    public Network {
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("A rate limit is not negative, got " + bytesPerSecond);
        }
    }

    /// The way to one server, from here and now.
    ///
    /// @param environment gives a variable, or null
    ///
    /// **Errors:** [UnusableProxyException].
    ProxyRoute routeTo(URI server, Function<String, @Nullable String> environment) {
        return ProxyRoute.to(server, proxy, environment, System::getProperty);
    }

    /// @param tunnel the proxy to ask for tunnels; null to connect to the servers themselves
    ///
    /// **Errors:** [IllegalArgumentException] when the certificates cannot be read.
    void applyTo(NettyNioAsyncHttpClient.Builder client, @Nullable ForwardProxy tunnel) {
        if (certificates != null) {
            TrustManager[] managers = trusting(certificates);
            client.tlsTrustManagersProvider(() -> managers);
        }
        // The SDK's own reading of properties and environment knows other rules.
        ProxyConfiguration.Builder through =
                ProxyConfiguration.builder().useSystemPropertyValues(false).useEnvironmentVariableValues(false);
        if (tunnel != null) {
            through.scheme(tunnel.scheme()).host(tunnel.host()).port(tunnel.port());
            if (!tunnel.user().isEmpty()) {
                through.username(tunnel.user()).password(tunnel.password());
            }
        }
        client.proxyConfiguration(through.build());
    }

    private static TrustManager[] trusting(Path pem) {
        try (InputStream in = Files.newInputStream(pem)) {
            Collection<? extends Certificate> authorities =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (authorities.isEmpty()) {
                throw new IllegalArgumentException(pem + " contains no certificate");
            }
            KeyStore keys = KeyStore.getInstance(KeyStore.getDefaultType());
            keys.load(null, null);
            for (Certificate authority : List.copyOf(authorities)) {
                keys.setCertificateEntry("authority-" + keys.size(), authority);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(keys);
            return factory.getTrustManagers();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "Cannot read certificates from %s: %s".formatted(pem, e.getMessage()), e);
        }
    }
}
