package dev.sluice.benchmarks.nulls3;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import org.jspecify.annotations.Nullable;

/// An S3 server on 127.0.0.1 that drops what it gets and makes up what it gives; see [Content].
///
/// It knows CreateMultipartUpload, UploadPart, CompleteMultipartUpload, AbortMultipartUpload, PutObject, GetObject
/// with ranges, HeadObject, HeadBucket, ListObjectsV2 and DeleteObject, for any bucket, signature or none. Requests
/// are read with a thread a connection; bodies are dropped inside the kernel where possible.
///
/// With `--keep` it keeps small objects as they are, honours `If-None-Match: *` for them, and can be worked with
/// like a real server; `--latency` lets each request take longer, and a new connection two or three times as long.
///
/// As a program it prints its endpoints, one a line, and serves until its standard input ends:
/// `java … dev.sluice.benchmarks.nulls3.NullS3 [--check] [--keystore FILE.p12 --password PASSWORD] [--keep BYTES]
/// [--latency MILLISECONDS]`.
public final class NullS3 implements AutoCloseable {
    private final Objects objects;
    private final Duration latency;
    private final FileChannel content = Content.patternFile();
    private final @Nullable Discard discard = Discard.inKernel();
    private final boolean checking;
    private final ServerSocketChannel plain;
    private final @Nullable ServerSocketChannel tls;

    private NullS3(boolean checking, boolean secure, int kept, Duration latency) throws IOException {
        this.objects = new Objects(kept);
        this.latency = latency;
        this.checking = checking;
        this.plain = listen();
        this.tls = secure ? listen() : null;
    }

    private static ServerSocketChannel listen() throws IOException {
        return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
    }

    /// @param checking whether uploads are compared with the CRC32C that came along
    /// @param keystore for https; null for http alone
    public static NullS3 start(boolean checking, @Nullable Path keystore, char[] password) {
        return start(checking, keystore, password, 0, Duration.ZERO);
    }

    private static NullS3 start(
            boolean checking, @Nullable Path keystore, char[] password, int kept, Duration latency) {
        try {
            NullS3 server = new NullS3(checking, keystore != null, kept, latency);
            daemon("null-s3-accept", server::acceptPlain);
            if (server.tls != null && keystore != null) {
                ByteBuffer pattern = Content.pattern();
                ServerSocketChannel listener = server.tls;
                SslContext context = context(keystore, password);
                daemon("null-s3-accept-tls", () -> server.acceptTls(listener, context, pattern));
            }
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("no certificate in " + keystore, e);
        }
    }

    /// BoringSSL where it loads, as the clients have it: the server's TLS must not be what is measured.
    private static SslContext context(Path keystore, char[] password) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keystore)) {
            keys.load(in, password);
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, password);
        return SslContextBuilder.forServer(factory)
                .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
                .build();
    }

    private static void daemon(String name, Runnable work) {
        Thread.ofPlatform().name(name).daemon().start(work);
    }

    private void acceptPlain() {
        try {
            while (true) {
                SocketChannel channel = plain.accept();
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                serve(new PlainLink(channel, content, discard), latency);
            }
        } catch (IOException _) {
            // closed
        }
    }

    private void acceptTls(ServerSocketChannel listener, SslContext context, ByteBuffer pattern) {
        try {
            while (true) {
                SocketChannel channel = listener.accept();
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                // TCP's handshake, and TLS 1.3's.
                serve(
                        new TlsLink(channel, context.newEngine(ByteBufAllocator.DEFAULT), pattern),
                        latency.multipliedBy(2));
            }
        } catch (IOException _) {
            // closed
        }
    }

    private void serve(Link link, Duration handshakes) {
        daemon("null-s3", () -> {
            try (link) {
                Thread.sleep(handshakes);
                new Exchange(link, objects, checking, latency).serve();
            } catch (IOException | InterruptedException _) {
                // the client has gone
            }
        });
    }

    public URI http() {
        return URI.create("http://127.0.0.1:" + plain.socket().getLocalPort());
    }

    /// The https endpoint; null when there is none.
    public @Nullable URI https() {
        return tls == null
                ? null
                : URI.create("https://127.0.0.1:" + tls.socket().getLocalPort());
    }

    /// Requests seen, of every kind.
    public long requests() {
        return objects.requests.sum();
    }

    /// Puts an object there by its name and size, without a request.
    public void place(String key, long bytes) {
        objects.put(key, bytes);
    }

    @Override
    public void close() throws IOException {
        plain.close();
        if (tls != null) {
            tls.close();
        }
        content.close();
    }

    /// @param args see the class
    public static void main(String[] args) throws IOException {
        List<String> options = List.of(args);
        int keystore = options.indexOf("--keystore");
        int password = options.indexOf("--password");
        int kept = options.indexOf("--keep");
        int latency = options.indexOf("--latency");
        try (NullS3 server = start(
                options.contains("--check"),
                keystore < 0 ? null : Path.of(options.get(keystore + 1)),
                password < 0 ? new char[0] : options.get(password + 1).toCharArray(),
                kept < 0 ? 0 : Integer.parseInt(options.get(kept + 1)),
                Duration.ofMillis(latency < 0 ? 0 : Long.parseLong(options.get(latency + 1))))) {
            System.out.println(server.http());
            if (server.https() != null) {
                System.out.println(server.https());
            }
            System.out.flush();
            System.in.transferTo(java.io.OutputStream.nullOutputStream());
        }
    }
}
