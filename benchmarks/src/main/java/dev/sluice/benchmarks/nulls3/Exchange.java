package dev.sluice.benchmarks.nulls3;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The requests of one connection, one after the other.
///
/// Signatures are not looked at. Checksums are compared only when the server was started to check, and then only
/// CRC32C.
final class Exchange {
    /// A dash in it says "multipart": clients that compare ETags with an MD5 of theirs let such a one pass.
    private static final String ETAG = "\"00000000000000000000000000000000-1\"";

    private static final String XML = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    private static final int PAGE = 1_000;

    private final Link link;
    private final Objects objects;
    private final boolean checking;
    private final Duration latency;

    /// @param latency how long each answer takes in addition, as if the server were so far away
    Exchange(Link link, Objects objects, boolean checking, Duration latency) {
        this.link = link;
        this.objects = objects;
        this.checking = checking;
        this.latency = latency;
    }

    void serve() throws IOException {
        for (String text = link.head(); text != null; text = link.head()) {
            Head head = Head.parse(text);
            objects.requests.increment();
            travel();
            if (head.expectsContinue()) {
                link.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            switch (head.method()) {
                case "PUT" -> put(head);
                case "POST" -> post(head);
                case "GET" -> get(head);
                case "HEAD" -> describe(head);
                case "DELETE" -> delete(head);
                default -> error("405 Method Not Allowed", "MethodNotAllowed");
            }
            if (head.closes()) {
                return;
            }
        }
    }

    private void travel() throws InterruptedIOException {
        if (latency.isPositive()) {
            try {
                Thread.sleep(latency);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException(e.getMessage());
            }
        }
    }

    private void put(Head head) throws IOException {
        if (!head.query().containsKey("uploadId")
                && !head.headers().containsKey("transfer-encoding")
                && objects.keeps(head.contentLength())) {
            keep(head);
            return;
        }
        String expected = head.headers().get("x-amz-checksum-crc32c");
        CRC32C crc = checking && expected != null ? new CRC32C() : null;
        long bytes = drop(head, crc);
        objects.received.add(bytes);
        if (crc != null && expected != null && !expected.equals(base64(crc))) {
            objects.wrongSums.increment();
            error("400 Bad Request", "BadDigest");
            return;
        }
        // With aws-chunked encoding the object is shorter than the body.
        long size = Long.parseLong(head.headers().getOrDefault("x-amz-decoded-content-length", Long.toString(bytes)));
        String uploadId = head.query().get("uploadId");
        if (uploadId == null) {
            if (!head.key().isEmpty()) {
                objects.put(head.key(), size);
                objects.stored.add(size);
            }
        } else if (!objects.part(uploadId, Integer.parseInt(head.query().getOrDefault("partNumber", "1")), size)) {
            error("404 Not Found", "NoSuchUpload");
            return;
        }
        answer("200 OK", "ETag: " + ETAG + "\r\n" + sum(expected), "");
    }

    private void keep(Head head) throws IOException {
        byte[] body = link.take((int) head.contentLength());
        objects.received.add(body.length);
        if ("*".equals(head.headers().get("if-none-match")) && objects.has(head.key())) {
            error("412 Precondition Failed", "PreconditionFailed");
            return;
        }
        objects.keep(head.key(), body);
        objects.stored.add(body.length);
        answer("200 OK", "ETag: " + ETAG + "\r\n" + sum(head.headers().get("x-amz-checksum-crc32c")), "");
    }

    /// A body of a known length; or one in chunks, as AWS's own program sends it over https, where it puts the
    /// sum behind the bytes.
    private long drop(Head head, @Nullable CRC32C crc) throws IOException {
        if (!head.headers().containsKey("transfer-encoding")) {
            link.drop(head.contentLength(), crc);
            return head.contentLength();
        }
        long bytes = 0;
        for (long chunk = chunk(); chunk > 0; chunk = chunk()) {
            link.drop(chunk, crc);
            bytes += chunk;
            link.line();
        }
        link.head(); // what is told behind the last chunk, up to an empty line
        return bytes;
    }

    private long chunk() throws IOException {
        String line = link.line();
        if (line == null) {
            throw new EOFException("the client has gone");
        }
        return Long.parseLong(line.replaceAll(";.*", "").strip(), 16);
    }

    private static String sum(@Nullable String sum) {
        return sum == null ? "" : "x-amz-checksum-crc32c: " + sum + "\r\n";
    }

    private static String base64(CRC32C crc) {
        int sum = (int) crc.getValue();
        byte[] bytes = {(byte) (sum >>> 24), (byte) (sum >>> 16), (byte) (sum >>> 8), (byte) sum};
        return Base64.getEncoder().encodeToString(bytes);
    }

    private void post(Head head) throws IOException {
        String body = new String(link.take((int) head.contentLength()), StandardCharsets.UTF_8);
        String uploadId = head.query().get("uploadId");
        if (head.query().containsKey("uploads")) {
            answer(
                    "200 OK",
                    "",
                    XML
                            + "<InitiateMultipartUploadResult><Bucket>%s</Bucket><Key>%s</Key><UploadId>%s</UploadId></InitiateMultipartUploadResult>"
                                    .formatted(head.bucket(), head.key(), objects.begin(head.key())));
        } else if (uploadId == null) {
            error("501 Not Implemented", "NotImplemented");
        } else if (objects.complete(uploadId, body) < 0) {
            error("400 Bad Request", "InvalidPart");
        } else {
            answer(
                    "200 OK",
                    "",
                    XML
                            + "<CompleteMultipartUploadResult><Bucket>%s</Bucket><Key>%s</Key><ETag>%s</ETag></CompleteMultipartUploadResult>"
                                    .formatted(head.bucket(), head.key(), ETAG));
        }
    }

    private void get(Head head) throws IOException {
        if (head.bucket().equals("_statistics")) {
            answer("200 OK", "", objects.statistics());
        } else if (head.query().containsKey("location")) {
            answer("200 OK", "", XML + "<LocationConstraint></LocationConstraint>");
        } else if (head.query().containsKey("uploads")) {
            answer(
                    "200 OK",
                    "",
                    XML + "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
        } else if (head.key().isEmpty()) {
            list(head);
        } else {
            content(head);
        }
    }

    private void list(Head head) throws IOException {
        int max = Math.min(PAGE, Integer.parseInt(head.query().getOrDefault("max-keys", "" + PAGE)));
        String prefix = head.query().getOrDefault("prefix", "");
        Objects.Page page = objects.page(prefix, head.query().getOrDefault("continuation-token", ""), max);
        String contents = page.entries().stream()
                .map(entry -> String.format(
                        Locale.ROOT,
                        "<Contents><Key>%s</Key><LastModified>2026-11-25T00:00:00.000Z</LastModified><ETag>%s</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>",
                        entry.getKey(),
                        ETAG,
                        entry.getValue()))
                .collect(Collectors.joining());
        String next = page.next() == null ? "" : "<NextContinuationToken>" + page.next() + "</NextContinuationToken>";
        answer(
                "200 OK",
                "",
                XML
                        + String.format(
                                Locale.ROOT,
                                "<ListBucketResult><Name>%s</Name><Prefix>%s</Prefix><KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys><IsTruncated>%s</IsTruncated>%s%s</ListBucketResult>",
                                head.bucket(),
                                prefix,
                                page.entries().size(),
                                max,
                                page.next() != null,
                                next,
                                contents));
    }

    private void content(Head head) throws IOException {
        long size = objects.size(head.key());
        if (size < 0) {
            error("404 Not Found", "NoSuchKey");
            return;
        }
        long from = 0;
        long to = size - 1;
        String range = head.headers().get("range");
        if (range != null) {
            String[] ends = range.substring(range.indexOf('=') + 1).split("-", -1);
            from = Long.parseLong(ends[0]);
            to = ends[1].isEmpty() ? to : Math.min(to, Long.parseLong(ends[1]));
        }
        long bytes = to - from + 1;
        link.write((status(range == null ? "200 OK" : "206 Partial Content")
                        + objectHeaders(bytes)
                        + (range == null
                                ? ""
                                : String.format(Locale.ROOT, "Content-Range: bytes %d-%d/%d\r\n", from, to, size))
                        + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        byte[] kept = objects.body(head.key());
        if (kept == null) {
            link.send(from, bytes);
        } else {
            link.write(Arrays.copyOfRange(kept, (int) from, (int) to + 1));
        }
        objects.sent.add(bytes);
    }

    private void describe(Head head) throws IOException {
        long size = head.key().isEmpty() ? 0 : objects.size(head.key());
        String text = size < 0
                ? status("404 Not Found") + "Content-Length: 0\r\n\r\n"
                : status("200 OK") + objectHeaders(size) + "\r\n";
        link.write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String objectHeaders(long bytes) {
        return String.format(
                Locale.ROOT,
                "Content-Length: %d\r\nContent-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\nETag: %s\r\nLast-Modified: Wed, 25 Nov 2026 00:00:00 GMT\r\n",
                bytes,
                ETAG);
    }

    private void delete(Head head) throws IOException {
        String uploadId = head.query().get("uploadId");
        if (uploadId == null) {
            objects.delete(head.key());
            answer("204 No Content", "", "");
        } else if (objects.abort(uploadId)) {
            answer("204 No Content", "", "");
        } else {
            error("404 Not Found", "NoSuchUpload");
        }
    }

    private void error(String status, String code) throws IOException {
        answer(status, "", XML + "<Error><Code>%s</Code><Message>%s</Message></Error>".formatted(code, code));
    }

    private void answer(String status, String headers, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String length = status.startsWith("204") ? "" : "Content-Length: " + bytes.length + "\r\n";
        String type = bytes.length == 0 ? "" : "Content-Type: application/xml\r\n";
        byte[] head = (status(status) + length + type + headers + "\r\n").getBytes(StandardCharsets.US_ASCII);
        byte[] all = new byte[head.length + bytes.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(bytes, 0, all, head.length, bytes.length);
        link.write(all);
    }

    private static String status(String status) {
        return "HTTP/1.1 %s\r\nDate: %s\r\nServer: null-s3\r\nx-amz-request-id: null\r\n"
                .formatted(status, DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)));
    }
}
