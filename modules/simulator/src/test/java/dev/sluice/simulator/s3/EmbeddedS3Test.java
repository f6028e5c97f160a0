package dev.sluice.simulator.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.s3.EmbeddedS3.Keys;
import dev.sluice.simulator.tds.ServerCertificate;
import java.io.IOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedS3Test {
    @TempDir
    Path directory;

    @Test
    void comesBackOnTheSamePortWithTheSameCredentials() throws Exception {
        try (EmbeddedS3 s3 = EmbeddedS3.start(directory, "backups")) {
            URI endpoint = s3.endpoint();
            String secret = s3.secretAccessKey();

            s3.stop();
            assertThatThrownBy(() -> statusOfAnUnsignedRequest(endpoint)).isInstanceOf(ConnectException.class);
            s3.restart();

            assertThat(s3.endpoint()).isEqualTo(endpoint);
            assertThat(s3.secretAccessKey()).isEqualTo(secret);
            assertThat(statusOfAnUnsignedRequest(endpoint)).isEqualTo(403);
        }
    }

    @Test
    void servesHttpsToThoseWhoTrustItsCertificate() throws Exception {
        ServerCertificate certificate = ServerCertificate.selfSigned();
        try (EmbeddedS3 s3 = EmbeddedS3.start(directory, "backups", 0, Keys.random(), certificate)) {
            assertThat(s3.endpoint()).hasScheme("https");
            assertThatThrownBy(() -> statusOfAnUnsignedRequest(s3.endpoint()))
                    .isInstanceOf(SSLHandshakeException.class);

            HttpsURLConnection connection = (HttpsURLConnection)
                    s3.endpoint().resolve("/backups").toURL().openConnection();
            connection.setConnectTimeout(5_000);
            connection.setReadTimeout(5_000);
            connection.setSSLSocketFactory(trusting(certificate).getSocketFactory());

            assertThat(connection.getResponseCode()).isEqualTo(403);
        }
    }

    private static SSLContext trusting(ServerCertificate certificate) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", certificate.certificate());
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    @Test
    void saysWhichPortIsTaken() {
        try (EmbeddedS3 first = EmbeddedS3.start(directory, "backups")) {
            int port = first.endpoint().getPort();

            assertThatThrownBy(() -> EmbeddedS3.start(directory, "backups", port))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("127.0.0.1:" + port)
                    .hasMessageContaining("taken");
        }
    }

    @Test
    void stopsTwiceWithoutComplaint() {
        EmbeddedS3 s3 = EmbeddedS3.start(directory, "backups");

        s3.close();
        s3.close();

        assertThat(s3.running()).isFalse();
        assertThat(directory.resolve("backups")).isDirectory();
    }

    private static int statusOfAnUnsignedRequest(URI endpoint) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) endpoint.resolve("/backups").toURL().openConnection();
        connection.setConnectTimeout(5_000);
        connection.setReadTimeout(5_000);
        try {
            return connection.getResponseCode();
        } finally {
            connection.disconnect();
        }
    }
}
