package dev.sluice.benchmarks.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A certificate for 127.0.0.1, made for one run by the JDK's `keytool`: `server.p12`, `trust.p12` and `ca.pem`.
public final class Certificate {
    static final String PASSWORD = "benchmark";

    private Certificate() {}

    public static void create(Path directory) throws IOException, InterruptedException {
        keytool(
                directory,
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                "2",
                "-dname",
                "CN=null-s3",
                "-ext",
                "SAN=IP:127.0.0.1,DNS:localhost",
                "-ext",
                "BC=ca:true",
                "-storetype",
                "PKCS12",
                "-keystore",
                "server.p12",
                "-storepass",
                PASSWORD);
        keytool(
                directory,
                "-exportcert",
                "-rfc",
                "-alias",
                "server",
                "-file",
                "ca.pem",
                "-keystore",
                "server.p12",
                "-storepass",
                PASSWORD);
        keytool(
                directory,
                "-importcert",
                "-noprompt",
                "-alias",
                "server",
                "-file",
                "ca.pem",
                "-storetype",
                "PKCS12",
                "-keystore",
                "trust.p12",
                "-storepass",
                PASSWORD);
    }

    private static void keytool(Path directory, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("keytool failed: " + output);
        }
    }
}
