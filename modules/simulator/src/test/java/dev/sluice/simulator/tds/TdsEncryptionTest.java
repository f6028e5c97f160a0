package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.microsoft.sqlserver.jdbc.SQLServerException;
import dev.sluice.simulator.tds.Encryption.Agreement;
import dev.sluice.simulator.tds.Encryption.Scope;
import dev.sluice.simulator.tds.JdbcClient.Mode;
import java.net.InetAddress;
import java.security.KeyStore;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Who encrypts what, for every setting of the server and of the client.
@Timeout(30)
class TdsEncryptionTest {

    @ParameterizedTest
    @CsvSource({
        "OFF, 0, 0, LOGIN",
        "OFF, 1, 1, EVERYTHING",
        "OFF, 2, 2, NOTHING",
        "OFF, 3, 1, EVERYTHING",
        "ON, 0, 1, EVERYTHING",
        "ON, 1, 1, EVERYTHING",
        "ON, 2, 1, NO_AGREEMENT",
        "ON, 3, 1, EVERYTHING",
        "NOT_SUPPORTED, 0, 2, NOTHING",
        "NOT_SUPPORTED, 1, 2, NO_AGREEMENT",
        "NOT_SUPPORTED, 2, 2, NOTHING",
        "NOT_SUPPORTED, 3, 2, NO_AGREEMENT",
        "REQUIRED, 0, 3, EVERYTHING",
        "REQUIRED, 1, 3, EVERYTHING",
        "REQUIRED, 2, 3, NO_AGREEMENT",
        "REQUIRED, 3, 3, EVERYTHING"
    })
    void agreesWithEveryClient(Encryption server, int asked, int answer, Scope scope) throws Exception {
        assertThat(server.negotiate(asked)).isEqualTo(new Agreement(answer, scope));
    }

    @Test
    void refusesEncryptionThatTdsDoesNotKnow() {
        assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> Encryption.OFF.negotiate(4));
    }

    @ParameterizedTest
    @CsvSource({
        "NOT_SUPPORTED, CLEAR, false",
        "OFF, CLEAR, false",
        "REQUIRED, CLEAR, true",
        "OFF, ENCRYPTED, true",
        "ON, ENCRYPTED, true",
        "REQUIRED, ENCRYPTED, true",
        "OFF, STRICT, true",
        "NOT_SUPPORTED, STRICT, true"
    })
    void servesADriver(Encryption setting, Mode mode, boolean encrypted) throws Exception {
        ToyEngine engine = new ToyEngine();
        try (TdsServer server = TdsServer.start(TdsOptions.defaults().withEncryption(setting), engine);
                Connection connection = JdbcClient.connect(server, mode, "trustServerCertificate", "true");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT 1")) {
            assertThat(rows.next()).isTrue();
            assertThat(engine.logins.getFirst().encrypted()).isEqualTo(encrypted);
        }
    }

    @Test
    void failsADriverThatInsistsOnTlsWhenThereIsNone() throws Exception {
        TdsOptions options = TdsOptions.defaults().withEncryption(Encryption.NOT_SUPPORTED);
        try (TdsServer server = TdsServer.start(options, new ToyEngine())) {
            assertThatExceptionOfType(SQLServerException.class)
                    .isThrownBy(() -> JdbcClient.connect(server, Mode.ENCRYPTED))
                    .withMessageContaining("SSL")
                    .satisfies(e -> assertThat(e.getSQLState()).isEqualTo("08S01"));
        }
    }

    @Test
    void offersTls13AndTds8ToStrictClientsAndTls12ToTheOthers() throws Exception {
        try (TdsServer server = TdsServer.start(TdsOptions.defaults(), new ToyEngine())) {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("server", server.certificate().certificate());
            TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
            managers.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            try (SSLSocket socket = (SSLSocket)
                    context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), server.port())) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setApplicationProtocols(new String[] {"http/1.1", "tds/8.0"});
                parameters.setEndpointIdentificationAlgorithm("HTTPS"); // the certificate must name the host
                socket.setSSLParameters(parameters);
                socket.startHandshake();

                assertThat(socket.getApplicationProtocol()).isEqualTo("tds/8.0");
                assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
            }
            assertThat(server.certificate().classicEngine().getEnabledProtocols())
                    .containsExactly("TLSv1.2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "strict"})
    void failsADriverThatTrustsAnotherCertificate(String encrypt) throws Exception {
        ToyEngine engine = new ToyEngine();
        try (CapturedLog log = new CapturedLog(TdsConnection.class);
                TdsServer trusted = TdsServer.start(TdsOptions.defaults(), engine);
                TdsServer server = TdsServer.start(TdsOptions.defaults(), engine)) {
            String pem = JdbcClient.properties(trusted, Mode.STRICT).getProperty("serverCertificate");

            assertThatExceptionOfType(SQLServerException.class)
                    .isThrownBy(() -> JdbcClient.connect(
                            server,
                            Mode.ENCRYPTED,
                            "encrypt",
                            encrypt,
                            "trustServerCertificate",
                            "false",
                            "serverCertificate",
                            pem));
            assertThat(engine.logins).isEmpty();
            assertThat(log.lines()).allMatch(line -> line.startsWith("INFO connection broken"));
        }
    }
}
