package dev.sluice.sidecar.init;

import dev.sluice.sidecar.config.ListenAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where SQL Server listens.
///
/// @param host     a name or an address; an IPv6 address stands in brackets
/// @param instance a named instance, which SQL Server on Linux does not have; null for the default one
/// @param port     null for the one that the driver finds: 1433, or the named instance's own
public record ServerAddress(
        String host, @Nullable String instance, @Nullable Integer port) {

    /// Of SQL Server's default instance.
    public static final int DEFAULT_PORT = 1433;

    /// What could begin a property of the driver's URL, or a variable of sqlcmd, is in no host.
    private static final Pattern FORM = Pattern.compile(
            "(?<host>\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+)(\\\\(?<instance>[A-Za-z0-9_#$]{1,16}))?([:,](?<port>\\d{1,5}))?");

    private static final int LAST_PORT = 65_535;

    /// Reads `HOST`, `HOST:PORT`, `HOST\INSTANCE`, or `HOST,PORT` as sqlcmd has it.
    ///
    /// **Errors:** [IllegalArgumentException], whose message says what to write.
    public static ServerAddress parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw new IllegalArgumentException(
                    "'%s' is no address of SQL Server: write HOST, HOST:PORT or HOST\\INSTANCE".formatted(text));
        }
        Integer port = form.group("port") == null ? null : Integer.valueOf(form.group("port"));
        if (port != null && (port == 0 || port > LAST_PORT)) {
            throw new IllegalArgumentException("%s is no port: write one from 1 to 65535".formatted(port));
        }
        return new ServerAddress(form.group("host"), form.group("instance"), port);
    }

    /// Whether it is this machine.
    public boolean isThisMachine() {
        return ListenAddress.isLoopback(host);
    }

    /// Whether a client can connect without asking for the port first.
    boolean hasKnownPort() {
        return instance == null || port != null;
    }

    int portOrDefault() {
        return port == null ? DEFAULT_PORT : port;
    }

    /// @param trusting whether the driver takes any certificate
    String jdbcUrl(boolean trusting) {
        return "jdbc:sqlserver://" + this + (trusting ? ";trustServerCertificate=true" : "");
    }

    /// As `sqlcmd -S` takes it.
    String forSqlcmd() {
        return host + (instance == null ? "" : "\\" + instance) + (port == null ? "" : "," + port);
    }

    @Override
    public String toString() {
        return host + (instance == null ? "" : "\\" + instance) + (port == null ? "" : ":" + port);
    }
}
