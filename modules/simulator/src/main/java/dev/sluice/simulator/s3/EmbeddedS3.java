package dev.sluice.simulator.s3;

import dev.sluice.simulator.s3.nio2blob.DirectoryStore;
import dev.sluice.simulator.tds.ServerCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;

/// An S3 endpoint on 127.0.0.1 with one bucket, kept in a directory.
///
/// Objects are plain files under `directory/bucket`, so a demo's backups can be looked at with `ls`. Credentials
/// are
/// made up anew for every instance that is given none, and a listing that is not signed with them is refused.
///
/// The server logs through SLF4J and is talkative at DEBUG: the program that embeds it sets `org.gaul.s3proxy` and
/// `org.gaul.shaded` to WARN.
///
/// **Ownership:** the caller that starts it closes it; the directory stays.
///
/// **Threading:** all methods may be called from any thread.
///
/// **Source:** S3Proxy 4.1.0, backend `filesystem-nio2`. It checks signatures and checksums as S3 does, but
/// accepts
/// parts
/// for an upload that was aborted, accepts parts in any order, and knows neither tags nor lifecycle rules. Its
/// version ids are counted from the start of the process, so the versions of a directory belong to one process.
public final class EmbeddedS3 implements AutoCloseable {
    private final Path directory;
    private final String bucket;
    private final Keys keys;
    private final Manner manner;
    private final @Nullable ServerCertificate certificate;
    private @Nullable BlobStore store; // outlives a restart, as uploads do
    private @Nullable VersionedStore versions;
    private @Nullable DirectoryStore files;
    private int port;
    private @Nullable S3Proxy server;

    private EmbeddedS3(
            Path directory,
            String bucket,
            int port,
            Keys keys,
            Manner manner,
            @Nullable ServerCertificate certificate) {
        // S3Proxy lists nothing and finds no upload when its directory is relative.
        this.directory = directory.toAbsolutePath().normalize();
        this.bucket = bucket;
        this.port = port;
        this.keys = keys;
        this.manner = manner;
        this.certificate = certificate;
    }

    /// What sets a server apart from others.
    ///
    /// @param path  below which it is reached; empty, or beginning with a slash
    /// @param clock how far a client's clock may be off
    /// @param encryptionIgnored whether it accepts requests that ask it to encrypt. It encrypts nothing, and
    ///                          refuses them otherwise
    public record Manner(String path, Duration clock, boolean encryptionIgnored) {
        /// As Amazon's.
        public static final Manner USUAL = new Manner("", Duration.ofMinutes(15));

        /// For tests of what a client asks for.
        public static final Manner IGNORING_ENCRYPTION = new Manner("", Duration.ofMinutes(15), true);

        /// Refuses to encrypt.
        public Manner(String path, Duration clock) {
            this(path, clock, false);
        }
    }

    /// What a client signs its requests with.
    public record Keys(String id, String secret) {
        /// That no client can know before it is told.
        public static Keys random() {
            return new Keys("EMBEDDED" + EmbeddedS3.random(6).toUpperCase(Locale.ROOT), EmbeddedS3.random(20));
        }

        @Override
        public String toString() {
            return id;
        }
    }

    /// Starts a server on a free port.
    ///
    /// @param directory where buckets live; created if absent
    /// @param bucket    created if absent
    public static EmbeddedS3 start(Path directory, String bucket) {
        return start(directory, bucket, 0);
    }

    /// Starts a server on `port`; 0 picks a free one.
    ///
    /// **Errors:** [IllegalStateException] when the port is taken or the server does not come up.
    public static EmbeddedS3 start(Path directory, String bucket, int port) {
        return start(directory, bucket, port, Keys.random(), null);
    }

    /// The same with credentials that a client knows beforehand.
    public static EmbeddedS3 start(
            Path directory, String bucket, int port, String accessKeyId, String secretAccessKey) {
        return start(directory, bucket, port, new Keys(accessKeyId, secretAccessKey), null);
    }

    /// The same over https when there is a certificate, which a client must be told to trust.
    public static EmbeddedS3 start(
            Path directory, String bucket, int port, Keys keys, @Nullable ServerCertificate certificate) {
        return started(new EmbeddedS3(directory, bucket, port, keys, Manner.USUAL, certificate));
    }

    /// One that is not as others are, on a free port.
    public static EmbeddedS3 start(Path directory, String bucket, Manner manner) {
        return started(new EmbeddedS3(directory, bucket, 0, Keys.random(), manner, null));
    }

    private static EmbeddedS3 started(EmbeddedS3 s3) {
        s3.restart();
        return s3;
    }

    /// Starts the server again, on the port and with the credentials it had; nothing when it runs.
    public synchronized void restart() {
        if (server != null) {
            return;
        }
        try {
            createBucket();
        } catch (IOException e) {
            throw new UncheckedIOException("Embedded S3 cannot create its bucket in " + directory, e);
        }
        BlobStore kept = store;
        if (kept == null) {
            DirectoryStore inDirectory = new DirectoryStore(directory);
            VersionedStore versioned = new VersionedStore(inDirectory);
            files = inDirectory;
            versions = versioned;
            kept = new SingleWriteStore(versioned, directory);
            if (manner.encryptionIgnored) {
                kept = new UnencryptedStore(kept);
            }
            store = kept;
        }
        S3Proxy.Builder builder = S3Proxy.builder()
                .blobStore(kept)
                .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, keys.id, keys.secret)
                .ignoreUnknownHeaders(true)
                .maximumTimeSkew(Math.toIntExact(manner.clock.toSeconds()))
                .servicePath(manner.path)
                // A stop is a power cut: requests under way are dropped, as a test of a lost endpoint wants it.
                .stopTimeout(0);
        @Nullable Path keyStore = certificate == null ? null : keyStore(certificate, builder);
        if (keyStore == null) {
            builder.endpoint(here());
        } else {
            builder.secureEndpoint(here());
        }
        S3Proxy starting = builder.build();
        try {
            starting.start();
        } catch (Exception e) {
            stop(starting, e);
            throw new IllegalStateException(
                    String.format(
                            Locale.ROOT,
                            "Embedded S3 cannot listen on 127.0.0.1:%d: %s. Is the port taken? Port 0 picks a free one.",
                            port,
                            e.getMessage()),
                    e);
        } finally {
            // It was read at the start.
            remove(keyStore);
        }
        port = certificate == null ? starting.getPort() : starting.getSecurePort();
        server = starting;
    }

    /// S3Proxy takes key and certificate from a file alone.
    private static Path keyStore(ServerCertificate certificate, S3Proxy.Builder builder) {
        try {
            Path file = Files.createTempFile("embedded-s3", ".p12");
            String password = random(20);
            certificate.write(file, password);
            builder.keyStore(file.toString(), password);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException("Embedded S3 cannot write its key into a temporary file", e);
        }
    }

    private static void remove(@Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Embedded S3 cannot remove its temporary file " + file, e);
        }
    }

    private URI here() {
        return URI.create((certificate == null ? "http" : "https") + "://127.0.0.1:" + port);
    }

    /// Makes versions of the bucket's objects from now on, or suspends that, as PutBucketVersioning does. Until
    /// this is called, the bucket has none.
    public synchronized void makeVersions(boolean enabled) {
        Objects.requireNonNull(files).supportVersioning();
        Objects.requireNonNull(store)
                .putBucketVersioning(
                        bucket, enabled ? BucketVersioningStatus.ENABLED : BucketVersioningStatus.SUSPENDED);
    }

    /// From now on, a page of ListObjectVersions has at most so many lines, 1,000 or fewer.
    public synchronized void listVersionsInPagesOf(int lines) {
        Objects.requireNonNull(versions).pagesOf(lines);
    }

    /// Stops listening and drops every connection; the data stays and [#restart()] brings it back.
    public synchronized void stop() {
        S3Proxy running = server;
        if (running == null) {
            return;
        }
        server = null;
        try {
            running.stop();
        } catch (Exception e) {
            throw new IllegalStateException(
                    String.format(Locale.ROOT, "Embedded S3 on 127.0.0.1:%d did not stop", port), e);
        }
    }

    @Override
    public void close() {
        stop();
    }

    public synchronized boolean running() {
        return server != null;
    }

    public synchronized URI endpoint() {
        return URI.create(here() + manner.path);
    }

    public Path directory() {
        return directory;
    }

    public String bucket() {
        return bucket;
    }

    /// The server takes any region; a client has to name one.
    public String region() {
        return "us-east-1";
    }

    public String accessKeyId() {
        return keys.id;
    }

    public String secretAccessKey() {
        return keys.secret;
    }

    /// A bucket is a directory, and its file permissions are its access list: readable by others means readable
    /// unsigned.
    private void createBucket() throws IOException {
        Path path = Files.createDirectories(directory.resolve(bucket));
        if (Files.getFileStore(path).supportsFileAttributeView(PosixFileAttributeView.class)) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
        }
    }

    private static void stop(S3Proxy failed, Exception cause) {
        try {
            failed.stop();
        } catch (Exception e) {
            cause.addSuppressed(e);
        }
    }

    private static String random(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }
}
