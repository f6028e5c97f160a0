package dev.sluice.benchmarks.compare;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// One row of the comparison: how to start a client, and how much it is given.
enum Client {
    RAW_NETTY("raw-netty", true, false),
    FLOOR("floor", true, false),
    SLUICE("sluice", true, false),
    SLUICE_JDK_TLS("sluice-jdk-tls", true, false),
    SLUICE_CHECKSUMS("sluice-checksums", true, false),
    SDK_TRANSFER_MANAGER("sdk-transfer-manager", false, false),
    SDK_MULTIPART("sdk-multipart", false, false),
    SDK_CRT("sdk-crt", false, false),
    AWS("aws", false, true),
    RCLONE("rclone", false, true),
    S3CMD("s3cmd", false, true);

    final String label;

    /// Whether it moves the full size; the slow ones move less.
    final boolean fast;

    /// Whether it is a program of its own that reads standard input and writes standard output.
    final boolean tool;

    Client(String label, boolean fast, boolean tool) {
        this.label = label;
        this.fast = fast;
        this.tool = tool;
    }

    /// The rows that are run where none are named.
    static List<Client> usual() {
        return Arrays.stream(values())
                .filter(client -> client != SLUICE_CHECKSUMS)
                .toList();
    }

    boolean available() {
        if (!tool) {
            return true;
        }
        for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(directory, label))) {
                return true;
            }
        }
        return false;
    }

    /// Whether it is Sluice, with one kind of TLS or another, with SQL Server's checksums or without.
    boolean sluice() {
        return this == SLUICE || this == SLUICE_JDK_TLS || this == SLUICE_CHECKSUMS;
    }

    /// Whether there is a row of it over a scheme.
    boolean over(String scheme) {
        return this != SLUICE_JDK_TLS || scheme.equals("https");
    }

    /// The command line, and what it wants in the environment.
    record Start(List<String> command, Map<String, String> environment) {}

    /// @param home a directory for certificate and configuration
    /// @param jvm  further arguments for Java, for clients that are written in it
    Start start(String direction, Job job, Path home, List<String> jvm) {
        boolean upload = direction.equals("upload");
        String key = upload ? "tool" : job.generatedKey();
        Path ca = home.resolve("ca.pem");
        return switch (this) {
            case AWS -> {
                Path config = home.resolve("aws-config");
                write(config, """
                        [default]
                        region = us-east-1
                        s3 =
                          addressing_style = path
                          payload_signing_enabled = false
                          multipart_chunksize = 16MB
                          max_concurrent_requests = 8
                        """);
                String object = "s3://" + Job.BUCKET + "/" + key;
                List<String> command = new ArrayList<>(
                        List.of("aws", "--endpoint-url", job.endpoint().toString(), "s3", "cp", "--quiet"));
                command.addAll(
                        upload
                                ? List.of("--expected-size", Long.toString(job.bytes()), "-", object)
                                : List.of(object, "-"));
                yield new Start(
                        command,
                        Map.of(
                                "AWS_CONFIG_FILE", config.toString(),
                                "AWS_ACCESS_KEY_ID", "benchmark",
                                "AWS_SECRET_ACCESS_KEY", "benchmark-secret",
                                "AWS_EC2_METADATA_DISABLED", "true",
                                "AWS_CA_BUNDLE", ca.toString()));
            }
            case RCLONE ->
                new Start(
                        List.of(
                                "rclone",
                                "--config=",
                                "--ca-cert",
                                ca.toString(),
                                "--s3-chunk-size",
                                "16M",
                                "--s3-upload-concurrency",
                                "4",
                                "--s3-no-check-bucket",
                                upload ? "rcat" : "cat",
                                "null:" + Job.BUCKET + "/" + key),
                        Map.of(
                                "RCLONE_CONFIG_NULL_TYPE", "s3",
                                "RCLONE_CONFIG_NULL_PROVIDER", "Other",
                                "RCLONE_CONFIG_NULL_ENDPOINT", job.endpoint().toString(),
                                "RCLONE_CONFIG_NULL_ACCESS_KEY_ID", "benchmark",
                                "RCLONE_CONFIG_NULL_SECRET_ACCESS_KEY", "benchmark-secret"));
            case S3CMD -> {
                Path config = home.resolve("s3cmd-config");
                write(config, "[default]\n");
                URI endpoint = job.endpoint();
                String host = endpoint.getHost() + ":" + endpoint.getPort();
                List<String> command = new ArrayList<>(List.of(
                        "s3cmd",
                        "--config=" + config,
                        "--access_key=benchmark",
                        "--secret_key=benchmark-secret",
                        "--host=" + host,
                        "--host-bucket=" + host,
                        job.tls() ? "--ssl" : "--no-ssl",
                        "--ca-certs=" + ca,
                        "--no-progress",
                        "--quiet"));
                String object = "s3://" + Job.BUCKET + "/" + key;
                command.addAll(
                        upload
                                ? List.of("--multipart-chunk-size-mb=16", "put", "-", object)
                                : List.of("get", "--force", object, "-"));
                yield new Start(command, Map.of());
            }
            default -> {
                List<String> command = new ArrayList<>(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Djavax.net.ssl.trustStore=" + home.resolve("trust.p12"),
                        "-Djavax.net.ssl.trustStorePassword=" + Certificate.PASSWORD,
                        "-cp",
                        System.getProperty("java.class.path")));
                command.addAll(1, launched(job, upload));
                command.addAll(1, jvm);
                command.addAll(List.of(JavaClient.class.getName(), label, direction));
                command.addAll(List.of(job.arguments()));
                yield new Start(command, Map.of());
            }
        };
    }

    /// The launcher's flags for Sluice, and the same for the floor: it starts `backup` without the second compiler.
    /// What the SDK's clients copy lives on the heap, so they get plenty.
    private List<String> launched(Job job, boolean upload) {
        List<String> extra =
                List.of(System.getProperty("compare.jvm", "").trim().split("\\s+", -1));
        List<String> flags = new ArrayList<>();
        if (fast) {
            flags.addAll(List.of(
                    "-Xms16m",
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:MaxDirectMemorySize=" + ((job.budget() >> 20) + 1024) + "m"));
        } else {
            flags.addAll(List.of("-Xmx3g", "-XX:MaxDirectMemorySize=2g"));
        }
        if (fast && upload && this != SLUICE_CHECKSUMS) {
            flags.add("-XX:TieredStopAtLevel=1");
        }
        if (this == SLUICE_JDK_TLS) {
            flags.add("-Dio.netty.handler.ssl.noOpenSsl=true");
        }
        extra.stream().filter(flag -> !flag.isEmpty()).forEach(flags::add);
        return flags;
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
