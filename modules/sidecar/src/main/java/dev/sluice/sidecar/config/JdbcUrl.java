package dev.sluice.sidecar.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Where SQL Server is, in the form of Microsoft's JDBC driver, without what has keys of its own.
///
/// @param text as the driver takes it
public record JdbcUrl(String text) {

    private static final String PREFIX = "jdbc:sqlserver://";

    /// Properties of the driver that this program sets, and the key that does it; empty where it is not to be
    /// chosen.
    private static final Map<String, String> OURS = Map.of(
            "user", "server.user",
            "username", "server.user",
            "password", "server.password",
            "databasename", "",
            "database", "");

    /// **Errors:** [IllegalArgumentException].
    static JdbcUrl parse(String text) {
        if (!text.startsWith(PREFIX)) {
            throw new IllegalArgumentException("it must begin with jdbc:sqlserver://");
        }
        JdbcUrl url = new JdbcUrl(text);
        if (url.host().isEmpty()) {
            throw new IllegalArgumentException("it names no host: write it like jdbc:sqlserver://localhost:1433");
        }
        for (String name : url.properties().keySet()) {
            String key = OURS.get(name.toLowerCase(Locale.ROOT));
            if (key != null) {
                throw new IllegalArgumentException(
                        key.isEmpty()
                                ? "the property %s is not yours to choose: statements run in master".formatted(name)
                                : "the property %s does not belong here: it has a key of its own, %s"
                                        .formatted(name, key));
            }
        }
        return url;
    }

    /// Host and port, and perhaps an instance.
    public String host() {
        int end = text.indexOf(';');
        return end < 0 ? text.substring(PREFIX.length()) : text.substring(PREFIX.length(), end);
    }

    /// Whether it names this machine, and no other one in a property.
    public boolean loopback() {
        String named = host().replaceFirst("\\\\.*", "");
        String bare =
                named.startsWith("[") ? named.substring(0, named.indexOf(']') + 1) : named.replaceFirst(":\\d*$", "");
        return ListenAddress.isLoopback(bare)
                && Stream.of("serverName", "server", "failoverPartner")
                        .flatMap(name -> property(name).stream())
                        .allMatch(ListenAddress::isLoopback);
    }

    /// What the driver gets for a property, whose name it reads in any case; of two the last one.
    public Optional<String> property(String name) {
        return properties().entrySet().stream()
                .filter(property -> property.getKey().equalsIgnoreCase(name))
                .map(property -> property.getValue().strip())
                .map(value ->
                        value.startsWith("{") && value.endsWith("}") ? value.substring(1, value.length() - 1) : value)
                .reduce((_, last) -> last);
    }

    /// The driver's properties in their order. Values may stand in braces, and then hold semicolons.
    Map<String, String> properties() {
        Map<String, String> properties = new LinkedHashMap<>();
        int at = text.indexOf(';');
        while (at >= 0 && at + 1 < text.length()) {
            int equals = text.indexOf('=', at);
            if (equals < 0) {
                break;
            }
            int end = equals + 1 < text.length() && text.charAt(equals + 1) == '{'
                    ? text.indexOf(';', Math.max(equals, text.indexOf('}', equals)))
                    : text.indexOf(';', equals);
            String value = end < 0 ? text.substring(equals + 1) : text.substring(equals + 1, end);
            properties.put(text.substring(at + 1, equals).strip(), value);
            at = end;
        }
        return properties;
    }

    private static final Set<String> OPEN = Set.of("truststore", "keystoreprovidername", "keystorelocation");

    private static boolean secret(String property) {
        String name = property.toLowerCase(Locale.ROOT);
        return !OPEN.contains(name) && (name.contains("password") || name.contains("secret") || name.contains("token"));
    }

    /// The values of secret properties, such as passwords. No output may show them.
    List<String> secrets() {
        return properties().entrySet().stream()
                .filter(property -> secret(property.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    /// With the values of secret properties masked.
    @Override
    public String toString() {
        StringBuilder masked = new StringBuilder(PREFIX).append(host());
        properties()
                .forEach((name, value) ->
                        masked.append(';').append(name).append('=').append(secret(name) ? Secret.MASK : value));
        return masked.toString();
    }
}
