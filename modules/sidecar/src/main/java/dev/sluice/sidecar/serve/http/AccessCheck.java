package dev.sluice.sidecar.serve.http;

import com.sun.net.httpserver.Headers;
import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Decides which clients may ask.
///
/// With a token, a client that sends the token may ask. Without a token the service listens on loopback, and
/// every program on this machine may ask. One exception is a web page in a browser on this machine whose own
/// name resolves to 127.0.0.1: to keep it out, a request without a token must name this machine in `Host`.
///
/// A web page of another origin may never ask. A browser says by itself where a request comes from: in
/// `Sec-Fetch-Site`, or, if the browser is older than that header, in `Origin`.
final class AccessCheck {

    /// A name, an address, or an IPv6 address in brackets, and a port.
    private static final Pattern HOST = Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::\\d{1,5})?");

    private AccessCheck() {}

    /// A request names one host: of two, a proxy before Sluice may have looked at the other one.
    ///
    /// **Errors:** [HttpProblem] with 400.
    static void checkHost(Headers headers) {
        List<String> hosts = headers.getOrDefault("Host", List.of());
        if (hosts.size() != 1 || !HOST.matcher(hosts.getFirst()).matches()) {
            throw new HttpProblem(FailureId.BAD_REQUEST, "a request must have one header Host, with a host in it", "");
        }
    }

    /// **Errors:** [HttpProblem] with 401 or 403.
    static void check(Headers headers, @Nullable Secret token) {
        String host = headers.getFirst("Host");
        if (comesFromElsewhere(headers, host)) {
            throw new HttpProblem(
                    FailureId.FORBIDDEN,
                    "a web page of another origin has sent this",
                    "open the address itself, or ask from a program");
        }
        if (token == null) {
            if (!namesThisMachine(host)) {
                throw new HttpProblem(
                        FailureId.FORBIDDEN,
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

    /// For what may destroy a database: on a machine where every program may ask for reads and backups, not
    /// every program may ask for this.
    ///
    /// **Errors:** [HttpProblem] with 403 where no token is configured.
    static void requireToken(@Nullable Secret token) {
        if (token == null) {
            throw new HttpProblem(
                    FailureId.FORBIDDEN,
                    "this needs a token, and none is configured",
                    "set http.token, and send the header Authorization: Bearer with it");
        }
    }

    /// A person who types the address has `none`. A page of another port of this machine has `same-site`, and is
    /// another origin.
    private static boolean comesFromElsewhere(Headers headers, String host) {
        List<String> sites = headers.getOrDefault("Sec-Fetch-Site", List.of());
        if (!sites.isEmpty()) {
            return !sites.stream().allMatch(site -> site.equals("same-origin") || site.equals("none"));
        }
        return !headers.getOrDefault("Origin", List.of()).stream()
                .allMatch(origin -> origin.replaceFirst("^https?://", "").equalsIgnoreCase(host));
    }

    private static HttpProblem unauthorized(String what) {
        return new HttpProblem(FailureId.UNAUTHORIZED, what, "send the header Authorization: Bearer with http.token");
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    private static boolean namesThisMachine(String host) {
        String name = host.toLowerCase(Locale.ROOT).replaceFirst(":\\d+$", "");
        return name.equals("localhost") || name.equals("[::1]") || name.matches("127(\\.\\d{1,3}){3}");
    }
}
