package dev.sluice.s3;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The way to one server: directly, or through a proxy.
///
/// What counts, in this order: the configuration; Java's system properties for the endpoint's scheme; the
/// environment's variable for the endpoint's scheme, in lower case before upper case; `ALL_PROXY`. A host that
/// `http.nonProxyHosts` or `NO_PROXY` lists is reached directly, if the proxy comes from where the list does.
///
/// @param proxy null when there is none
/// @param why   the setting that says so, for messages; empty without a setting
record ProxyRoute(@Nullable ForwardProxy proxy, String why) {
    private static final int CONFIGURED_PORT = 3128;
    private static final Map<String, Integer> PORTS = Map.of("http", 80, "https", 443);

    /// @param server      scheme, host and port that will be connected to
    /// @param environment gives a variable, or null
    /// @param properties  gives a system property, or null
    ///
    /// **Errors:** [UnusableProxyException].
    static ProxyRoute to(
            URI server,
            ProxyChoice choice,
            Function<String, @Nullable String> environment,
            Function<String, @Nullable String> properties) {
        String scheme = String.valueOf(server.getScheme()).toLowerCase(Locale.ROOT);
        String host = String.valueOf(server.getHost());
        int port = server.getPort() < 0 ? PORTS.getOrDefault(scheme, 443) : server.getPort();
        return switch (choice) {
            case ProxyChoice.None() -> new ProxyRoute(null, "store.proxy says that there is none");
            case ProxyChoice.Named(URI url) ->
                through(ForwardProxy.parse(url.toString(), CONFIGURED_PORT, "store.proxy"));
            case ProxyChoice.OfTheMachine() ->
                ofProperties(scheme, host, properties)
                        .or(() -> ofEnvironment(scheme, host, port, environment))
                        .orElse(new ProxyRoute(null, ""));
        };
    }

    private static ProxyRoute through(ForwardProxy proxy) {
        return new ProxyRoute(proxy, "as %s says".formatted(proxy.source()));
    }

    private static Optional<ProxyRoute> ofProperties(
            String scheme, String host, Function<String, @Nullable String> properties) {
        String name = scheme + ".proxyHost";
        String proxy = properties.apply(name);
        if (proxy == null || proxy.isBlank()) {
            return Optional.empty();
        }
        String direct = properties.apply("http.nonProxyHosts");
        if (direct != null && List.of(direct.split("\\|", -1)).stream().anyMatch(pattern -> matches(pattern, host))) {
            return Optional.of(new ProxyRoute(null, "the system property http.nonProxyHosts lists " + host));
        }
        String port = properties.apply(scheme + ".proxyPort");
        String user = properties.apply(scheme + ".proxyUser");
        String password = properties.apply(scheme + ".proxyPassword");
        String source = "the system property " + name;
        ForwardProxy bare = ForwardProxy.parse(
                port == null || proxy.contains("://") ? proxy : proxy + ":" + port,
                PORTS.getOrDefault(scheme, 0),
                source);
        return Optional.of(through(
                user == null
                        ? bare
                        : new ForwardProxy(
                                bare.scheme(),
                                bare.host(),
                                bare.port(),
                                user,
                                password == null ? "" : password,
                                source)));
    }

    private static boolean matches(String pattern, String host) {
        String regex = List.of(pattern.trim().split("\\*", -1)).stream()
                .map(Pattern::quote)
                .reduce((a, b) -> a + ".*" + b)
                .orElse("");
        return !pattern.isBlank()
                && Pattern.compile(regex, Pattern.CASE_INSENSITIVE)
                        .matcher(host)
                        .matches();
    }

    private static Optional<ProxyRoute> ofEnvironment(
            String scheme, String host, int port, Function<String, @Nullable String> environment) {
        for (String variable : List.of(scheme + "_proxy", "all_proxy")) {
            for (String name : List.of(variable, variable.toUpperCase(Locale.ROOT))) {
                String value = environment.apply(name);
                if (value == null || value.isBlank()) {
                    continue;
                }
                for (String list : List.of("no_proxy", "NO_PROXY")) {
                    String direct = environment.apply(list);
                    if (direct != null && new NoProxy(direct).matches(host, port)) {
                        return Optional.of(
                                new ProxyRoute(null, "%s in the environment lists %s".formatted(list, host)));
                    }
                }
                return Optional.of(through(ForwardProxy.parse(value.trim(), 0, name + " in the environment")));
            }
        }
        return Optional.empty();
    }
}
