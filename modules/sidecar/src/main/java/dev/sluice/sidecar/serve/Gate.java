package dev.sluice.sidecar.serve;

import com.sun.net.httpserver.Headers;
import dev.sluice.sidecar.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Who may ask.
///
/// With a token, whoever sends it. Without one the service listens on loopback, and whoever sits on this
/// machine may ask; but not a web page in a browser there that had its own name resolved to 127.0.0.1, so the
/// request must name this machine.
final class Gate {

    private Gate() {}

    /// **Errors:** [HttpProblem] with 401 or 403.
    static void check(Headers headers, @Nullable Secret token) {
        if (token == null) {
            if (!namesThisMachine(headers.getFirst("Host"))) {
                throw new HttpProblem(
                        403,
                        "forbidden",
                        "the header Host does not name this machine",
                        "ask 127.0.0.1 or localhost, or set http.token");
            }
            return;
        }
        String sent = headers.getFirst("Authorization");
        if (sent == null || !sent.regionMatches(true, 0, "Bearer ", 0, 7)) {
            throw unauthorized("a bearer token is needed");
        }
        // Of digests, so that the time tells neither the content nor the length.
        if (!MessageDigest.isEqual(digest(sent.substring(7).strip()), digest(token.reveal()))) {
            throw unauthorized("the bearer token is another one");
        }
    }

    private static HttpProblem unauthorized(String what) {
        return new HttpProblem(401, "unauthorized", what, "send the header Authorization: Bearer with http.token");
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    private static boolean namesThisMachine(@Nullable String host) {
        if (host == null) {
            return true; // HTTP/1.0; no browser speaks it
        }
        String name = host.toLowerCase(Locale.ROOT).replaceFirst(":\\d+$", "");
        return name.equals("localhost") || name.equals("[::1]") || name.matches("127(\\.\\d{1,3}){3}");
    }
}
