package dev.sluice.engine.sql;

import java.time.Duration;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// For how long the driver tries to log in.
final class DriverTimeout {

    private static final String NAME = "loginTimeout";

    /// A value may stand in braces.
    private static final Pattern IN_URL =
            Pattern.compile(";\\s*" + NAME + "\\s*=\\s*\\{?\\s*(\\d{1,5})\\s*}?\\s*(?:;|$)", Pattern.CASE_INSENSITIVE);

    /// What the driver takes when it is not told, or 0.
    private static final Duration OWN = Duration.ofSeconds(30);

    private DriverTimeout() {}

    /// @param properties the URL's win over them
    static Duration login(String url, Properties properties) {
        Matcher found = IN_URL.matcher(url);
        String seconds = found.find() ? found.group(1) : properties.getProperty(NAME, "0");
        Duration told = Duration.ofSeconds(Long.parseLong(seconds));
        return told.isZero() ? OWN : told;
    }
}
