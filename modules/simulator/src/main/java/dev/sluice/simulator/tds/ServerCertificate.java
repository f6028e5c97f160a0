package dev.sluice.simulator.tds;

import static dev.sluice.simulator.tds.DerWriter.bits;
import static dev.sluice.simulator.tds.DerWriter.explicit;
import static dev.sluice.simulator.tds.DerWriter.implicit;
import static dev.sluice.simulator.tds.DerWriter.integer;
import static dev.sluice.simulator.tds.DerWriter.octets;
import static dev.sluice.simulator.tds.DerWriter.oid;
import static dev.sluice.simulator.tds.DerWriter.sequence;
import static dev.sluice.simulator.tds.DerWriter.set;
import static dev.sluice.simulator.tds.DerWriter.text;
import static dev.sluice.simulator.tds.DerWriter.time;
import static dev.sluice.simulator.tds.DerWriter.yes;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/// The key and self-signed certificate of one server, made when it starts and gone with it: P-256, valid for
/// `localhost` and `127.0.0.1`, for a year.
///
/// The JDK makes keys and signatures but no certificates, so the certificate is spelled out here.
///
/// **Source:** RFC 5280 for the certificate, RFC 5758 for the signature's name.
public final class ServerCertificate {

    /// The only protocol with which TLS works inside PRELOGIN packets: with 1.3, messages after the handshake
    /// belong to neither framing, and mssql-jdbc hangs.
    private static final String[] CLASSIC_PROTOCOLS = {"TLSv1.2"};

    private static final String[] STRICT_PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
    private static final String[] STRICT_ALPN = {"tds/8.0"};

    private static final String ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
    private static final String COMMON_NAME = "2.5.4.3";
    private static final String BASIC_CONSTRAINTS = "2.5.29.19";
    private static final String SUBJECT_ALT_NAME = "2.5.29.17";
    private static final String EXTENDED_KEY_USAGE = "2.5.29.37";
    private static final String SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;
    private static final Duration BEFORE_NOW = Duration.ofDays(1); // clocks differ
    private static final Duration VALIDITY = Duration.ofDays(366);
    private static final int SERIAL_BITS = 120;
    private static final int PEM_LINE = 64;

    private final KeyPair keys;
    private final X509Certificate certificate;
    private final SSLContext context;

    private ServerCertificate(KeyPair keys, X509Certificate certificate) throws GeneralSecurityException, IOException {
        this.keys = keys;
        this.certificate = certificate;
        this.context = context();
    }

    /// Makes a new key and certificate; takes some milliseconds.
    public static ServerCertificate selfSigned() {
        try {
            SecureRandom random = new SecureRandom();
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            KeyPair keys = generator.generateKeyPair();
            X509Certificate certificate = sign(keys, new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS));
            return new ServerCertificate(keys, certificate);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("this Java cannot make a P-256 certificate: " + e.getMessage(), e);
        }
    }

    private static X509Certificate sign(KeyPair keys, BigInteger serial) throws GeneralSecurityException {
        byte[] algorithm = sequence(oid(ECDSA_WITH_SHA256));
        byte[] name = sequence(set(sequence(oid(COMMON_NAME), text("localhost"))));
        Instant now = Instant.now();
        byte[] alternativeNames = sequence(
                implicit(DNS_NAME, "localhost".getBytes(StandardCharsets.US_ASCII)),
                implicit(IP_ADDRESS, new byte[] {127, 0, 0, 1}));
        byte[] toBeSigned = sequence(
                explicit(0, integer(BigInteger.TWO)), // version 3
                integer(serial),
                algorithm,
                name,
                sequence(time(now.minus(BEFORE_NOW)), time(now.plus(VALIDITY))),
                name,
                keys.getPublic().getEncoded(), // a SubjectPublicKeyInfo already
                explicit(
                        3,
                        sequence(
                                // so that a client which trusts issuers only can trust this one
                                sequence(oid(BASIC_CONSTRAINTS), yes(), octets(sequence(yes()))),
                                sequence(oid(SUBJECT_ALT_NAME), octets(alternativeNames)),
                                sequence(oid(EXTENDED_KEY_USAGE), octets(sequence(oid(SERVER_AUTHENTICATION)))))));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(keys.getPrivate());
        signature.update(toBeSigned);
        byte[] whole = sequence(toBeSigned, algorithm, bits(signature.sign()));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(whole));
    }

    private KeyStore keyStore(char[] password) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("server", keys.getPrivate(), password, new Certificate[] {certificate});
        return store;
    }

    private SSLContext context() throws GeneralSecurityException, IOException {
        char[] nothing = new char[0]; // the store never leaves this method
        KeyStore store = keyStore(nothing);
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, nothing);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /// The certificate in PEM, for a client to trust: mssql-jdbc's `serverCertificate` names a file with it.
    public String pem() {
        try {
            String base64 = Base64.getMimeEncoder(PEM_LINE, new byte[] {'\n'}).encodeToString(certificate.getEncoded());
            return "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n";
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate read from its encoding has none", e);
        }
    }

    /// Key and certificate as a PKCS #12 file, for servers that read one.
    public void write(Path file, String password) throws IOException {
        char[] secret = password.toCharArray();
        try (OutputStream out = Files.newOutputStream(file)) {
            keyStore(secret).store(out, secret);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot write a PKCS #12 file: " + e.getMessage(), e);
        }
    }

    /// For TLS inside PRELOGIN packets.
    SSLEngine classicEngine() {
        SSLEngine engine = context.createSSLEngine();
        engine.setEnabledProtocols(CLASSIC_PROTOCOLS);
        return engine;
    }

    /// For TDS 8, where TLS comes first.
    SSLEngine strictEngine() {
        SSLEngine engine = context.createSSLEngine();
        engine.setEnabledProtocols(STRICT_PROTOCOLS);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setApplicationProtocols(STRICT_ALPN);
        engine.setSSLParameters(parameters);
        return engine;
    }
}
