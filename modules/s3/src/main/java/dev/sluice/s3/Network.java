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
import java.util.Locale;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.ProxyConfiguration;

/// The way to the server.
///
/// @param certificates   PEM file with the certificates of the authorities to trust, and no others; null for those
///                       that Java trusts
/// @param proxy          HTTP proxy, `http://[user:password@]host:port`; null for what system properties and
///                       environment say
/// @param bytesPerSecond the most that is sent, over all uploads together; 0 for no limit
public record Network(@Nullable Path certificates, @Nullable URI proxy, long bytesPerSecond) {

    /// As the machine has it, and as fast as it goes.
    public static final Network DEFAULT = new Network(null, null, 0);

    private static final int DEFAULT_PROXY_PORT = 3128;

    public Network {
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("A rate limit is not negative, got " + bytesPerSecond);
        }
        if (proxy != null && proxy.getHost() == null) {
            throw new IllegalArgumentException("A proxy is http://host:port, got '%s'".formatted(proxy));
        }
    }

    /// **Errors:** [IllegalArgumentException] when the certificates cannot be read.
    void applyTo(NettyNioAsyncHttpClient.Builder client) {
        if (certificates != null) {
            TrustManager[] managers = trusting(certificates);
            client.tlsTrustManagersProvider(() -> managers);
        }
        if (proxy != null) {
            ProxyConfiguration.Builder through = ProxyConfiguration.builder()
                    .scheme(proxy.getScheme())
                    .host(proxy.getHost())
                    .port(proxy.getPort() < 0 ? DEFAULT_PROXY_PORT : proxy.getPort())
                    .useSystemPropertyValues(false)
                    .useEnvironmentVariableValues(false);
            if (proxy.getUserInfo() != null) {
                String[] user = proxy.getUserInfo().split(":", 2);
                through.username(user[0]).password(user.length > 1 ? user[1] : "");
            }
            client.proxyConfiguration(through.build());
        }
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

    /// The password does not show.
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "Network[certificates=%s, proxy=%s, bytesPerSecond=%d]",
                certificates,
                proxy == null ? null : proxy.getHost() + ":" + proxy.getPort(),
                bytesPerSecond);
    }
}
