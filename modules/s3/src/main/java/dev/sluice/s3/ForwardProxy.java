package dev.sluice.s3;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An HTTP proxy.
///
/// @param scheme   how to talk to the proxy itself: `http` or `https`
/// @param host     name or address, without brackets
/// @param user     as whom; empty for no authentication
/// @param password does not show in [#toString()]
/// @param source   the setting that names it, for messages
record ForwardProxy(String scheme, String host, int port, String user, String password, String source) {
    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://(.*)", Pattern.DOTALL);
    private static final Pattern SERVER =
            Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?(?:[/?#].*)?", Pattern.DOTALL);
    private static final int LARGEST_PORT = 65_535;

    /// Parses the address in the form of a variable or of the configuration. Special characters of a password may
    /// be escaped or not, because everything before the last `@` is user and password.
    ///
    /// @param otherwise the port where none is named; 0 for the scheme's own
    ///
    /// **Errors:** [UnusableProxyException].
    static ForwardProxy parse(String text, int otherwise, String source) {
        Matcher url = SCHEME.matcher(text);
        String scheme = url.matches() ? url.group(1).toLowerCase(Locale.ROOT) : "http";
        String rest = url.matches() ? url.group(2) : text;
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new UnusableProxyException(
                    "%s names a proxy of the kind %s, but Sluice supports HTTP proxies only".formatted(source, scheme));
        }
        int at = rest.lastIndexOf('@');
        String[] user = at < 0 ? new String[] {""} : rest.substring(0, at).split(":", 2);
        Matcher server = SERVER.matcher(rest.substring(at + 1));
        if (!server.matches()) {
            throw new UnusableProxyException(
                    "%s is not the address of a proxy; write it like http://proxy.example.org:3128".formatted(source));
        }
        int port = server.group(3) == null
                ? otherwise > 0 ? otherwise : scheme.equals("https") ? 443 : 80
                : Integer.parseInt(server.group(3));
        if (port < 1 || port > LARGEST_PORT) {
            throw new UnusableProxyException("%s names an invalid port; ports are 1 to 65535".formatted(source));
        }
        return new ForwardProxy(
                scheme,
                server.group(1) == null ? server.group(2) : server.group(1),
                port,
                decoded(user[0]),
                user.length > 1 ? decoded(user[1]) : "",
                source);
    }

    private static String decoded(String text) {
        try {
            // The decoder is made for forms, where a plus is a blank.
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text; // a percent sign that escapes nothing
        }
    }

    /// The header that authenticates.
    String authorization() {
        String pair = user + ":" + password;
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        String name = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return String.format(Locale.ROOT, "%s://%s:%d", scheme, name, port);
    }
}
