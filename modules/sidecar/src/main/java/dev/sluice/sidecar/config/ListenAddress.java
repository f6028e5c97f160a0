package dev.sluice.sidecar.config;

import java.util.Locale;

/// Where a server listens, written like `127.0.0.1:8340` or `[::1]:8340`.
///
/// @param host address or name, without brackets
/// @param port 0 takes any that is free
public record ListenAddress(String host, int port) {

    /// **Errors:** [IllegalArgumentException].
    public static ListenAddress parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        String port = text.substring(colon + 1);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (host.isEmpty() || host.isBlank() || (!bracketed && host.contains(":")) || !port.matches("\\d{1,5}")) {
            throw new IllegalArgumentException("'%s' is no address: write it like 127.0.0.1:8340".formatted(text));
        }
        if (Integer.parseInt(port) > 65_535) {
            throw new IllegalArgumentException("'%s' has a port above 65535".formatted(text));
        }
        return new ListenAddress(bracketed ? host.substring(1, host.length() - 1) : host, Integer.parseInt(port));
    }

    /// Whether only this machine can reach it.
    public boolean loopback() {
        return isLoopback(host);
    }

    /// Whether a host's name or address stands for this machine, as far as one sees without asking anyone.
    ///
    /// @param host as in a URL: an address of version 6 may have its brackets
    public static boolean isLoopback(String host) {
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        String name = bare.toLowerCase(Locale.ROOT);
        return name.equals("localhost") || name.equals("::1") || name.matches("127(\\.\\d{1,3}){3}");
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
