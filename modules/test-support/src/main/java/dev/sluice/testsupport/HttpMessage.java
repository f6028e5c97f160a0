package dev.sluice.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// As much of HTTP/1.1 as a proxy needs: heads byte for byte, and bodies with a Content-Length, chunked, or none.
final class HttpMessage {

    private HttpMessage() {}

    /// Up to and including the empty line, one character for each byte; empty at the end of the stream.
    static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int ending = 0; // the number of characters of CR LF CR LF that have arrived
        while (ending < 4) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            head.write(next);
            boolean goesOn = next == (ending % 2 == 0 ? '\r' : '\n');
            ending = goesOn ? ending + 1 : next == '\r' ? 1 : 0;
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    static int contentLength(String head) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
    }

    static boolean isChunked(String head) {
        return head.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked");
    }

    /// Whether a response's body ends with its connection: a server that has not read a whole request answers so.
    static boolean endsWithConnection(String head) {
        String lower = head.toLowerCase(Locale.ROOT);
        return lower.contains("\r\nconnection: close") && !lower.contains("\r\ncontent-length:") && !isChunked(head);
    }

    /// A response's body unchanged: chunks with their sizes.
    static byte[] body(String head, InputStream in) throws IOException {
        return isChunked(head) ? chunks(in, true) : plain(head, in);
    }

    /// A response's body without the chunks' sizes.
    static byte[] content(String head, InputStream in) throws IOException {
        return isChunked(head) ? chunks(in, false) : plain(head, in);
    }

    private static byte[] plain(String head, InputStream in) throws IOException {
        return endsWithConnection(head) ? in.readAllBytes() : in.readNBytes(contentLength(head));
    }

    private static byte[] chunks(InputStream in, boolean asTheyCame) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            String size = line(in);
            int length = Integer.parseInt(size.strip(), 16);
            byte[] chunk = in.readNBytes(length + 2);
            if (asTheyCame) {
                body.writeBytes((size + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
                body.writeBytes(chunk);
            } else {
                body.write(chunk, 0, length);
            }
            if (length == 0) {
                return body.toByteArray();
            }
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new SocketException("The server went away");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }
}
