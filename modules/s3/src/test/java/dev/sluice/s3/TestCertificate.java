package dev.sluice.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// A certificate of an authority of its own, made by the JDK's `keytool`.
///
/// @param context for a server with this certificate
/// @param pem     the authority, for a client to trust
record TestCertificate(SSLContext context, Path pem) {

    /// For 127.0.0.1.
    static TestCertificate create(Path directory) throws Exception {
        return create(directory, "IP:127.0.0.1");
    }

    /// @param names as keytool wants them
    static TestCertificate create(Path directory, String names) throws Exception {
        keytool(
                directory,
                "-genkeypair -alias s -keyalg EC -groupname secp256r1 -validity 2 -dname CN=test -ext SAN=" + names
                        + " -ext BC=ca:true -storetype PKCS12 -keystore s.p12 -storepass password");
        keytool(directory, "-exportcert -rfc -alias s -file ca.pem -keystore s.p12 -storepass password");
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(directory.resolve("s.p12"))) {
            keys.load(in, "password".toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, "password".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return new TestCertificate(context, directory.resolve("ca.pem"));
    }

    private static void keytool(Path directory, String arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments.split(" ")));
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    /// To trust this authority, and no other.
    Network trusted() {
        return new Network(pem, new ProxyChoice.OfTheMachine(), 0);
    }
}
