package dev.sluice.catalog;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicInteger;

/// Lists a catalog of made-up entries in pages of 1,000, as S3 does, and counts the requests.
final class ListingServer implements AutoCloseable {
    private static final int PAGE = 1_000;

    private final HttpServer server;
    private final AtomicInteger requests = new AtomicInteger();
    private final int entries;
    private final String id = new Ulid(Clock.systemUTC()).next();

    private final boolean ordered;

    ListingServer(int entries) {
        this(entries, true);
    }

    /// @param ordered whether the keys come in order, as S3 promises and some other servers do not
    ListingServer(int entries, boolean ordered) {
        this.entries = entries;
        this.ordered = ordered;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::serve);
        server.start();
    }

    S3Store store() {
        return S3Store.open(new StoreConfig(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                "us-east-1",
                "bucket",
                "",
                true,
                new StoreConfig.Credentials("key", "secret", null),
                ProviderProfile.GENERIC,
                StoreConfig.Limits.DEFAULT,
                RetryPolicy.DEFAULT));
    }

    int requests() {
        return requests.get();
    }

    private void serve(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        String query = exchange.getRequestURI().getQuery();
        int from = query.contains("continuation-token=")
                ? Integer.parseInt(query.replaceAll(".*continuation-token=(\\d+).*", "$1"))
                : 0;
        int to = Math.min(entries, from + PAGE);
        StringBuilder page = new StringBuilder("<ListBucketResult><IsTruncated>" + (to < entries) + "</IsTruncated>");
        page.append("<NextContinuationToken>").append(to).append("</NextContinuationToken>");
        for (int n = from; n < to; n++) {
            int i = ordered ? n : entries - 1 - n;
            page.append(
                    "<Contents><Key>sql-prod-1/catalog/sales-0123456789abcdef/20261125T%02d%02d%02d.0000000Z_L_1_2_%d_%s.json</Key>"
                            .formatted(i / 3600, i / 60 % 60, i % 60, i, id));
            page.append(
                    "<LastModified>2026-11-25T00:00:00.000Z</LastModified><ETag>\"e\"</ETag><Size>1</Size></Contents>");
        }
        byte[] body = page.append("</ListBucketResult>").toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/xml");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
