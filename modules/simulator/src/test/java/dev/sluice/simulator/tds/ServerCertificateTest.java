package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerCertificateTest {

    private final ServerCertificate server = ServerCertificate.selfSigned();

    @Test
    void signsItselfForThisMachine() throws Exception {
        X509Certificate certificate = server.certificate();

        certificate.verify(certificate.getPublicKey());
        certificate.checkValidity();
        assertThat(certificate.getVersion()).isEqualTo(3);
        assertThat(certificate.getSubjectX500Principal()).isEqualTo(certificate.getIssuerX500Principal());
        assertThat(certificate.getSubjectAlternativeNames())
                .containsExactlyInAnyOrder(List.of(2, "localhost"), List.of(7, "127.0.0.1"));
        assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(certificate.getBasicConstraints()).isGreaterThanOrEqualTo(0);
    }

    @Test
    void isAnotherEveryTime() {
        assertThat(ServerCertificate.selfSigned().certificate()).isNotEqualTo(server.certificate());
    }

    @Test
    void exportsItselfAsPem() throws Exception {
        byte[] pem = server.pem().getBytes(StandardCharsets.US_ASCII);

        assertThat(server.pem().lines()).allMatch(line -> line.length() <= 64);
        assertThat(CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem)))
                .isEqualTo(server.certificate());
    }

    @Test
    void writesDerAsX690Says() {
        assertThat(hex(DerWriter.oid("1.2.840.10045.4.3.2"))).isEqualTo("06082a8648ce3d040302");
        assertThat(hex(DerWriter.oid("2.5.29.17"))).isEqualTo("0603551d11");
        assertThat(hex(DerWriter.integer(BigInteger.valueOf(128)))).isEqualTo("02020080");
        assertThat(hex(DerWriter.time(Instant.parse("2049-12-31T23:59:59Z")))).startsWith("170d3439");
        assertThat(hex(DerWriter.time(Instant.parse("2050-01-01T00:00:00Z")))).startsWith("180f32303530");
        assertThat(hex(DerWriter.octets(new byte[127]))).startsWith("047f00");
        assertThat(hex(DerWriter.octets(new byte[128]))).startsWith("04818000");
        assertThat(hex(DerWriter.octets(new byte[256]))).startsWith("0482010000");
        assertThat(hex(DerWriter.bits(new byte[] {1}))).isEqualTo("03020001");
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
