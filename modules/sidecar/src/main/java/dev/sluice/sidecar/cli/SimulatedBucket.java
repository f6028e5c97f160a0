package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.s3.EmbeddedS3.Keys;
import dev.sluice.simulator.tds.ServerCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// A bucket beside the stand-in for SQL Server, so that the program can be tried as in production: everything that it
/// talks to is another process.
final class SimulatedBucket {

    private static final String NAME = "backups";

    @Option(
            names = "--s3",
            paramLabel = "DIR",
            description = "Serve S3 too, on 127.0.0.1, with the bucket \"backups\" kept in this directory."
                    + " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment are its keys; without them they"
                    + " are made up, and printed.")
    @Nullable
    Path directory;

    @Option(names = "--s3-port", paramLabel = "PORT", description = "Of S3. Default: 0, any free one.")
    int port;

    @Option(
            names = "--s3-tls",
            paramLabel = "FILE.pem",
            description = "Serve S3 over https. The certificate is made at the start, and written into this file for"
                    + " clients to trust (store.ca).")
    @Nullable
    Path certificateFile;

    /// Starts it if it was asked for; it ends with the program.
    @Nullable
    EmbeddedS3 start(Shutdown shutdown) {
        if (directory == null) {
            return null;
        }
        try {
            return shutdown.guard(started(directory));
        } catch (IllegalStateException | IOException | UncheckedIOException e) {
            throw new OperationFailed(
                    FailureId.START_FAILED,
                    String.valueOf(e.getMessage()),
                    "embedded S3",
                    "Leave --s3-port out to get a free one, and check that the directory of --s3 and the file of --s3-tls"
                            + " can be written.",
                    e);
        }
    }

    private EmbeddedS3 started(Path directory) throws IOException {
        @Nullable String id = System.getenv("AWS_ACCESS_KEY_ID");
        @Nullable String secret = System.getenv("AWS_SECRET_ACCESS_KEY");
        Keys keys = id == null || secret == null ? Keys.random() : new Keys(id, secret);
        if (certificateFile == null) {
            return EmbeddedS3.start(directory, NAME, port, keys, null);
        }
        ServerCertificate certificate = ServerCertificate.selfSigned();
        Files.writeString(certificateFile, certificate.pem());
        return EmbeddedS3.start(directory, NAME, port, keys, certificate);
    }

    static String described(EmbeddedS3 s3) {
        return "S3 on %s, bucket %s, access key %s, secret key %s"
                .formatted(s3.endpoint(), s3.bucket(), s3.accessKeyId(), s3.secretAccessKey());
    }

    static Map<String, Object> document(EmbeddedS3 s3) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("endpoint", s3.endpoint().toString());
        document.put("bucket", s3.bucket());
        document.put("accessKeyId", s3.accessKeyId());
        document.put("secretAccessKey", s3.secretAccessKey());
        return document;
    }
}
